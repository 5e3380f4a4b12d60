/* Pixels of an encoded PNG, JPEG or BMP as Pillow gives them, through libpng and libjpeg-turbo.
 * In: a whole file in memory. Out: packed rows, and the mode they are in.
 * Ownership: wb_decoded owns its pixels; wb_decoded_free is safe on a zeroed struct. */
#ifndef WB_DECODE_H
#define WB_DECODE_H

#include "base/bytes.h"

typedef struct wb_decoded {
    size_t width;
    size_t height;
    unsigned channels;     /* 1 to 4 */
    unsigned sample_bytes; /* 1; 2 for 16-bit gray, native byte order */
    char mode[8];          /* "1" (0 or 255), "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK" */
    wb_bytes pixels;       /* height * width * channels * sample_bytes */
} wb_decoded;

/* Fails with WB_UNKNOWN_FORMAT for other formats. Nothing is allocated before the header's size is
 * checked against `max_pixels`. */
wb_status wb_decode(const uint8_t *file, size_t size_bytes, size_t max_pixels, wb_decoded *decoded,
                    wb_error *error);
void wb_decoded_free(wb_decoded *decoded);

#endif
