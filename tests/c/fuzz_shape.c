/* Fuzz target: any count of dimensions, sides and strides is refused with a reason, or seen as an
 * image whose sides and strides are those of the array. No pixel is read.
 * In: a dtype, a limit, then 64-bit sides and strides in turn. Out: a trap where that is not so.
 * Ownership: none. */
#include "check.h"
#include "pixels/view.h"

enum { HEADER_BYTES = 4, MOST = WB_VIEW_MAX_DIMENSIONS + 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* A byte says how much: small sides are the likely ones. */
static ptrdiff_t number_read(const uint8_t bytes[2])
{
    static const int SHIFTS[8] = {0, 0, 0, 0, 8, 24, 40, 56};
    const ptrdiff_t number = (ptrdiff_t)((uint64_t)bytes[0] << SHIFTS[bytes[1] % 8]);
    return bytes[1] & 128 ? -1 - number : number;
}

/* The view's sides, those of 1 left out, are the array's in the same order, with their strides. */
static void check_sides(const wb_view *view, int ndim, const ptrdiff_t *shape,
                        const ptrdiff_t *strides_bytes)
{
    const size_t sides[3] = {view->height, view->width, view->channels};
    const ptrdiff_t strides[3] = {view->row_stride_bytes, view->column_stride_bytes,
                                  view->channel_stride_bytes};
    int at = 0;
    for (int i = 0; i < ndim; i++) {
        if (shape[i] == 1)
            continue;
        while (at < 3 && sides[at] == 1)
            at++;
        CHECK(at < 3);
        CHECK_EQUAL(sides[at], shape[i]);
        CHECK_EQUAL(strides[at], strides_bytes[i]);
        at++;
    }
    for (; at < 3; at++)
        CHECK_EQUAL(sides[at], 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes < HEADER_BYTES)
        return 0;
    const int ndim = data[0] % (MOST + 2) - 1;
    const wb_dtype dtype = (wb_dtype)(data[1] % 16);
    const size_t limit = data[2] % 4 == 0 ? 0 : (size_t)data[2] << data[3] % 16;
    ptrdiff_t shape[MOST], strides_bytes[MOST];
    for (int i = 0; i < MOST; i++) {
        const size_t at = HEADER_BYTES + 4 * (size_t)i;
        const bool is_there = at + 4 <= size_bytes;
        shape[i] = is_there ? number_read(data + at) : 1;
        strides_bytes[i] = is_there ? number_read(data + at + 2) : 0;
    }
    static const uint8_t NOWHERE = 0;
    wb_view view;
    wb_error error = {{0}};
    const wb_array array = {.data = &NOWHERE,
                            .dtype = dtype,
                            .is_byte_swapped = data[3] & 128,
                            .ndim = ndim,
                            .shape = shape,
                            .strides_bytes = strides_bytes};
    wb_status status = wb_view_init(&view, &array, limit, &error);
    if (status != WB_OK) {
        CHECK(error.detail[0] != '\0' && view.data == NULL);
        return 0;
    }
    CHECK(ndim >= 2 && ndim <= WB_VIEW_MAX_DIMENSIONS && wb_dtype_size_bytes(dtype) != 0);
    CHECK(view.data == &NOWHERE && view.dtype == dtype);
    CHECK(view.channels == 1 || view.channels == 3 || view.channels == 4);
    CHECK(limit == 0 || (view.height <= limit && view.width <= limit));
    check_sides(&view, ndim, shape, strides_bytes);
    return 0;
}
