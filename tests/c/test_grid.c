/* Tests of make_grid: its layout against the plainest words for it, as elements and as a raster.
 * In: random batches. Out: an exit code. Ownership: each test frees what it makes. */
#include "convert/grid.h"

#include "check.h"
#include "support.h"

static wb_batch packed_batch(const void *data, wb_dtype dtype, size_t count, size_t height,
                             size_t width, unsigned channels)
{
    const ptrdiff_t item = (ptrdiff_t)wb_dtype_size_bytes(dtype);
    const ptrdiff_t row = item * (ptrdiff_t)(width * channels);
    return (wb_batch){.first = {.data = data,
                                .dtype = dtype,
                                .height = height,
                                .width = width,
                                .channels = channels,
                                .row_stride_bytes = row,
                                .column_stride_bytes = item * (ptrdiff_t)channels,
                                .channel_stride_bytes = item},
                      .count = count,
                      .image_stride_bytes = row * (ptrdiff_t)height};
}

/* The element of the batch that the grid shows at (y, x, c), or NULL for padding. */
static const uint8_t *shown_element(const wb_batch *batch, size_t nrow, size_t padding, size_t y,
                                    size_t x, unsigned c)
{
    const wb_view *first = &batch->first;
    const size_t columns = nrow < batch->count ? nrow : batch->count;
    if (batch->count == 1)
        padding = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const size_t top = padding + i / columns * (first->height + padding);
        const size_t left = padding + i % columns * (first->width + padding);
        if (y < top || y >= top + first->height || x < left || x >= left + first->width)
            continue;
        return first->data + (ptrdiff_t)i * batch->image_stride_bytes
               + (ptrdiff_t)(y - top) * first->row_stride_bytes
               + (ptrdiff_t)(x - left) * first->column_stride_bytes
               + (first->channels == 1 ? 0 : (ptrdiff_t)c * first->channel_stride_bytes);
    }
    return NULL;
}

