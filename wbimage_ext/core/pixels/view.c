/* The shape rules: which dimensions of an array are height, width and channels.
 * In: a buffer's address, dtype, shape and byte strides. Out: a wb_view.
 * Ownership: see pixels/view.h. */
#include "pixels/view.h"

#include <stdio.h>

#include "base/bytes.h"

size_t wb_dtype_size_bytes(wb_dtype dtype)
{
    switch (dtype) {
    case WB_BOOL:
    case WB_UINT8:
    case WB_INT8: return 1;
    case WB_UINT16:
    case WB_INT16:
    case WB_FLOAT16:
    case WB_BFLOAT16: return 2;
    case WB_UINT32:
    case WB_INT32:
    case WB_FLOAT32: return 4;
    case WB_UINT64:
    case WB_INT64:
    case WB_FLOAT64: return 8;
    }
    return 0;
}

bool wb_dtype_is_float(wb_dtype dtype)
{
    return dtype >= WB_FLOAT16;
}

bool wb_dtype_is_signed(wb_dtype dtype)
{
    return dtype == WB_INT8 || dtype == WB_INT16 || dtype == WB_INT32 || dtype == WB_INT64;
}

/* The dimensions that are left after squeezing. */
typedef struct dimensions {
    int count;
    ptrdiff_t shape[WB_VIEW_MAX_DIMENSIONS];
    ptrdiff_t strides_bytes[WB_VIEW_MAX_DIMENSIONS];
} dimensions;

static void dimensions_add(dimensions *kept, ptrdiff_t side, ptrdiff_t stride_bytes)
{
    kept->shape[kept->count] = side;
    kept->strides_bytes[kept->count] = stride_bytes;
    kept->count++;
}

/* Over two dimensions all sides of length 1 go, as in the reference. What is then too little for an
 * image, such as (1, 1, 3) or (N, 1, 1), keeps its last three sides: height, width, channels. */
static void dimensions_squeeze(dimensions *kept, const wb_array *array)
{
    const int ndim = array->ndim;
    const ptrdiff_t *shape = array->shape, *strides_bytes = array->strides_bytes;
    const bool keeps_all = array->keeps_sides || ndim <= 2;
    kept->count = 0;
    for (int i = 0; i < ndim; i++)
        if (keeps_all || shape[i] != 1)
            dimensions_add(kept, shape[i], strides_bytes[i]);
    bool lost_in_front = false;
    for (int i = 0; i < ndim - 3; i++)
        lost_in_front = lost_in_front || shape[i] != 1;
    if (keeps_all || kept->count >= 2 || lost_in_front)
        return;
    kept->count = 0;
    for (int i = ndim - 3; i < ndim; i++)
        if (i < ndim - 1 || shape[i] != 1)
            dimensions_add(kept, shape[i], strides_bytes[i]);
}

/* Writes the list as Python prints it, such as "[4, 4, 2]"; a very long one ends in "...". */
static void shape_print(char *text, size_t size_bytes, int ndim, const ptrdiff_t *shape)
{
    enum { LONGEST_ITEM_BYTES = 32 /* ", ", 20 characters, "...]", zero */ };
    size_t used = (size_t)snprintf(text, size_bytes, "[");
    for (int i = 0; i < ndim; i++) {
        if (size_bytes - used < LONGEST_ITEM_BYTES) {
            used += (size_t)snprintf(text + used, size_bytes - used, "...");
            break;
        }
        used += (size_t)snprintf(text + used, size_bytes - used, "%s%lld", i ? ", " : "",
                                 (long long)shape[i]);
    }
    snprintf(text + used, size_bytes - used, "]");
}

static wb_status fail_shape(wb_error *error, const dimensions *kept)
{
    static const char *const CHW =
        "; a first side of 1, 3 or 4 reads as CHW: transpose(1, 2, 0) makes it HWC";
    static const char *const BATCH =
        "; four dimensions read as a batch: Image.from_batch takes one";
    const char *hint = "";
    char list[128];
    shape_print(list, sizeof list, kept->count, kept->shape);
    if (kept->count == 3 && (kept->shape[0] == 1 || kept->shape[0] == 3 || kept->shape[0] == 4))
        hint = CHW;
    else if (kept->count == 4)
        hint = BATCH;
    return wb_fail(error, WB_BAD_SHAPE, "Un-supported shape for image conversion %s%s", list, hint);
}

static wb_status fail_empty(wb_error *error, int ndim, const ptrdiff_t *shape)
{
    char list[128];
    shape_print(list, sizeof list, ndim, shape);
    return wb_fail(error, WB_EMPTY,
                   "an image needs at least one pixel, the array of shape %s is empty", list);
}

static wb_status check_side(wb_error *error, const char *name, size_t side, size_t limit)
{
    if (side <= limit)
        return WB_OK;
    return wb_fail(error, WB_TOO_LARGE, "the %s of %zu pixels is over the limit of %zu", name, side,
                   limit);
}

/* A last side of 3 or 4 is channels; of 1 as well where no side may be squeezed away. */
static bool has_channels(const dimensions *kept, bool keeps_sides)
{
    return kept->count == 3
           && (kept->shape[2] == 3 || kept->shape[2] == 4 || (keeps_sides && kept->shape[2] == 1));
}

wb_status wb_view_init(wb_view *view, const wb_array *array, size_t max_dimension, wb_error *error)
{
    const wb_dtype dtype = array->dtype;
    *view = (wb_view){0};
    if (wb_dtype_size_bytes(dtype) == 0)
        return wb_fail(error, WB_BAD_DTYPE, "dtype %d is not bool, integer or float", (int)dtype);
    if (array->ndim < 0 || array->ndim > WB_VIEW_MAX_DIMENSIONS)
        return wb_fail(error, WB_BAD_ARGUMENT, "%d dimensions are not between 0 and %d",
                       array->ndim, WB_VIEW_MAX_DIMENSIONS);
    for (int i = 0; i < array->ndim; i++)
        if (array->shape[i] <= 0)
            return fail_empty(error, array->ndim, array->shape);

    dimensions kept = {0};
    dimensions_squeeze(&kept, array);
    const bool is_colored = has_channels(&kept, array->keeps_sides);
    if (kept.count != 2 && !is_colored)
        return fail_shape(error, &kept);

    /* A row buffer's size must not wrap, see pixels/raster.h. */
    const size_t widest = (SIZE_MAX - WB_ROW_SLACK_BYTES) / WB_MAX_PIXEL_BYTES;
    const size_t height = (size_t)kept.shape[0];
    const size_t width = (size_t)kept.shape[1];
    const size_t limit = max_dimension == 0 ? widest : max_dimension;
    wb_status status = check_side(error, "height", height, limit);
    if (status == WB_OK)
        status = check_side(error, "width", width, limit < widest ? limit : widest);
    if (status != WB_OK)
        return status;

    const size_t item_bytes = wb_dtype_size_bytes(dtype);
    view->data = array->data;
    view->dtype = dtype;
    view->is_byte_swapped = array->is_byte_swapped && item_bytes > 1;
    view->height = height;
    view->width = width;
    view->channels = is_colored ? (unsigned)kept.shape[2] : 1;
    view->row_stride_bytes = kept.strides_bytes[0];
    view->column_stride_bytes = kept.strides_bytes[1];
    view->channel_stride_bytes = is_colored ? kept.strides_bytes[2] : (ptrdiff_t)item_bytes;
    return WB_OK;
}
