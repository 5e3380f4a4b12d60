/* A batch of images as one: torchvision's make_grid.
 * In: a batch of views of one size. Out: a raster, or a copy in its own dtype.
 * Ownership: a wb_grid borrows the batch's buffer and owns nothing. */
#ifndef WB_CONVERT_GRID_H
#define WB_CONVERT_GRID_H

#include "convert/convert.h"

typedef struct wb_grid {
    wb_batch batch;
    size_t images_per_row;
    size_t padding; /* pixels around and between images; 0 where the grid is a single image */
    size_t width;   /* of the whole grid, in pixels */
    size_t height;
    unsigned channels;
    wb_conversion conversion; /* for rasters: the plan over all values of the batch */
    uint8_t pad_value;        /* for rasters: 0 after wb_grid_init */
} wb_grid;

/* Lays out `batch` with up to `nrow` images in a row. A batch of one is that image, without
 * padding. The size of the whole grid in elements of 8 bytes is known to fit into size_t. */
wb_status wb_grid_init(wb_grid *grid, const wb_batch *batch, size_t nrow, size_t padding,
                       wb_error *error);

/* Copies the grid into packed height x width x channels elements of the batch's dtype and byte
 * order; `pad_element` is one such element. `target` has room for all of it. */
void wb_grid_copy(const wb_grid *grid, const void *pad_element, void *target);

/* Plans the conversion over the whole batch; wb_grid_raster then hands out rows. Padding is laid
 * around the converted images and keeps `pad_value`. A single gray image of 16 bits stays gray.
 * WB_BAD_SHAPE over WB_MAX_CHANNELS. */
wb_status wb_grid_plan(wb_grid *grid, const wb_normalize *normalize, wb_machine machine,
                       wb_error *error);
wb_raster wb_grid_raster(const wb_grid *grid);

#endif
