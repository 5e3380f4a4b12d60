/* torchvision's layout: images row by row, padding around each, missing ones left as padding.
 * In: a batch. Out: rows of the grid. Ownership: see convert/grid.h. */
#include "convert/grid.h"

#include <string.h>

#include "base/bytes.h"
#include "pixels/elements.h"

/* count * (side + padding) + padding */
static bool grid_side(size_t side, size_t padding, size_t count, size_t *result)
{
    return wb_add(side, padding, result) && wb_multiply(*result, count, result)
           && wb_add(*result, padding, result);
}

wb_status wb_grid_init(wb_grid *grid, const wb_batch *batch, size_t nrow, size_t padding,
                       wb_error *error)
{
    const wb_view *first = &batch->first;
    *grid = (wb_grid){.batch = *batch};
    if (nrow == 0)
        return wb_fail(error, WB_BAD_ARGUMENT, "nrow=0 is not at least 1");
    if (batch->count == 0 || first->width == 0 || first->height == 0 || first->channels == 0)
        return wb_fail(error, WB_EMPTY, "a batch of %zu images of %zu x %zu pixels is empty",
                       batch->count, first->width, first->height);

    const size_t rows = (batch->count - 1) / (nrow < batch->count ? nrow : batch->count) + 1;
    grid->images_per_row = nrow < batch->count ? nrow : batch->count;
    grid->padding = batch->count == 1 ? 0 : padding;
    grid->channels = first->channels == 1 ? 3 : first->channels;
    size_t elements;
    if (!grid_side(first->width, grid->padding, grid->images_per_row, &grid->width)
        || !grid_side(first->height, grid->padding, rows, &grid->height)
        || !wb_multiply(grid->width, grid->height, &elements)
        || !wb_multiply(elements, grid->channels, &elements)
        || !wb_multiply(elements, sizeof(uint64_t), &elements)
        || elements > SIZE_MAX / 2 - WB_ROW_SLACK_BYTES)
        return wb_fail(error, WB_TOO_LARGE, "a grid of %zu images of %zu x %zu pixels is too large",
                       batch->count, first->width, first->height);
    return WB_OK;
}

/* What row `y` of the grid shows: images from `first` up to but not including `end`, their row
 * `image_y`. None where it is padding. */
typedef struct grid_row {
    size_t first, end, image_y;
} grid_row;

static grid_row grid_row_at(const wb_grid *grid, size_t y)
{
    const size_t cell_height = grid->batch.first.height + grid->padding;
    const size_t row = y / cell_height;
    const size_t y_in_cell = y % cell_height;
    if (y_in_cell < grid->padding)
        return (grid_row){0};
    const size_t first = row * grid->images_per_row;
    const size_t left = grid->batch.count - first;
    const size_t shown = left < grid->images_per_row ? left : grid->images_per_row;
    return (grid_row){first, first + shown, y_in_cell - grid->padding};
}

static void fill(uint8_t *target, size_t count, const void *element, size_t item_bytes)
{
    for (size_t i = 0; i < count; i++)
        memcpy(target + i * item_bytes, element, item_bytes);
}

/* One row of an image in its own dtype and byte order. */
static void copy_image_row(const wb_view *image, size_t y, unsigned channels, uint8_t *target)
{
    const size_t item_bytes = wb_dtype_size_bytes(image->dtype);
    const ptrdiff_t pixel_bytes = (ptrdiff_t)(channels * item_bytes);
    const uint8_t *source = wb_view_pixel(image, y, 0);
    for (unsigned c = 0; c < channels; c++) {
        const ptrdiff_t offset = image->channels == 1 ? 0 : c * image->channel_stride_bytes;
        wb_elements_copy(target + c * item_bytes, pixel_bytes, source + offset,
                         image->column_stride_bytes, image->width, item_bytes);
    }
}

void wb_grid_copy(const wb_grid *grid, const void *pad_element, void *target)
{
    const wb_batch *batch = &grid->batch;
    const size_t item_bytes = wb_dtype_size_bytes(batch->first.dtype);
    const size_t padding_values = grid->padding * grid->channels;
    const size_t image_values = batch->first.width * grid->channels;
    uint8_t *next = target;
    for (size_t y = 0; y < grid->height; y++) {
        uint8_t *const end = next + grid->width * grid->channels * item_bytes;
        const grid_row row = grid_row_at(grid, y);
        for (size_t i = row.first; i < row.end; i++) {
            const wb_view image = wb_batch_image(batch, i);
            fill(next, padding_values, pad_element, item_bytes);
            next += padding_values * item_bytes;
            copy_image_row(&image, row.image_y, grid->channels, next);
            next += image_values * item_bytes;
        }
        fill(next, (size_t)(end - next) / item_bytes, pad_element, item_bytes);
        next = end;
    }
}

wb_status wb_grid_plan(wb_grid *grid, const wb_normalize *normalize, wb_machine machine,
                       wb_error *error)
{
    const wb_batch *batch = &grid->batch;
    if (grid->channels > WB_MAX_CHANNELS)
        return wb_fail(error, WB_BAD_SHAPE, "%u channels are not 1 to %d", grid->channels,
                       WB_MAX_CHANNELS);
    if (normalize->is_16_bit && batch->count == 1)
        grid->channels = batch->first.channels;
    return wb_conversion_plan_batch(&grid->conversion, batch, normalize, machine, error);
}

/* One channel becomes three, in place: the last pixel is written first. */
static inline void spread_samples(uint8_t *row, size_t width, size_t sample_bytes)
{
    for (size_t x = width; x-- > 0;) {
        uint8_t sample[2];
        memcpy(sample, row + x * sample_bytes, sample_bytes);
        for (size_t c = 0; c < 3; c++)
            memcpy(row + (3 * x + c) * sample_bytes, sample, sample_bytes);
    }
}

static void spread_gray(uint8_t *row, size_t width, bool is_16_bit)
{
    if (is_16_bit) /* constants, so that a copy is one load and one store */
        spread_samples(row, width, 2);
    else
        spread_samples(row, width, 1);
}

static const uint8_t *grid_raster_row(const void *context, size_t y, uint8_t *buffer)
{
    const wb_grid *grid = context;
    const wb_batch *batch = &grid->batch;
    const bool is_16_bit = grid->conversion.normalize.is_16_bit;
    const size_t pixel_bytes = grid->channels * (is_16_bit ? 2 : 1);
    const size_t padding_bytes = grid->padding * pixel_bytes;
    const grid_row row = grid_row_at(grid, y);
    const bool spreads_gray = batch->first.channels != grid->channels;
    if (batch->count == 1 && !spreads_gray)
        return wb_conversion_row(&grid->conversion, &batch->first, y, buffer);

    uint8_t *next = buffer;
    for (size_t i = row.first; i < row.end; i++) {
        const wb_view image = wb_batch_image(batch, i);
        memset(next, grid->pad_value, padding_bytes);
        next += padding_bytes;
        wb_conversion_write_row(&grid->conversion, &image, row.image_y, next);
        if (spreads_gray)
            spread_gray(next, image.width, is_16_bit);
        next += image.width * pixel_bytes;
    }
    memset(next, grid->pad_value, grid->width * pixel_bytes - (size_t)(next - buffer));
    return buffer;
}

wb_raster wb_grid_raster(const wb_grid *grid)
{
    return (wb_raster){
        .width = grid->width,
        .height = grid->height,
        .channels = grid->channels,
        .is_16_bit = grid->conversion.normalize.is_16_bit,
        .context = grid,
        .row = grid_raster_row,
    };
}