static void check_grid(const wb_batch *batch, size_t nrow, size_t padding)
{
    wb_grid grid;
    wb_error error = {{0}};
    CHECK_OK(wb_grid_init(&grid, batch, nrow, padding, &error), error);
    const size_t item = wb_dtype_size_bytes(batch->first.dtype);
    const size_t count = grid.width * grid.height * grid.channels;
    const uint8_t pad[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    guarded copy = guarded_new(count * item, GUARD_AFTER);
    wb_grid_copy(&grid, pad, copy.data);

    const wb_normalize none = {.rule = WB_NORMALIZE_NONE};
    const bool has_raster = batch->first.channels <= WB_MAX_CHANNELS;
    CHECK_STATUS(wb_grid_plan(&grid, &none, one_thread(wb_cpu_detect(NULL)), &error),
                 has_raster ? WB_OK : WB_BAD_SHAPE, error);
    grid.pad_value = 77;
    wb_raster raster = wb_grid_raster(&grid);
    const size_t buffer_bytes = grid.width * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES;
    uint8_t *buffer = wb_allocate(buffer_bytes);
    CHECK(buffer != NULL);
    for (size_t y = 0; y < grid.height; y++) {
        const uint8_t *row = has_raster ? raster.row(raster.context, y, buffer) : NULL;
        for (size_t x = 0; x < grid.width; x++)
            for (unsigned c = 0; c < grid.channels; c++) {
                const uint8_t *shown = shown_element(batch, nrow, padding, y, x, c);
                const size_t place = (y * grid.width + x) * grid.channels + c;
                CHECK_BYTES(copy.data + place * item, shown ? shown : pad, item);
                if (has_raster && batch->first.dtype == WB_UINT8)
                    CHECK_EQUAL(row[x * grid.channels + c], shown ? *shown : 77);
            }
    }
    wb_release(buffer);
    guarded_free(&copy);
}

static void test_layouts(void)
{
    enum { HEIGHT = 3, WIDTH = 5, MAX_COUNT = 7, MAX_CHANNELS = 5, MAX_ITEM_BYTES = 8 };
    static const wb_dtype DTYPES[] = {WB_UINT8, WB_INT16, WB_FLOAT32, WB_FLOAT64};
    static const size_t NROW[] = {1, 2, 3, 8};
    uint8_t data[HEIGHT * WIDTH * MAX_COUNT * MAX_CHANNELS * MAX_ITEM_BYTES];
    uint64_t random = 21;
    random_fill(&random, data, sizeof data);
    for (size_t d = 0; d < sizeof DTYPES / sizeof DTYPES[0]; d++)
        for (size_t count = 1; count <= MAX_COUNT; count++)
            for (unsigned channels = 1; channels <= MAX_CHANNELS; channels++)
                for (size_t n = 0; n < sizeof NROW / sizeof NROW[0]; n++)
                    for (size_t padding = 0; padding < 4; padding++) {
                        wb_batch batch = packed_batch(data, DTYPES[d], count, HEIGHT, WIDTH,
                                                      channels);
                        check_grid(&batch, NROW[n], padding);
                        batch.first.data += (ptrdiff_t)(count - 1) * batch.image_stride_bytes;
                        batch.image_stride_bytes = -batch.image_stride_bytes;
                        check_grid(&batch, NROW[n], padding);
                    }
}

static void test_size(void)
{
    wb_grid grid;
    wb_error error = {{0}};
    wb_batch batch = packed_batch("", WB_UINT8, 9, 10, 20, 1);
    CHECK_OK(wb_grid_init(&grid, &batch, 8, 2, &error), error);
    CHECK_EQUAL(grid.width, 8 * 22 + 2);
    CHECK_EQUAL(grid.height, 2 * 12 + 2);
    CHECK_EQUAL(grid.channels, 3);
    batch.count = 1;
    CHECK_OK(wb_grid_init(&grid, &batch, 8, 2, &error), error);
    CHECK_EQUAL(grid.width, 20);
    CHECK_EQUAL(grid.height, 10);
}

static void test_normalized_over_the_whole_batch(void)
{
    const float data[] = {-1, 0, 1, 3};
    wb_batch batch = packed_batch(data, WB_FLOAT32, 2, 1, 2, 1);
    wb_grid grid;
    wb_error error = {{0}};
    CHECK_OK(wb_grid_init(&grid, &batch, 1, 1, &error), error);
    const wb_normalize torch = {.rule = WB_NORMALIZE_TORCH};
    CHECK_OK(wb_grid_plan(&grid, &torch, one_thread(wb_cpu_detect(NULL)), &error), error);
    uint8_t buffer[4 * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES];
    wb_raster raster = wb_grid_raster(&grid);
    const uint8_t blank[12] = {0};
    CHECK_BYTES(raster.row(raster.context, 0, buffer), blank, 12);
    CHECK_BYTES(raster.row(raster.context, 1, buffer), "\0\0\0\0\0\0\x3f\x3f\x3f\0\0\0", 12);
    CHECK_BYTES(raster.row(raster.context, 2, buffer), blank, 12);
    CHECK_BYTES(raster.row(raster.context, 3, buffer), "\0\0\0\x7f\x7f\x7f\xff\xff\xff\0\0\0", 12);
    CHECK_BYTES(raster.row(raster.context, 4, buffer), blank, 12);
}

static void test_one_packed_image_is_not_copied(void)
{
    const uint8_t data[2 * 2 * 3] = {0, 50, 100, 150};
    wb_batch batch = packed_batch(data, WB_UINT8, 1, 2, 2, 3);
    wb_grid grid;
    wb_error error = {{0}};
    const wb_normalize none = {.rule = WB_NORMALIZE_NONE};
    CHECK_OK(wb_grid_init(&grid, &batch, 8, 2, &error), error);
    CHECK_OK(wb_grid_plan(&grid, &none, one_thread(0), &error), error);
    wb_raster raster = wb_grid_raster(&grid);
    uint8_t buffer[2 * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES];
    CHECK(raster.row(raster.context, 1, buffer) == data + 6);
}

static void test_refused(void)
{
    wb_grid grid;
    wb_error error = {{0}};
    wb_batch batch = packed_batch("", WB_UINT8, 3, 10, 20, 1);
    CHECK_STATUS(wb_grid_init(&grid, &batch, 0, 2, &error), WB_BAD_ARGUMENT, error);
    CHECK_TEXT(error.detail, "nrow=0");
    CHECK_STATUS(wb_grid_init(&grid, &batch, 8, SIZE_MAX, &error), WB_TOO_LARGE, error);
    CHECK_STATUS(wb_grid_init(&grid, &batch, 8, SIZE_MAX / 4, &error), WB_TOO_LARGE, error);
    batch.count = 0;
    CHECK_STATUS(wb_grid_init(&grid, &batch, 8, 2, &error), WB_EMPTY, error);
    batch = packed_batch("", WB_UINT8, SIZE_MAX, 10, 20, 1);
    CHECK_STATUS(wb_grid_init(&grid, &batch, 8, 2, &error), WB_TOO_LARGE, error);
    batch = packed_batch("", WB_UINT8, 2, 0, 20, 1);
    CHECK_STATUS(wb_grid_init(&grid, &batch, 8, 2, &error), WB_EMPTY, error);
}

int main(void)
{
    RUN(test_layouts);
    RUN(test_size);
    RUN(test_normalized_over_the_whole_batch);
    RUN(test_one_packed_image_is_not_copied);
    RUN(test_refused);
    return 0;
}
