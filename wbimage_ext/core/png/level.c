/* PNG at a compression level: adaptive filters, then libdeflate over the whole image, or zlib strip
 * by strip where libdeflate is missing or the image very large.
 * In: a raster. Out: a zlib stream in IDAT chunks. Ownership: see png/level.h. */
#include "png/level.h"

#include "png/plan.h"
#include "png/rows.h"

#include <string.h>
#include <zlib.h>

#ifdef WB_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

const char *wb_png_library(void)
{
#ifdef WB_HAVE_LIBDEFLATE
    return "libdeflate " LIBDEFLATE_VERSION_STRING;
#else
    return "zlib " ZLIB_VERSION;
#endif
}

/* Filters a row by the least sum of absolute residuals. */
static void filter_row(const wb_png_row *row, bool filtered, wb_cpu cpu, uint8_t *line)
{
    wb_png_filter best = WB_PNG_NONE;
    if (filtered) {
        uint64_t scores[WB_PNG_FILTER_COUNT];
        wb_png_filter_scores(row, 1, cpu, scores);
        best = WB_PNG_SUB;
        for (int filter = WB_PNG_UP; filter < WB_PNG_FILTER_COUNT; filter++)
            if (scores[filter] < scores[best])
                best = (wb_png_filter)filter;
    }
    line[0] = (uint8_t)best;
    wb_png_filter_apply(row, best, cpu, line + 1);
}

enum {
    OUTPUT_STEP_BYTES = 64 << 10 /* what zlib may write between two looks at the buffer */
};

static wb_status zlib_drain(z_stream *stream, int flush, wb_png_idat *idat, wb_error *error)
{
    for (;;) {
        wb_status status = wb_png_idat_break_large(idat);
        if (status == WB_OK)
            status = wb_bytes_reserve(idat->file, OUTPUT_STEP_BYTES);
        if (status != WB_OK)
            return status;
        stream->next_out = idat->file->data + idat->file->size_bytes;
        stream->avail_out = OUTPUT_STEP_BYTES;
        int answer = deflate(stream, flush);
        idat->file->size_bytes += OUTPUT_STEP_BYTES - stream->avail_out;
        if (answer == Z_STREAM_ERROR)
            return wb_fail(error, WB_LIBRARY_FAILED, "zlib cannot deflate");
        if (stream->avail_out != 0) /* all input is taken, and for Z_FINISH all is written */
            return WB_OK;
    }
}

static wb_status stream_zlib(const wb_raster *raster, int level, wb_machine machine,
                             wb_png_scratch *scratch, wb_png_idat *idat, wb_error *error)
{
    const bool filtered = level != 0;
    wb_png_rows rows;
    wb_status status = wb_png_rows_init(&rows, raster, &scratch->slots[0].image.rows);
    if (status != WB_OK)
        return status;
    size_t line_bytes = rows.size_bytes + 1;
    status = wb_bytes_renew(&scratch->slots[0].image.filtered, line_bytes);
    if (status != WB_OK)
        return status;
    z_stream stream = {0};
    int answer = deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS, MAX_MEM_LEVEL,
                              filtered ? Z_FILTERED : Z_DEFAULT_STRATEGY);
    if (answer != Z_OK)
        return answer == Z_MEM_ERROR
                   ? WB_OUT_OF_MEMORY
                   : wb_fail(error, WB_LIBRARY_FAILED, "zlib refuses level %d", level);
    for (size_t y = 0; y < raster->height && status == WB_OK; y++) {
        wb_png_row row = wb_png_rows_next(&rows);
        filter_row(&row, filtered, machine.cpu, scratch->slots[0].image.filtered.data);
        stream.next_in = scratch->slots[0].image.filtered.data;
        stream.avail_in = (uInt)line_bytes;
        status = zlib_drain(&stream, Z_NO_FLUSH, idat, error);
    }
    if (status == WB_OK)
        status = zlib_drain(&stream, Z_FINISH, idat, error);
    deflateEnd(&stream);
    return status;
}

#ifdef WB_HAVE_LIBDEFLATE

