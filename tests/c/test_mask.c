/* Tests of masks: every dtype's values, which of them are present, and what is refused and how.
 * In: chosen and random values. Out: an exit code. Ownership: each test frees what it makes. */
#include "convert/mask.h"

#include <math.h>

#include "check.h"
#include "support.h"

static wb_view mask_view(const void *data, wb_dtype dtype, size_t height, size_t width)
{
    const ptrdiff_t item = (ptrdiff_t)wb_dtype_size_bytes(dtype);
    return (wb_view){.data = data,
                     .dtype = dtype,
                     .height = height,
                     .width = width,
                     .channels = 1,
                     .row_stride_bytes = item * (ptrdiff_t)width,
                     .column_stride_bytes = item,
                     .channel_stride_bytes = item};
}

static void check_mask(const wb_view *view, wb_cpu cpu, const uint8_t *expected)
{
    const size_t count = view->height * view->width;
    wb_bytes values = {0};
    const uint8_t *in_place;
    uint8_t present[256], expected_present[256] = {0};
    wb_error error = {{0}};
    CHECK_OK(wb_mask_values(view, cpu, &values, &in_place, present, &error), error);
    CHECK((in_place == NULL) == (values.size_bytes == count));
    CHECK_BYTES(in_place != NULL ? in_place : values.data, expected, count);
    for (size_t i = 0; i < count; i++)
        expected_present[expected[i]] = 1;
    CHECK_BYTES(present, expected_present, 256);
    wb_bytes_free(&values);
}

#define CHECK_DTYPE(dtype, type, ...)                                              \
    do {                                                                           \
        const type data[6] = {__VA_ARGS__};                                        \
        wb_view view = mask_view(data, dtype, 2, 3);                               \
        check_mask(&view, WB_CPU_PORTABLE, (const uint8_t *)"\0\1\2\3\x7f\0");     \
        check_mask(&view, wb_cpu_detect(NULL), (const uint8_t *)"\0\1\2\3\x7f\0"); \
    } while (0)

static void test_every_dtype(void)
{
    CHECK_DTYPE(WB_UINT8, uint8_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_INT8, int8_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_UINT16, uint16_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_INT16, int16_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_UINT32, uint32_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_INT32, int32_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_UINT64, uint64_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_INT64, int64_t, 0, 1, 2, 3, 127, 0);
    CHECK_DTYPE(WB_FLOAT16, uint16_t, 0, 0x3c00, 0x4000, 0x4200, 0x57f0, 0x8000 /* -0 */);
    CHECK_DTYPE(WB_BFLOAT16, uint16_t, 0, 0x3f80, 0x4000, 0x4040, 0x42fe, 0x8000);
    CHECK_DTYPE(WB_FLOAT32, float, 0, 1, 2, 3, 127, -0.0f);
    CHECK_DTYPE(WB_FLOAT64, double, 0, 1, 2, 3, 127, -0.0);
    const uint8_t flags[4] = {0, 1, 1, 0};
    wb_view view = mask_view(flags, WB_BOOL, 1, 4);
    check_mask(&view, WB_CPU_PORTABLE, flags);
}

static void test_layouts(void)
{
    enum { HEIGHT = 3, WIDTH = 2100 /* over two chunks */ };
    static uint8_t packed[HEIGHT * WIDTH], mirrored[HEIGHT * WIDTH], padded[HEIGHT * (WIDTH + 5)];
    static int64_t wide[HEIGHT * WIDTH];
    uint64_t random = 9;
    for (size_t i = 0; i < HEIGHT * WIDTH; i++) {
        /* Flat stretches and single values. */
        packed[i] = i % 97 < 60 ? 7 : (uint8_t)random_next(&random);
        mirrored[i / WIDTH * WIDTH + WIDTH - 1 - i % WIDTH] = packed[i];
        padded[i / WIDTH * (WIDTH + 5) + i % WIDTH] = packed[i];
        wide[i] = packed[i];
    }
    wb_view view = mask_view(packed, WB_UINT8, HEIGHT, WIDTH);
    check_mask(&view, WB_CPU_PORTABLE, packed);
    view = mask_view(mirrored + WIDTH - 1, WB_UINT8, HEIGHT, WIDTH);
    view.row_stride_bytes = WIDTH;
    view.column_stride_bytes = -1;
    check_mask(&view, WB_CPU_PORTABLE, packed);
    view = mask_view(padded, WB_UINT8, HEIGHT, WIDTH);
    view.row_stride_bytes = WIDTH + 5;
    check_mask(&view, WB_CPU_PORTABLE, packed);
    view = mask_view(wide, WB_INT64, HEIGHT, WIDTH);
    check_mask(&view, wb_cpu_detect(NULL), packed);
}

