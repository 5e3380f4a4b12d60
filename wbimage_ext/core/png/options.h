/* What a caller asks of the PNG encoder.
 * In: numbers and a palette. Out: nothing. Ownership: borrows the palette. */
#ifndef WB_PNG_OPTIONS_H
#define WB_PNG_OPTIONS_H

#include <stdint.h>

enum { WB_PNG_LEVEL_FAST = -1 };

typedef struct wb_png_options {
    int compress_level; /* WB_PNG_LEVEL_FAST, or 0 to 9 as zlib's levels */
    /* NULL, or 3 * palette_count bytes: the raster has one channel of indices. The palette is a
     * colormap: its indices are values, and filtered as gray is. */
    const uint8_t *palette_rgb;
    unsigned palette_count; /* 1 to 256; every index in the raster is below it */
} wb_png_options;

#endif
