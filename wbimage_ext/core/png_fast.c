/* The fast way to fill IDAT: rows are filtered into a strip that stays in the cache, matched and
 * emitted before the next strip is touched.
 * In: a raster. Out: a zlib stream. Ownership: see png_stream.h. */
#include "deflate_fast.h"
#include "png_rows.h"
#include "png_stream.h"

#include <string.h>

enum {
    STRIP_BYTES = 64 << 10, /* with tokens and output about 200 KB: less than any L2 cache */
    MIN_RUN = 8
};

typedef struct strip_writer {
    wb_png_rows rows;
    size_t line_bytes; /* a row and its filter's number */
    size_t strip_rows;
    uint8_t *strip;
    wb_deflate_token *tokens;
    wb_deflate deflate;
    bool palette;
} strip_writer;

static wb_png_filter choose_filter(const wb_png_row *row, size_t step, wb_cpu cpu)
{
    uint64_t scores[WB_PNG_FILTER_COUNT];
    wb_png_filter_scores(row, step, cpu, scores);
    wb_png_filter best = WB_PNG_SUB;
    for (int filter = WB_PNG_UP; filter < WB_PNG_FILTER_COUNT; filter++)
        if (scores[filter] < scores[best])
            best = (wb_png_filter)filter;
    return best;
}

static void filter_line(strip_writer *writer, uint8_t *line)
{
    wb_cpu cpu = writer->deflate.cpu;
    wb_png_row row = wb_png_rows_next(&writer->rows);
    wb_png_filter filter = WB_PNG_NONE;
    if (!writer->palette)
        filter = choose_filter(&row, row.size_bytes < 3072 ? 2 : 4, cpu);
    line[0] = (uint8_t)filter;
    wb_png_filter_apply(&row, filter, cpu, line + 1);
}

static wb_status write_strip(strip_writer *writer, size_t row_count)
{
    size_t size_bytes = row_count * writer->line_bytes;
    for (size_t i = 0; i < row_count; i++)
        filter_line(writer, writer->strip + i * writer->line_bytes);
    wb_deflate_stretch stretch = {
        .bytes = writer->strip,
        .tokens = writer->tokens,
        .token_count = 0,
    };
    /* The first byte has no byte before it; it is a literal. */
    size_t count = wb_deflate_find_runs(writer->strip + 1, size_bytes - 1, MIN_RUN, writer->deflate.cpu,
                                        writer->tokens);
    if (count != 0)
        writer->tokens[0].literals++;
    else
        writer->tokens[count++] = (wb_deflate_token){1, 0, 0};
    stretch.token_count = count;
    return wb_deflate_append(&writer->deflate, &stretch, size_bytes);
}

static wb_status strip_writer_init(strip_writer *writer, const wb_raster *raster,
                                   wb_png_scratch *scratch)
{
    wb_status status = wb_png_rows_init(&writer->rows, raster, scratch);
    if (status != WB_OK)
        return status;
    writer->line_bytes = writer->rows.size_bytes + 1;
    writer->strip_rows = writer->line_bytes < STRIP_BYTES ? STRIP_BYTES / writer->line_bytes : 1;
    size_t strip_bytes = writer->strip_rows * writer->line_bytes + WB_DEFLATE_SLACK_BYTES;
    size_t token_bytes = (strip_bytes / MIN_RUN + 2) * sizeof(wb_deflate_token);
    status = wb_bytes_renew(&scratch->filtered, strip_bytes);
    if (status == WB_OK)
        status = wb_bytes_renew(&scratch->tokens, token_bytes);
    if (status != WB_OK)
        return status;
    writer->strip = scratch->filtered.data;
    writer->tokens = (wb_deflate_token *)(void *)scratch->tokens.data;
    return WB_OK;
}

wb_status wb_png_stream_fast(const wb_raster *raster, const wb_png_options *options,
                             wb_png_scratch *scratch, wb_png_idat *idat, wb_error *error)
{
    (void)error;
    strip_writer writer = {.palette = options->palette_rgb != NULL};
    wb_status status = strip_writer_init(&writer, raster, scratch);
    if (status == WB_OK)
        status = wb_deflate_begin(&writer.deflate, idat->file, options->cpu);
    for (size_t y = 0; y < raster->height && status == WB_OK; y += writer.strip_rows) {
        size_t rows_left = raster->height - y;
        status = write_strip(&writer,
                             rows_left < writer.strip_rows ? rows_left : writer.strip_rows);
    }
    return status == WB_OK ? wb_deflate_end(&writer.deflate) : status;
}
