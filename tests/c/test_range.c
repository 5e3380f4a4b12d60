/* Tests of the range scan: in parts on several threads it finds what it finds on one.
 * In: random values in every layout. Out: an exit code. Ownership: each test frees its memory. */
#include "convert/range.h"

#include <math.h>

#include "check.h"
#include "support.h"

enum { HEIGHT = 700, WIDTH = 601, CHANNELS = 3, COUNT = HEIGHT * WIDTH * CHANNELS };

static void check_threads(const wb_view *view, size_t count, ptrdiff_t stride_bytes)
{
    const wb_batch batch = {*view, count, stride_bytes};
    const wb_value_kernels *kernels = wb_value_kernels_choose(wb_cpu_detect(NULL));
    wb_range expected, range;
    wb_range_scan(&batch, WB_RANGE_WHOLE, kernels, 1, &expected);
    for (unsigned threads = 2; threads <= 64; threads = 3 * threads - 1) {
        wb_range_scan(&batch, WB_RANGE_WHOLE, kernels, threads, &range);
        CHECK_EQUAL(range.found_nan, expected.found_nan);
        CHECK_EQUAL(range.has_values, expected.has_values);
        CHECK_EQUAL(range.lo_key, expected.lo_key);
        CHECK_EQUAL(range.hi_key, expected.hi_key);
        CHECK(range.lo == expected.lo && range.hi == expected.hi);
    }
}

static void check_layouts(const uint8_t *values, wb_dtype dtype)
{
    const ptrdiff_t item = (ptrdiff_t)wb_dtype_size_bytes(dtype);
    const wb_view packed = {.data = values,
                            .dtype = dtype,
                            .height = HEIGHT,
                            .width = WIDTH,
                            .channels = CHANNELS,
                            .row_stride_bytes = WIDTH * CHANNELS * item,
                            .column_stride_bytes = CHANNELS * item,
                            .channel_stride_bytes = item};
    check_threads(&packed, 1, 0);

    wb_view every_second = packed;
    every_second.width = WIDTH / 2;
    every_second.column_stride_bytes *= 2;
    check_threads(&every_second, 1, 0);

    wb_view planes = packed;
    planes.row_stride_bytes = WIDTH * item;
    planes.column_stride_bytes = item;
    planes.channel_stride_bytes = HEIGHT * WIDTH * item;
    check_threads(&planes, 1, 0);

    wb_view upside_down = packed;
    upside_down.data += (HEIGHT - 1) * packed.row_stride_bytes;
    upside_down.row_stride_bytes = -packed.row_stride_bytes;
    upside_down.is_byte_swapped = item > 1;
    check_threads(&upside_down, 1, 0);

    wb_view row = packed;
    row.height = 1;
    row.width = COUNT;
    row.channels = 1;
    row.column_stride_bytes = item;
    check_threads(&row, 1, 0);

    wb_view image = packed;
    image.height = HEIGHT / 7;
    check_threads(&image, 7, (ptrdiff_t)image.height * packed.row_stride_bytes);
}

static void test_parts_find_the_same(void)
{
    double *values = malloc(COUNT * sizeof *values);
    CHECK(values != NULL);
    uint64_t random = 5;
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (double)(int64_t)random_next(&random) * 0x1p-60;
    check_layouts((const uint8_t *)values, WB_FLOAT64);
    values[COUNT - 2] = INFINITY;
    check_layouts((const uint8_t *)values, WB_FLOAT64);
    values[COUNT / 3] = NAN;
    check_layouts((const uint8_t *)values, WB_FLOAT64);
    /* Of other dtypes the same bytes are random values, NaN and infinities among them. */
    check_layouts((const uint8_t *)values, WB_FLOAT32);
    check_layouts((const uint8_t *)values, WB_INT32);
    check_layouts((const uint8_t *)values, WB_UINT64);
    free(values);
}

static void test_one_value_in_any_part_is_found(void)
{
    uint16_t *values = calloc(COUNT, sizeof *values);
    CHECK(values != NULL);
    for (size_t i = 0; i < COUNT; i += COUNT / 13) {
        values[i] = 777;
        const wb_view view = {.data = (const uint8_t *)values,
                              .dtype = WB_UINT16,
                              .height = HEIGHT,
                              .width = WIDTH * CHANNELS,
                              .channels = 1,
                              .row_stride_bytes = WIDTH * CHANNELS * 2,
                              .column_stride_bytes = 2};
        const wb_value_kernels *kernels = wb_value_kernels_choose(WB_CPU_PORTABLE);
        const wb_batch batch = wb_batch_of_one(&view);
        wb_range range;
        for (int until_over_one = 0; until_over_one < 2; until_over_one++) {
            wb_range_scan(&batch, until_over_one, kernels, 3, &range);
            CHECK(range.hi == 777 && range.lo == 0);
        }
        values[i] = 0;
    }
    free(values);
}

int main(void)
{
    RUN(test_parts_find_the_same);
    RUN(test_one_value_in_any_part_is_found);
    return 0;
}
