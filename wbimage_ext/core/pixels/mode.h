/* Modes L, LA, RGB and RGBA of a raster, converted to one another as Pillow's convert does it.
 * In: a raster. Out: a raster of another mode. Ownership: borrows the source raster. */
#ifndef WB_PIXELS_MODE_H
#define WB_PIXELS_MODE_H

#include <stdbool.h>

#include "base/status.h"
#include "pixels/raster.h"

/* The number is the count of channels. */
typedef enum wb_mode {
    WB_MODE_GUESS = 0,
    WB_MODE_L = 1,
    WB_MODE_LA = 2,
    WB_MODE_RGB = 3,
    WB_MODE_RGBA = 4
} wb_mode;

/* "L", "LA", "RGB" or "RGBA". */
const char *wb_mode_name(wb_mode mode);
/* The same with samples of 16 bits: "I;16", "LA;16", "RGB;16" or "RGBA;16". */
const char *wb_mode_name_16(wb_mode mode);

/* Fills `converted`, whose context is `source`; where the mode is the same it is a plain copy. With
 * samples of 16 bits it has to be: WB_BAD_ARGUMENT otherwise. */
wb_status wb_mode_convert(wb_raster *converted, const wb_raster *source, wb_mode mode,
                          wb_error *error);

#endif
