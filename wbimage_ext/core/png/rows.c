/* Pulls rows from a raster into two buffers taken in turn.
 * In: a raster. Out: wb_png_row. Ownership: see png/rows.h. */
#include "png/rows.h"

#include <string.h>

wb_status wb_png_rows_init(wb_png_rows *rows, const wb_raster *raster, wb_bytes *memory)
{
    size_t buffer_bytes = wb_raster_buffer_bytes(raster), all_bytes;
    if (!wb_multiply(buffer_bytes, 2, &all_bytes))
        return WB_OUT_OF_MEMORY;
    wb_status status = wb_bytes_renew(memory, all_bytes);
    if (status != WB_OK)
        return status;
    *rows = (wb_png_rows){.raster = raster,
                          .size_bytes = raster->width * wb_raster_pixel_bytes(raster)};
    rows->buffers[0] = memory->data;
    rows->buffers[1] = memory->data + buffer_bytes;
    wb_png_rows_seek(rows, 0);
    return WB_OK;
}

static const uint8_t *row_at(const wb_png_rows *rows, size_t y)
{
    const wb_raster *raster = rows->raster;
    return raster->row(raster->context, y, rows->buffers[y & 1]) + rows->first_byte;
}

void wb_png_rows_seek(wb_png_rows *rows, size_t y)
{
    rows->y = y;
    if (y != 0) {
        rows->above = row_at(rows, y - 1);
        return;
    }
    /* Row 0 goes to buffer 0; the zeros above it are in buffer 1 until row 1 needs it. */
    memset(rows->buffers[1], 0, rows->size_bytes);
    rows->above = rows->buffers[1];
}

wb_png_row wb_png_rows_next(wb_png_rows *rows)
{
    wb_png_row row = {
        .pixels = row_at(rows, rows->y),
        .above = rows->above,
        .size_bytes = rows->size_bytes,
        .pixel_bytes = wb_raster_pixel_bytes(rows->raster),
    };
    rows->above = row.pixels;
    rows->y++;
    return row;
}
