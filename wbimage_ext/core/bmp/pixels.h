/* Rows of pixels between the order of BMP files, blue first, and that of rasters, red first.
 * In: a row in one order. Out: the row in the other. Ownership: borrows one, fills the other. */
#ifndef WB_BMP_PIXELS_H
#define WB_BMP_PIXELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A pixel has 1, 3 or 4 bytes; a fourth that the target has no room for is left out. */
static inline void wb_bmp_turn_row(uint8_t *target, unsigned target_bytes, const uint8_t *row,
                                   unsigned row_bytes, size_t width)
{
    if (target_bytes == 1) {
        memcpy(target, row, width);
        return;
    }
    for (size_t x = 0; x < width; x++, row += row_bytes, target += target_bytes) {
        target[0] = row[2];
        target[1] = row[1];
        target[2] = row[0];
        if (target_bytes == 4)
            target[3] = row[3];
    }
}

#endif
