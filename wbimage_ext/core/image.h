/* The whole story on one page: a view becomes rows of samples, takes its mode, and is encoded; a
 * file is decoded.
 * In: a view and options, or a file. Out: a file and what there is to say about it, or its pixels.
 * Ownership: borrows the view; appends to `file`; the caller frees what was decoded. */
#ifndef WB_IMAGE_H
#define WB_IMAGE_H

#include "convert/convert.h"
#include "convert/grid.h"
#include "pixels/decoded.h"
#include "pixels/mode.h"
#include "png/encode.h"

/* The files that can be written and decoded; image.c has a row for each. */
typedef enum wb_file_type { WB_FILE_PNG, WB_FILE_JPEG, WB_FILE_BMP } wb_file_type;

/* False where no type has this name. */
bool wb_file_type_named(const char *name, wb_file_type *file_type);
#define WB_FILE_TYPE_NAMES "'png', 'jpg', 'jpeg', 'bmp'"

typedef struct wb_image_options {
    wb_file_type file_type;
    wb_mode mode; /* WB_MODE_GUESS keeps the raster's own */
    wb_normalize normalize;
    int quality; /* JPEG: 1 to 100 */
    wb_png_options png;
    wb_machine machine;
} wb_image_options;

typedef struct wb_image_info {
    size_t width;
    size_t height;
    wb_mode mode; /* as encoded */
    bool is_16_bit;
    bool found_nan;
    bool is_clipped;           /* as in wb_conversion */
    bool dropped_alpha;        /* RGBA pixels in a file type of which readers see no alpha */
    double lo, hi;             /* of the values, as in wb_conversion; hi < lo where it has none */
    double scale_lo, scale_hi; /* as in wb_conversion */
} wb_image_info;

wb_status wb_image_encode(const wb_view *view, const wb_image_options *options,
                          wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                          wb_error *error);

/* A batch as one image, normalised over all of it. */
wb_status wb_grid_encode(wb_grid *grid, const wb_image_options *options, wb_png_scratch *scratch,
                         wb_bytes *file, wb_image_info *info, wb_error *error);

/* A mask as it is; for `present`, and what is refused, see convert/mask.h. */
wb_status wb_mask_encode(const wb_view *view, const wb_image_options *options,
                         wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                         uint8_t present[256], wb_error *error);

/* The same from rows that are samples already. */
wb_status wb_raster_encode(const wb_raster *raster, const wb_image_options *options,
                           wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                           wb_error *error);

/* The pixels of a PNG, JPEG or BMP as Pillow gives them; WB_UNKNOWN_FORMAT for other formats.
 * Nothing is allocated before the size in the header is checked against file->max_pixels. */
wb_status wb_image_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error);

#endif
