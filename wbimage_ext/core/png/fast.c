/* The fast way to fill IDAT. An image is cut into segments, each coded without knowing the others;
 * a segment into parts, each filtered and matched by the plan that suits it; and as soon as there
 * is enough for a block it is written.
 * In: a raster. Out: a zlib stream. Ownership: see png/fast.h. */
#include "png/fast.h"

#include "base/endian.h"
#include "base/fitted.h"
#include "deflate/blocks.h"
#include "png/lines.h"
#include "png/plan.h"

/* What codes one segment after the other. */
typedef struct segment_coder {
    wb_png_lines lines;
    wb_png_planner planner;
    size_t part_rows;
} segment_coder;

static size_t rows_of(const wb_raster *raster, size_t size_bytes)
{
    size_t rows = size_bytes / (raster->width * wb_raster_pixel_bytes(raster) + 1);
    rows = rows != 0 ? rows : 1;
    return rows < raster->height ? rows : raster->height;
}

static wb_status coder_init(segment_coder *coder, const wb_raster *raster, wb_cpu cpu,
                            wb_png_scratch *scratch)
{
    size_t row_bytes = raster->width * wb_raster_pixel_bytes(raster);
    coder->part_rows = rows_of(raster, WB_FIT_PART_BYTES);
    size_t block_bytes = coder->part_rows * (row_bytes + 1);
    if (coder->part_rows < raster->height)
        block_bytes += WB_FIT_BLOCK_BYTES;
    wb_status status = wb_png_lines_init(&coder->lines, raster, row_bytes, block_bytes, cpu,
                                         &scratch->image);
    if (status == WB_OK)
        status = wb_png_planner_init(&coder->planner, raster, cpu, &scratch->trial);
    return status;
}

static wb_status write_block(wb_png_lines *lines, wb_deflate *to)
{
    wb_deflate_stretch block = wb_png_lines_block(lines);
    wb_status status = wb_deflate_append(to, &block, wb_png_lines_block_bytes(lines));
    wb_deflate_prices_set(&lines->matcher.prices, &to->frequencies);
    lines->has_prices = true;
    wb_png_lines_close_block(lines);
    return status;
}

static void add_part(segment_coder *coder, size_t y, size_t row_count)
{
    wb_png_plan last = coder->planner.plan;
    bool is_priced = wb_png_planner_choose(&coder->planner, y, row_count);
    if (is_priced && (!coder->lines.has_prices || coder->planner.plan != last)) {
        coder->lines.matcher.prices = coder->planner.prices;
        coder->lines.has_prices = true;
    }
    wb_png_lines_add(&coder->lines, coder->planner.plan, row_count);
}

/* Codes the rows from `y` to `end`. What is too little for a block of its own stays the lines' open
 * block. */
static wb_status code_segment(segment_coder *coder, size_t y, size_t end, wb_deflate *to)
{
    wb_png_lines *lines = &coder->lines;
    wb_status status = WB_OK;
    wb_png_lines_restart(lines, y);
    wb_png_planner_restart(&coder->planner);
    for (size_t rows; y < end && status == WB_OK; y += rows) {
        rows = end - y < coder->part_rows ? end - y : coder->part_rows;
        add_part(coder, y, rows);
        if (lines->symbols >= WB_FIT_BLOCK_SYMBOLS
            || wb_png_lines_block_bytes(lines) >= WB_FIT_BLOCK_BYTES)
            status = write_block(lines, to);
    }
    return status;
}

/* What a closed chunk holds must not change any more. */
static wb_status break_large(wb_deflate *deflate, wb_png_idat *idat)
{
    if (idat->file->size_bytes - idat->start < WB_PNG_IDAT_LARGE_BYTES)
        return WB_OK;
    wb_status status = wb_deflate_flush(deflate);
    return status == WB_OK ? wb_png_idat_break_large(idat) : status;
}

/* A segment that has blocks of its own begins and ends at a whole byte. The open block of another
 * goes on with the stream's codes: a flat image is no larger for being cut. */
static wb_status join_segment(segment_coder *coder, wb_deflate *segment, wb_deflate *stream)
{
    if (segment->size_bytes == 0)
        return write_block(&coder->lines, stream);
    wb_status status = WB_OK;
    if (wb_png_lines_block_bytes(&coder->lines) != 0)
        status = write_block(&coder->lines, segment);
    if (status == WB_OK)
        status = wb_deflate_flush(segment);
    if (status == WB_OK)
        status = wb_deflate_flush(stream);
    return status == WB_OK ? wb_deflate_join(stream, segment) : status;
}

static wb_status code_segments(const wb_raster *raster, segment_coder *coder, wb_bytes *buffer,
                               wb_deflate *stream, wb_png_idat *idat)
{
    wb_deflate segment;
    wb_status status = WB_OK;
    size_t segment_rows = rows_of(raster, WB_FIT_SEGMENT_BYTES);
    if (segment_rows == raster->height) {
        status = code_segment(coder, 0, raster->height, stream);
        return status == WB_OK && wb_png_lines_block_bytes(&coder->lines) != 0
                   ? write_block(&coder->lines, stream)
                   : status;
    }
    for (size_t y = 0, end; y < raster->height && status == WB_OK; y = end) {
        end = raster->height - y < segment_rows ? raster->height : y + segment_rows;
        buffer->size_bytes = 0;
        wb_deflate_init(&segment, buffer, stream->cpu);
        status = code_segment(coder, y, end, &segment);
        if (status == WB_OK)
            status = join_segment(coder, &segment, stream);
        if (status == WB_OK)
            status = break_large(stream, idat);
    }
    return status;
}

wb_status wb_png_stream_fast(const wb_raster *raster, wb_machine machine, wb_png_scratch *scratch,
                             wb_png_idat *idat)
{
    static const uint8_t ZLIB_HEADER[2] = {0x78, 0x5e}; /* window of 32 KiB, "fast" */
    segment_coder coder;
    wb_deflate stream;
    wb_deflate_init(&stream, idat->file, machine.cpu);
    wb_status status = coder_init(&coder, raster, machine.cpu, scratch);
    if (status == WB_OK)
        status = wb_bytes_append(idat->file, ZLIB_HEADER, sizeof ZLIB_HEADER);
    if (status == WB_OK)
        status = code_segments(raster, &coder, &scratch->segment, &stream, idat);
    if (status == WB_OK)
        status = wb_deflate_end(&stream);
    uint8_t adler[4];
    wb_store_be32(adler, stream.adler);
    return status == WB_OK ? wb_bytes_append(idat->file, adler, sizeof adler) : status;
}
