/* The fast way to fill IDAT. An image is cut into segments, each coded without knowing the others;
 * a segment into parts, each filtered and matched by the plan that suits it; and as soon as there
 * is enough for a block it is written.
 * In: a raster. Out: a zlib stream. Ownership: see png/fast.h. */
#include "png/fast.h"

#include "base/endian.h"
#include "base/fitted.h"
#include "base/threads.h"
#include "deflate/split.h"
#include "png/lines.h"
#include "png/plan.h"

/* What codes a segment, and keeps it until it goes into the file. */
typedef struct segment_coder {
    wb_png_lines lines;
    wb_png_planner planner;
    wb_deflate segment;
} segment_coder;

/* Cuts rows evenly, into pieces of at most `piece_bytes`, or of one row. */
static size_t cut_rows(const wb_raster *raster, size_t row_count, size_t piece_bytes)
{
    size_t most = piece_bytes / (raster->width * wb_raster_pixel_bytes(raster) + 1);
    size_t pieces = most != 0 ? (row_count + most - 1) / most : row_count;
    return (row_count + pieces - 1) / pieces;
}

static wb_status coder_init(segment_coder *coder, const wb_raster *raster, wb_cpu cpu,
                            wb_png_slot *slot)
{
    size_t row_bytes = raster->width * wb_raster_pixel_bytes(raster);
    wb_png_room room = {WB_FIT_PART_BYTES, WB_FIT_BLOCK_BYTES, WB_FIT_BLOCK_SYMBOLS};
    if (row_bytes + 1 <= WB_FIT_PART_BYTES / raster->height) /* one part */
        room = (wb_png_room){.part_bytes = raster->height * (row_bytes + 1)};
    wb_status status = wb_png_lines_init(&coder->lines, raster, row_bytes, room, cpu, &slot->image);
    if (status == WB_OK)
        status = wb_png_planner_init(&coder->planner, raster, cpu, &slot->trial);
    return status;
}

static wb_status write_block(wb_png_lines *lines, wb_deflate *to)
{
    wb_deflate_stretch block = wb_png_lines_block(lines);
    size_t size_bytes = wb_png_lines_block_bytes(lines);
    wb_status status = lines->counts != NULL
                           ? wb_deflate_append(to, &block, size_bytes, lines->counts)
                           : wb_deflate_append_split(to, &block, size_bytes, lines->symbols);
    if (lines->rows.y < lines->rows.raster->height) /* there are more rows to come */
        wb_deflate_prices_set(&lines->matcher.prices, &to->frequencies);
    lines->has_prices = true;
    wb_png_lines_close_block(lines);
    return status;
}

static void add_part(segment_coder *coder, size_t y, size_t row_count)
{
    wb_png_plan last = coder->planner.plan;
    wb_png_lines *lines = &coder->lines;
    wb_png_choice choice = wb_png_planner_choose(&coder->planner, y, row_count, lines);
    if (choice == WB_PNG_CODED)
        return;
    if (choice == WB_PNG_PRICED && (!lines->has_prices || coder->planner.plan != last)) {
        lines->matcher.prices = coder->planner.prices;
        lines->has_prices = true;
    }
    wb_png_lines_add_shortest(lines, coder->planner.plan, coder->planner.rivals, row_count);
}

/* Codes the rows from `y` to `end`. What is too little for a block of its own stays the lines' open
 * block. */
static wb_status code_segment(segment_coder *coder, size_t y, size_t end, wb_deflate *to)
{
    wb_png_lines *lines = &coder->lines;
    const size_t part_rows = cut_rows(lines->rows.raster, end - y, WB_FIT_PART_BYTES);
    wb_status status = WB_OK;
    wb_png_lines_restart(lines, y);
    wb_png_planner_restart(&coder->planner);
    for (size_t rows; y < end && status == WB_OK; y += rows) {
        rows = end - y < part_rows ? end - y : part_rows;
        add_part(coder, y, rows);
        if (lines->symbols >= WB_FIT_BLOCK_SYMBOLS
            || wb_png_lines_block_bytes(lines) >= WB_FIT_BLOCK_BYTES)
            status = write_block(lines, to);
    }
    return status;
}

/* A segment that has blocks of its own begins and ends at a whole byte. The open block of another
 * goes on with the stream's codes: a flat image is no larger for being cut. */
static wb_status join_segment(segment_coder *coder, wb_deflate *stream)
{
    if (coder->segment.size_bytes == 0)
        return write_block(&coder->lines, stream);
    wb_status status = wb_deflate_flush(stream);
    return status == WB_OK ? wb_deflate_join(stream, &coder->segment) : status;
}

