/* Fuzz target: any dtype, shape, strides and values become the same rows by every kernel, and
 * nothing outside the array's memory is read.
 * In: bytes, read as a layout and then as values. Out: a trap where that is not so.
 * Ownership: frees what it makes. */
#include "arrays.h"
#include "check.h"
#include "convert/convert.h"
#include "convert/grid.h"
#include "convert/mask.h"
#include "support.h"

enum { HEADER_BYTES = 4 + ARRAY_HEADER_BYTES, MAX_VALUES = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void convert(const wb_view *view, const wb_normalize *normalize, wb_cpu cpu, uint8_t *pixels)
{
    wb_conversion conversion;
    wb_error error = {{0}};
    CHECK_OK(wb_conversion_plan(&conversion, view, normalize, one_thread(cpu), &error), error);
    const size_t row_bytes = view->width * view->channels;
    for (size_t y = 0; y < view->height; y++)
        wb_conversion_write_row(&conversion, view, y, pixels + y * row_bytes);
}

static wb_status convert_mask(const wb_view *view, wb_cpu cpu, uint8_t *pixels)
{
    wb_bytes values = {0};
    const uint8_t *in_place;
    uint8_t present[256];
    wb_error error = {{0}};
    wb_status status = wb_mask_values(view, cpu, &values, &in_place, present, &error);
    if (status == WB_OK)
        memcpy(pixels, in_place ? in_place : values.data, view->width * view->height);
    CHECK((status == WB_OK) == (error.detail[0] == 0));
    wb_bytes_free(&values);
    return status;
}

static void check_grid(const wb_view *view, const wb_normalize *normalize, const uint8_t *header)
{
    const wb_batch batch = {*view, header[0] % 5u + 1, 0};
    wb_grid grid;
    wb_error error = {{0}};
    CHECK_OK(wb_grid_init(&grid, &batch, header[1] % 4u + 1, header[2] % 4u, &error), error);
    const size_t values = grid.width * grid.height * grid.channels;
    const uint8_t pad[8] = {0};
    uint8_t *copy = malloc(values * wb_dtype_size_bytes(view->dtype));
    uint8_t *row = malloc(grid.width * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES);
    CHECK(copy != NULL && row != NULL);
    wb_grid_copy(&grid, pad, copy);
    CHECK_OK(wb_grid_plan(&grid, normalize, one_thread(wb_cpu_detect(NULL)), &error), error);
    wb_raster raster = wb_grid_raster(&grid);
    for (size_t y = 0; y < grid.height; y++)
        raster.row(raster.context, y, row);
    free(copy);
    free(row);
}

/* Every kernel against the portable one. */
static void check_view(const wb_view *view, const wb_normalize *normalize)
{
    static const char *const DISABLED[] = {NULL, "avx512", "avx2", "sse2"};
    const size_t count = view->width * view->height * view->channels;
    uint8_t *expected = malloc(count), *pixels = malloc(count);
    CHECK(expected != NULL && pixels != NULL);
    convert(view, normalize, WB_CPU_PORTABLE, expected);
    for (size_t i = 0; i < sizeof DISABLED / sizeof DISABLED[0]; i++) {
        convert(view, normalize, wb_cpu_detect(DISABLED[i]), pixels);
        /* NOLINTNEXTLINE(clang-analyzer-*): it does not see that all `count` are converted */
        CHECK_BYTES(pixels, expected, count);
    }
    if (view->channels == 1) {
        wb_status status = convert_mask(view, WB_CPU_PORTABLE, expected);
        CHECK_EQUAL(convert_mask(view, wb_cpu_detect(NULL), pixels), status);
        if (status == WB_OK)
            CHECK_BYTES(pixels, expected, count);
    }
    free(expected);
    free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes < HEADER_BYTES)
        return 0;
    array a;
    if (!array_read(&a, data, MAX_VALUES, 1, data + HEADER_BYTES, size_bytes - HEADER_BYTES))
        return 0;
    const uint8_t *options = data + HEADER_BYTES - 4;
    const wb_normalize normalize = {.rule = (wb_normalize_rule)(options[0] % 4),
                                    .lo = (int8_t)options[1],
                                    .hi = 128 + options[2],
                                    .nan_value = options[3],
                                    .top_value = options[3]};
    wb_view view;
    wb_error error = {{0}};
    const wb_array described = array_described(&a);
    wb_status status = wb_view_init(&view, &described, 200, &error);
    CHECK((status == WB_OK) == (error.detail[0] == 0));
    if (status == WB_OK) {
        check_view(&view, &normalize);
        check_grid(&view, &normalize, options);
    }
    free(a.memory);
    return 0;
}
