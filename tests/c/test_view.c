/* Tests of the shape rules: what an array of some shape is as an image, and why it is none.
 * In: shapes. Out: an exit code. Ownership: nothing is allocated. */
#include "pixels/view.h"

#include <limits.h>

#include "check.h"

enum { MAX_NDIM = 6 };

/* C-contiguous strides, so that a stride tells which dimension it came from. */
static wb_status view_of_array(wb_view *view, wb_array array, size_t max_dimension, wb_error *error)
{
    ptrdiff_t strides[MAX_NDIM];
    ptrdiff_t stride = 1;
    for (int i = array.ndim; i-- > 0; stride *= array.shape[i] > 0 ? array.shape[i] : 1)
        strides[i] = stride;
    array.data = "";
    array.dtype = WB_UINT8;
    array.strides_bytes = strides;
    return wb_view_init(view, &array, max_dimension, error);
}

static wb_status view_of_shape(wb_view *view, int ndim, const ptrdiff_t *shape,
                               size_t max_dimension, wb_error *error)
{
    return view_of_array(view, (wb_array){.ndim = ndim, .shape = shape}, max_dimension, error);
}

static void test_accepted_shapes(void)
{
    static const struct {
        int ndim;
        ptrdiff_t shape[MAX_NDIM];
        size_t height, width;
        unsigned channels;
        ptrdiff_t row_stride, column_stride;
    } CASES[] = {
        {2, {5, 7}, 5, 7, 1, 7, 1},
        {2, {1, 7}, 1, 7, 1, 7, 1},
        {2, {5, 1}, 5, 1, 1, 1, 1},
        {2, {1, 1}, 1, 1, 1, 1, 1},
        {3, {5, 7, 3}, 5, 7, 3, 21, 3},
        {3, {5, 7, 4}, 5, 7, 4, 28, 4},
        {3, {5, 7, 1}, 5, 7, 1, 7, 1},
        {3, {1, 5, 7}, 5, 7, 1, 7, 1},
        {3, {1, 7, 3}, 7, 3, 1, 3, 1}, /* as in the reference: the one row is squeezed away */
        {3, {5, 1, 4}, 5, 4, 1, 4, 1},
        {4, {1, 5, 7, 3}, 5, 7, 3, 21, 3},
        {6, {1, 5, 1, 7, 1, 3}, 5, 7, 3, 21, 3},
        {3, {1, 1, 3}, 1, 1, 3, 3, 3}, /* too little is left: height and width are kept */
        {3, {1, 1, 4}, 1, 1, 4, 4, 4},
        {3, {5, 1, 1}, 5, 1, 1, 1, 1},
        {3, {1, 7, 1}, 1, 7, 1, 7, 1},
        {3, {1, 1, 1}, 1, 1, 1, 1, 1},
        {5, {1, 1, 1, 1, 3}, 1, 1, 3, 3, 3},
        {4, {1, 5, 1, 1}, 5, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        wb_view view;
        wb_error error = {{0}};
        CHECK_OK(view_of_shape(&view, CASES[i].ndim, CASES[i].shape, 0, &error), error);
        CHECK_EQUAL(view.height, CASES[i].height);
        CHECK_EQUAL(view.width, CASES[i].width);
        CHECK_EQUAL(view.channels, CASES[i].channels);
        CHECK_EQUAL(view.row_stride_bytes, CASES[i].row_stride);
        CHECK_EQUAL(view.column_stride_bytes, CASES[i].column_stride);
        CHECK_EQUAL(view.channel_stride_bytes, 1);
    }
}

static void check_refused(int ndim, const ptrdiff_t *shape, wb_status status, const char *text)
{
    wb_view view;
    wb_error error = {{0}};
    CHECK_STATUS(view_of_shape(&view, ndim, shape, 65500, &error), status, error);
    CHECK_TEXT(error.detail, text);
    CHECK_EQUAL(view.height, 0);
}

#define REFUSED(status, text, ...)                                             \
    check_refused((int)(sizeof(ptrdiff_t[]){__VA_ARGS__} / sizeof(ptrdiff_t)), \
                  (ptrdiff_t[]){__VA_ARGS__}, status, text)

static void test_refused_shapes(void)
{
    const char *const unsupported = "Un-supported shape for image conversion ";
    check_refused(0, (ptrdiff_t[]){0}, WB_BAD_SHAPE, "Un-supported shape for image conversion []");
    REFUSED(WB_BAD_SHAPE, "Un-supported shape for image conversion [7]", 7);
    REFUSED(WB_BAD_SHAPE, "Un-supported shape for image conversion [4, 4, 2]", 4, 4, 2);
    REFUSED(WB_BAD_SHAPE, "transpose(1, 2, 0)", 4, 4, 2);
    REFUSED(WB_BAD_SHAPE, "transpose(1, 2, 0)", 3, 8, 9);
    REFUSED(WB_BAD_SHAPE, "Un-supported shape for image conversion [1, 1, 5]", 1, 1, 5);
    REFUSED(WB_BAD_SHAPE, "Un-supported shape for image conversion [6, 8, 9, 3]", 6, 8, 9, 3);
    REFUSED(WB_BAD_SHAPE, "Image.from_batch", 6, 8, 9, 3);
    REFUSED(WB_BAD_SHAPE, "Un-supported shape for image conversion [6]", 6, 1, 1, 1);
    REFUSED(WB_BAD_SHAPE, unsupported, 2, 2, 2, 2, 2);
    REFUSED(WB_EMPTY, "[0, 4]", 0, 4);
    REFUSED(WB_EMPTY, "[4, 0, 3]", 4, 0, 3);
    REFUSED(WB_TOO_LARGE, "width of 65501 pixels is over the limit of 65500", 2, 65501);
    REFUSED(WB_TOO_LARGE, "height of 70000 pixels is over the limit of 65500", 70000, 2, 3);
}

static void test_hint_only_where_it_fits(void)
{
    wb_view view;
    wb_error error = {{0}};
    const ptrdiff_t shape[] = {5, 6, 7};
    CHECK_STATUS(view_of_shape(&view, 3, shape, 0, &error), WB_BAD_SHAPE, error);
    CHECK(strcmp(error.detail, "Un-supported shape for image conversion [5, 6, 7]") == 0);
}

static void test_row_size_does_not_wrap(void)
{
    wb_view view;
    wb_error error = {{0}};
    const ptrdiff_t shape[] = {2, PTRDIFF_MAX}, strides[] = {0, 0};
    const wb_array array = {
        .data = "", .dtype = WB_UINT8, .ndim = 2, .shape = shape, .strides_bytes = strides};
    CHECK_STATUS(wb_view_init(&view, &array, 0, &error), WB_TOO_LARGE, error);
}

static void test_long_shape_is_cut(void)
{
    ptrdiff_t shape[WB_VIEW_MAX_DIMENSIONS];
    const ptrdiff_t strides[WB_VIEW_MAX_DIMENSIONS] = {0};
    for (int i = 0; i < WB_VIEW_MAX_DIMENSIONS; i++)
        shape[i] = PTRDIFF_MAX;
    wb_view view;
    wb_error error = {{0}};
    wb_array array = {.data = "",
                      .dtype = WB_UINT8,
                      .ndim = WB_VIEW_MAX_DIMENSIONS,
                      .shape = shape,
                      .strides_bytes = strides};
    CHECK_STATUS(wb_view_init(&view, &array, 0, &error), WB_BAD_SHAPE, error);
    CHECK_TEXT(error.detail, "...]");
    array.ndim++;
    CHECK_STATUS(wb_view_init(&view, &array, 0, &error), WB_BAD_ARGUMENT, error);
}

static void test_dtypes(void)
{
    const ptrdiff_t shape[] = {2, 2}, strides[] = {16, 8};
    wb_view view;
    wb_error error = {{0}};
    wb_array array = {.data = "",
                      .dtype = WB_FLOAT64,
                      .is_byte_swapped = true,
                      .ndim = 2,
                      .shape = shape,
                      .strides_bytes = strides};
    CHECK_OK(wb_view_init(&view, &array, 0, &error), error);
    CHECK(view.is_byte_swapped);
    array.dtype = WB_INT8;
    CHECK_OK(wb_view_init(&view, &array, 0, &error), error);
    CHECK(!view.is_byte_swapped); /* one byte has no order */
    array.dtype = (wb_dtype)99;
    CHECK_STATUS(wb_view_init(&view, &array, 0, &error), WB_BAD_DTYPE, error);
}

/* What is known to be an image keeps height and width where they are 1. */
static void test_sides_are_kept(void)
{
    static const struct {
        int ndim;
        ptrdiff_t shape[MAX_NDIM];
        unsigned channels; /* 0: refused */
    } CASES[] = {
        {2, {1, 7}, 1},    {2, {5, 1}, 1},       {3, {1, 7, 3}, 3}, {3, {5, 1, 3}, 3},
        {3, {5, 1, 4}, 4}, {3, {1, 7, 1}, 1},    {3, {1, 1, 3}, 3}, {3, {1, 5, 7}, 0},
        {3, {5, 7, 2}, 0}, {4, {1, 5, 7, 3}, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const wb_array array = {
            .keeps_sides = true, .ndim = CASES[i].ndim, .shape = CASES[i].shape};
        wb_view view;
        wb_error error = {{0}};
        const wb_status status = view_of_array(&view, array, 0, &error);
        CHECK_EQUAL(status, CASES[i].channels != 0 ? WB_OK : WB_BAD_SHAPE);
        CHECK_EQUAL(view.channels, CASES[i].channels);
        if (status == WB_OK) {
            CHECK_EQUAL(view.height, CASES[i].shape[0]);
            CHECK_EQUAL(view.width, CASES[i].shape[1]);
            CHECK_EQUAL(view.column_stride_bytes, CASES[i].channels);
        }
    }
}

int main(void)
{
    RUN(test_accepted_shapes);
    RUN(test_refused_shapes);
    RUN(test_hint_only_where_it_fits);
    RUN(test_row_size_does_not_wrap);
    RUN(test_long_shape_is_cut);
    RUN(test_dtypes);
    RUN(test_sides_are_kept);
    return 0;
}
