/* Pulls rows from a raster into two buffers taken in turn.
 * In: a raster. Out: wb_png_row. Ownership: see png/rows.h. */
#include "png/rows.h"

#include <string.h>

wb_status wb_png_rows_init(wb_png_rows *rows, const wb_raster *raster, wb_png_scratch *scratch)
{
    size_t buffer_bytes, all_bytes;
    if (!wb_multiply(raster->width, WB_MAX_CHANNELS, &buffer_bytes)
        || !wb_add(buffer_bytes, 2 * WB_ROW_SLACK_BYTES, &buffer_bytes)
        || !wb_multiply(buffer_bytes, 2, &all_bytes))
        return WB_OUT_OF_MEMORY;
    wb_status status = wb_bytes_renew(&scratch->rows, all_bytes);
    if (status != WB_OK)
        return status;
    *rows = (wb_png_rows){.raster = raster, .size_bytes = raster->width * raster->channels};
    rows->buffers[0] = scratch->rows.data;
    rows->buffers[1] = scratch->rows.data + buffer_bytes;
    wb_png_rows_seek(rows, 0);
    return WB_OK;
}

void wb_png_rows_seek(wb_png_rows *rows, size_t y)
{
    const wb_raster *raster = rows->raster;
    rows->y = y;
    if (y == 0) {
        /* Row 0 goes to buffer 0; the zeros above it are in buffer 1 until row 1 needs it. */
        memset(rows->buffers[1], 0, rows->size_bytes);
        rows->above = rows->buffers[1];
        return;
    }
    rows->above = raster->row(raster->context, y - 1, rows->buffers[(y - 1) & 1]);
}

wb_png_row wb_png_rows_next(wb_png_rows *rows)
{
    const wb_raster *raster = rows->raster;
    wb_png_row row = {
        .pixels = raster->row(raster->context, rows->y, rows->buffers[rows->y & 1]),
        .above = rows->above,
        .size_bytes = rows->size_bytes,
        .pixel_bytes = raster->channels,
    };
    rows->above = row.pixels;
    rows->y++;
    return row;
}