/* What a closed chunk holds must not change any more. */
static wb_status break_large(wb_deflate *deflate, wb_png_idat *idat)
{
    if (idat->file->size_bytes - idat->start < WB_PNG_IDAT_LARGE_BYTES)
        return WB_OK;
    wb_status status = wb_deflate_flush(deflate);
    return status == WB_OK ? wb_png_idat_break_large(idat) : status;
}

/* All segments of an image; the one with number n is coded in slot n % slot_count. */
typedef struct segments {
    const wb_raster *raster;
    size_t rows; /* of each but the last */
    segment_coder *coders;
    wb_png_slot *slots;
    size_t slot_count;
    wb_deflate *stream;
    wb_png_idat *idat;
} segments;

static wb_status run_segment(void *context, size_t number, unsigned worker)
{
    (void)worker;
    const segments *all = context;
    segment_coder *coder = &all->coders[number % all->slot_count];
    wb_bytes *buffer = &all->slots[number % all->slot_count].segment;
    size_t y = number * all->rows, left = all->raster->height - y;
    buffer->size_bytes = 0;
    wb_deflate_init(&coder->segment, buffer, all->stream->cpu);
    wb_status status = code_segment(coder, y, y + (left < all->rows ? left : all->rows),
                                    &coder->segment);
    if (status != WB_OK || coder->segment.size_bytes == 0)
        return status;
    if (wb_png_lines_block_bytes(&coder->lines) != 0)
        status = write_block(&coder->lines, &coder->segment);
    return status == WB_OK ? wb_deflate_flush(&coder->segment) : status;
}

static wb_status take_segment(void *context, size_t number)
{
    const segments *all = context;
    wb_status status = join_segment(&all->coders[number % all->slot_count], all->stream);
    return status == WB_OK ? break_large(all->stream, all->idat) : status;
}

static wb_status code_segments(segments *all, unsigned thread_count)
{
    wb_tasks tasks = {
        .count = (all->raster->height + all->rows - 1) / all->rows,
        .context = all,
        .run = run_segment,
        .take = take_segment,
        .slot_count = all->slot_count,
    };
    return wb_tasks_run(&tasks, thread_count);
}

/* Slots for the segments at work, and half as many that wait for an earlier one. */
static size_t choose_slot_count(const wb_raster *raster, size_t segment_rows, unsigned threads)
{
    size_t segment_count = (raster->height + segment_rows - 1) / segment_rows;
    size_t slots = threads <= 1 ? 1 : threads + (threads + 1) / 2;
    slots = slots < WB_MAX_SLOTS ? slots : WB_MAX_SLOTS;
    return slots < segment_count ? slots : segment_count;
}

static wb_status code_image(const wb_raster *raster, wb_machine machine, wb_png_scratch *scratch,
                            wb_deflate *stream, wb_png_idat *idat)
{
    size_t rows = cut_rows(raster, raster->height, WB_FIT_SEGMENT_BYTES);
    size_t slot_count = choose_slot_count(raster, rows, machine.thread_count);
    wb_status status = wb_bytes_renew(&scratch->coders, slot_count * sizeof(segment_coder));
    if (status != WB_OK)
        return status;
    segment_coder *coders = (segment_coder *)(void *)scratch->coders.data;
    scratch->slot_count = slot_count > scratch->slot_count ? slot_count : scratch->slot_count;
    for (size_t i = 0; i < slot_count && status == WB_OK; i++)
        status = coder_init(&coders[i], raster, machine.cpu, &scratch->slots[i]);
    if (status != WB_OK)
        return status;
    if (rows < raster->height) {
        segments all = {raster, rows, coders, scratch->slots, slot_count, stream, idat};
        return code_segments(&all, machine.thread_count);
    }
    status = code_segment(coders, 0, raster->height, stream);
    if (status == WB_OK && wb_png_lines_block_bytes(&coders->lines) != 0)
        status = write_block(&coders->lines, stream);
    return status;
}

wb_status wb_png_stream_fast(const wb_raster *raster, wb_machine machine, wb_png_scratch *scratch,
                             wb_png_idat *idat)
{
    static const uint8_t ZLIB_HEADER[2] = {0x78, 0x5e}; /* window of 32 KiB, "fast" */
    wb_deflate stream;
    wb_deflate_init(&stream, idat->file, machine.cpu);
    wb_status status = wb_bytes_append(idat->file, ZLIB_HEADER, sizeof ZLIB_HEADER);
    if (status == WB_OK)
        status = code_image(raster, machine, scratch, &stream, idat);
    if (status == WB_OK)
        status = wb_deflate_end(&stream);
    uint8_t adler[4];
    wb_store_be32(adler, stream.adler);
    return status == WB_OK ? wb_bytes_append(idat->file, adler, sizeof adler) : status;
}
