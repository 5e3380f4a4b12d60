/* The fast way to fill IDAT: rows are filtered into a strip that stays in the cache, matched and
 * emitted before the next strip is touched.
 * In: a raster. Out: a zlib stream. Ownership: see png/fast.h. */
#include "png/fast.h"

#include "deflate/blocks.h"
#include "png/lines.h"

enum {
    /* With its tokens and output about 200 KB: less than any L2 cache. */
    STRIP_BYTES = 64 << 10,
    /* Shorter ones would be a little smaller, with more tables of codes, and slower. */
    MATCHED_STRIP_BYTES = 512 << 10,
    /* Little of a flat strip is looked at twice, and a block's codes should serve for long. */
    FLAT_STRIP_BYTES = 1 << 20
};

/* What a closed chunk holds must not change any more. */
static wb_status break_large(wb_deflate *deflate, wb_png_idat *idat)
{
    if (idat->file->size_bytes - idat->start < WB_PNG_IDAT_LARGE_BYTES)
        return WB_OK;
    wb_status status = wb_deflate_flush(deflate);
    return status == WB_OK ? wb_png_idat_break_large(idat) : status;
}

wb_status wb_png_stream_fast(const wb_raster *raster, const wb_png_options *options,
                             wb_png_scratch *scratch, wb_png_idat *idat)
{
    wb_png_plan plan;
    wb_status status = wb_png_plan_choose(raster, options, scratch, &plan);
    if (status != WB_OK)
        return status;
    size_t line_bytes = raster->width * raster->channels + 1;
    size_t strip_bytes = plan.filters != WB_PNG_FILTERS_ADAPTIVE ? FLAT_STRIP_BYTES
                         : plan.matched                          ? MATCHED_STRIP_BYTES
                                                                 : STRIP_BYTES;
    size_t strip_rows = line_bytes < strip_bytes ? strip_bytes / line_bytes : 1;
    strip_rows = strip_rows < raster->height ? strip_rows : raster->height;
    wb_png_lines lines;
    status = wb_png_lines_init(&lines, raster, &plan, options->cpu, strip_rows, scratch);
    lines.remember = true;
    wb_deflate deflate;
    if (status == WB_OK)
        status = wb_deflate_begin(&deflate, idat->file, options->cpu);
    for (size_t y = 0; y < raster->height && status == WB_OK; y += strip_rows) {
        size_t rows = raster->height - y < strip_rows ? raster->height - y : strip_rows;
        wb_deflate_stretch stretch = wb_png_lines_next(&lines, rows);
        status = wb_deflate_append(&deflate, &stretch, rows * line_bytes);
        wb_png_lines_advance(&lines, rows);
        if (status == WB_OK)
            status = break_large(&deflate, idat);
    }
    return status == WB_OK ? wb_deflate_end(&deflate) : status;
}
