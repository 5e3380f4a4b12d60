/* The rows of a raster, or some columns of them, one after the other, each with the row above it as
 * filters need it. In: a raster. Out: wb_png_row. Ownership: borrows the raster and a buffer. */
#ifndef WB_PNG_ROWS_H
#define WB_PNG_ROWS_H

#include "base/bytes.h"
#include "pixels/raster.h"
#include "png/filter.h"

typedef struct wb_png_rows {
    const wb_raster *raster;
    size_t first_byte; /* of the columns that are taken */
    size_t size_bytes; /* of one row's columns */
    size_t y;          /* of the next row */
    const uint8_t *above;
    uint8_t *buffers[2]; /* taken in turn, so that the row above stays whole */
} wb_png_rows;

/* All columns, from row 0 on. */
wb_status wb_png_rows_init(wb_png_rows *rows, const wb_raster *raster, wb_bytes *memory);

/* Makes row `y` the next. */
void wb_png_rows_seek(wb_png_rows *rows, size_t y);

/* The next row; valid until the call after the next. */
wb_png_row wb_png_rows_next(wb_png_rows *rows);

#endif