/* Appends the whole image, compressed, to the file. */
static wb_status append_compressed(struct libdeflate_compressor *compressor,
                                   const wb_raster *raster, bool filtered, wb_cpu cpu,
                                   wb_png_scratch *scratch, wb_bytes *file, wb_error *error)
{
    wb_png_rows rows;
    wb_status status = wb_png_rows_init(&rows, raster, &scratch->slots[0].image.rows);
    if (status != WB_OK)
        return status;
    size_t line_bytes = rows.size_bytes + 1, size_bytes = line_bytes * raster->height;
    status = wb_bytes_renew(&scratch->slots[0].image.filtered, size_bytes);
    if (status != WB_OK)
        return status;
    for (size_t y = 0; y < raster->height; y++) {
        wb_png_row row = wb_png_rows_next(&rows);
        filter_row(&row, filtered, cpu, scratch->slots[0].image.filtered.data + y * line_bytes);
    }
    size_t bound_bytes = libdeflate_zlib_compress_bound(compressor, size_bytes);
    status = wb_bytes_reserve(file, bound_bytes);
    if (status != WB_OK)
        return status;
    size_t written = libdeflate_zlib_compress(compressor, scratch->slots[0].image.filtered.data,
                                              size_bytes, file->data + file->size_bytes,
                                              bound_bytes);
    if (written == 0)
        return wb_fail(error, WB_LIBRARY_FAILED, "libdeflate cannot compress");
    file->size_bytes += written;
    return WB_OK;
}

/* Compresses once more without filters and keeps what is smaller: text and plots often are, if a
 * level looks long enough to find what repeats, and nothing tells beforehand which do. */
static wb_status try_unfiltered(struct libdeflate_compressor *compressor, const wb_raster *raster,
                                size_t start, wb_png_scratch *scratch, wb_bytes *file,
                                wb_error *error)
{
    size_t filtered_end = file->size_bytes;
    wb_status status = append_compressed(compressor, raster, false, WB_CPU_PORTABLE, scratch, file,
                                         error);
    if (status != WB_OK)
        return status;
    size_t filtered_bytes = filtered_end - start;
    size_t unfiltered_bytes = file->size_bytes - filtered_end;
    if (unfiltered_bytes < filtered_bytes) {
        memmove(file->data + start, file->data + filtered_end, unfiltered_bytes);
        file->size_bytes = start + unfiltered_bytes;
    } else {
        file->size_bytes = filtered_end;
    }
    return WB_OK;
}

/* The one that suits all of the image best. */
static wb_status choose_plan(const wb_raster *raster, wb_cpu cpu, wb_png_scratch *scratch,
                             wb_png_plan *plan)
{
    wb_png_planner planner;
    wb_status status = wb_png_planner_init(&planner, raster, cpu, &scratch->slots[0].trial);
    if (status != WB_OK)
        return status;
    wb_png_planner_choose(&planner, 0, raster->height, NULL);
    *plan = planner.plan;
    return WB_OK;
}

static wb_status stream_libdeflate(const wb_raster *raster, int level, wb_machine machine,
                                   wb_png_scratch *scratch, wb_png_idat *idat, wb_error *error)
{
    enum { THOROUGH_LEVEL = 6 };
    /* Level 6 there finds less than zlib's in periodic patterns. */
    static const int LIBDEFLATE_LEVELS[10] = {0, 1, 2, 3, 4, 5, 7, 7, 8, 9};
    wb_png_plan plan = WB_PNG_RUNS;
    wb_status status = WB_OK;
    if (level >= THOROUGH_LEVEL)
        status = choose_plan(raster, machine.cpu, scratch, &plan);
    if (status != WB_OK)
        return status;
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(
        LIBDEFLATE_LEVELS[level]);
    if (compressor == NULL)
        return WB_OUT_OF_MEMORY;
    size_t start = idat->file->size_bytes;
    status = append_compressed(compressor, raster, level != 0, machine.cpu, scratch, idat->file,
                               error);
    if (status == WB_OK && plan != WB_PNG_RUNS)
        status = try_unfiltered(compressor, raster, start, scratch, idat->file, error);
    libdeflate_free_compressor(compressor);
    return status;
}

#endif

wb_status wb_png_stream_level(const wb_raster *raster, int level, wb_machine machine,
                              wb_png_scratch *scratch, wb_png_idat *idat, wb_error *error)
{
#ifdef WB_HAVE_LIBDEFLATE
    size_t line_bytes = raster->width * wb_raster_pixel_bytes(raster) + 1, size_bytes;
    /* libdeflate takes all at once, and one chunk has to hold what comes out. */
    if (wb_multiply(line_bytes, raster->height, &size_bytes)
        && size_bytes <= WB_PNG_IDAT_LARGE_BYTES)
        return stream_libdeflate(raster, level, machine, scratch, idat, error);
#endif
    return stream_zlib(raster, level, machine, scratch, idat, error);
}