static void test_packed_uint8_is_not_copied(void)
{
    const uint8_t data[4] = {9, 9, 1, 0};
    wb_view view = mask_view(data, WB_UINT8, 2, 2);
    wb_bytes values = {0};
    const uint8_t *in_place;
    uint8_t present[256];
    wb_error error = {{0}};
    CHECK_OK(wb_mask_values(&view, 0, &values, &in_place, present, &error), error);
    CHECK(in_place == data && values.data == NULL);
}

static void check_refused(wb_dtype dtype, const void *data, const char *text)
{
    static const char *const DISABLED[] = {NULL, "avx512", "avx2"};
    for (size_t i = 0; i < sizeof DISABLED / sizeof DISABLED[0]; i++) {
        wb_view view = mask_view(data, dtype, 2, 2);
        wb_bytes values = {0};
        const uint8_t *in_place;
        uint8_t present[256];
        wb_error error = {{0}};
        CHECK_STATUS(
            wb_mask_values(&view, wb_cpu_detect(DISABLED[i]), &values, &in_place, present, &error),
            WB_OUT_OF_RANGE, error);
        CHECK_TEXT(error.detail, "Mask data must be integers between 0 and 255, found ");
        CHECK_TEXT(error.detail, text);
        CHECK_EQUAL(values.size_bytes, 0);
        CHECK(in_place == NULL);
        wb_bytes_free(&values);
    }
}

#define REFUSED(dtype, type, text, ...) check_refused(dtype, (const type[4]){__VA_ARGS__}, text)

static void test_refused_values(void)
{
    REFUSED(WB_INT8, int8_t, "found -1 in row 1, column 0", 0, 1, -1, -2);
    REFUSED(WB_UINT16, uint16_t, "found 256 in row 0, column 1", 0, 256, 300, 0);
    REFUSED(WB_INT16, int16_t, "found -32768 in row 0, column 0", INT16_MIN, 0, 0, 0);
    REFUSED(WB_UINT32, uint32_t, "found 4294967295 in row 1, column 1", 0, 0, 0, UINT32_MAX);
    REFUSED(WB_INT32, int32_t, "found 65536 in row 0, column 0", 65536, 0, 0, 0);
    REFUSED(WB_UINT64, uint64_t, "found 18446744073709551615 in row 0", UINT64_MAX, 0, 0, 0);
    REFUSED(WB_INT64, int64_t, "found -9223372036854775808 in row 0", INT64_MIN, 0, 0, 0);
    REFUSED(WB_FLOAT16, uint16_t, "found 0.5 in row 0, column 1", 0, 0x3800, 0, 0);
    REFUSED(WB_BFLOAT16, uint16_t, "found 256 in row 0, column 1", 0, 0x4380, 0, 0);
    REFUSED(WB_FLOAT32, float, "found 0.1 in row 1, column 0", 0, 1, 0.1f, 0);
    REFUSED(WB_FLOAT32, float, "nan in row 0, column 0", NAN, 0, 0, 0);
    REFUSED(WB_FLOAT64, double, "found inf in row 0, column 0", INFINITY, 0, 0, 0);
    REFUSED(WB_FLOAT64, double, "found 255.00000000000003 in row", 255.00000000000003, 0, 0, 0);
    REFUSED(WB_FLOAT64, double, "found -1e+300 in row", -1e300, 0, 0, 0);
}

static void test_refused_shapes(void)
{
    const uint8_t data[12] = {0};
    wb_view view = mask_view(data, WB_UINT8, 2, 2);
    view.channels = 3;
    wb_bytes values = {0};
    const uint8_t *in_place;
    uint8_t present[256];
    wb_error error = {{0}};
    CHECK_STATUS(wb_mask_values(&view, 0, &values, &in_place, present, &error), WB_BAD_SHAPE,
                 error);
    CHECK_TEXT(error.detail, "mask_data must be a 2D array");
    view = mask_view(data, WB_UINT8, SIZE_MAX / 2, 4);
    view.row_stride_bytes = 0;
    CHECK_STATUS(wb_mask_values(&view, 0, &values, &in_place, present, &error), WB_OUT_OF_MEMORY,
                 error);
}

static wb_status convert_once(void *context)
{
    wb_bytes values = {0};
    const uint8_t *in_place;
    uint8_t present[256];
    wb_error error = {{0}};
    wb_status status = wb_mask_values(context, 0, &values, &in_place, present, &error);
    wb_bytes_free(&values);
    return status;
}

static void test_without_memory(void)
{
    const int32_t data[4] = {0, 1, 2, 3};
    wb_view view = mask_view(data, WB_INT32, 2, 2);
    check_every_allocation("mask", convert_once, &view);
}

int main(void)
{
    RUN(test_every_dtype);
    RUN(test_layouts);
    RUN(test_packed_uint8_is_not_copied);
    RUN(test_refused_values);
    RUN(test_refused_shapes);
    RUN(test_without_memory);
    return 0;
}
