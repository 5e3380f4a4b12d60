/* A view: borrowed pixels of any dtype behind any strides, seen as height x width x channels.
 * In: a buffer's address, dtype, shape and byte strides. Out: a wb_view with the shape rules
 * applied. Ownership: a view borrows the buffer; whoever made it keeps the buffer alive and
 * readable. */
#ifndef WB_PIXELS_VIEW_H
#define WB_PIXELS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "pixels/raster.h"

typedef enum wb_dtype {
    WB_BOOL,
    WB_UINT8,
    WB_INT8,
    WB_UINT16,
    WB_INT16,
    WB_UINT32,
    WB_INT32,
    WB_UINT64,
    WB_INT64,
    WB_FLOAT16,
    WB_BFLOAT16,
    WB_FLOAT32,
    WB_FLOAT64
} wb_dtype;

size_t wb_dtype_size_bytes(wb_dtype dtype);
bool wb_dtype_is_float(wb_dtype dtype);
/* Integers with a sign; what is neither that nor a float has no values below 0. */
bool wb_dtype_is_signed(wb_dtype dtype);

enum { WB_VIEW_MAX_DIMENSIONS = 64 /* as many as NumPy 2 allows */ };

typedef struct wb_view {
    const uint8_t *data; /* address of element (0, 0, 0); need not be aligned */
    wb_dtype dtype;
    bool is_byte_swapped;
    size_t height;
    size_t width;
    unsigned channels; /* 1, 3 or 4 */
    ptrdiff_t row_stride_bytes;
    ptrdiff_t column_stride_bytes;
    ptrdiff_t channel_stride_bytes;
} wb_view;

/* An array as its owner describes it. Borrows everything. */
typedef struct wb_array {
    const void *data;
    wb_dtype dtype;
    bool is_byte_swapped;
    bool
        keeps_sides; /* it is an image already: height, width and perhaps channels, none squeezed */
    int ndim;
    const ptrdiff_t *shape;
    const ptrdiff_t *strides_bytes;
} wb_array;

/* Fills `view` by the shape rules: over two dimensions every side of length 1 is squeezed away
 * (where that leaves fewer than two, height and width are kept); then two dimensions are one
 * channel, a last side of 3 or 4 is channels, anything else is WB_BAD_SHAPE with the shape in the
 * error's detail. A side of 0 is WB_EMPTY; a side over `max_dimension` (0: no limit) is
 * WB_TOO_LARGE. */
wb_status wb_view_init(wb_view *view, const wb_array *array, size_t max_dimension, wb_error *error);

#endif
