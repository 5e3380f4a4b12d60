/* The pixels of a decoded file, and the file that a decoder reads them from.
 * In: what a file's header says. Out: memory for its pixels.
 * Ownership: wb_decoded owns its pixels; wb_decoded_free is safe on a zeroed struct. A decoder
 * fills the caller's wb_decoded, which the caller frees after a failure too. */
#ifndef WB_PIXELS_DECODED_H
#define WB_PIXELS_DECODED_H

#include <stdbool.h>

#include "base/bytes.h"

typedef struct wb_decoded {
    size_t width;
    size_t height;
    unsigned channels;     /* 1 to 4 */
    unsigned sample_bytes; /* 1, or 2 in native byte order */
    /* "1" (0 or 255), "L", "LA", "P", "RGB", "RGBA", "I;16" or "CMYK"; where 16 bits are kept also
     * "LA;16", "RGB;16" and "RGBA;16". */
    char mode[8];
    wb_bytes pixels; /* height * width * channels * sample_bytes */
} wb_decoded;

/* A whole file in memory. */
typedef struct wb_encoded {
    const uint8_t *data;
    size_t size_bytes;
    size_t max_pixels;  /* more are refused before memory is asked for */
    bool keeps_16_bits; /* of colours, too; Pillow reduces those to 8 bits */
} wb_encoded;

typedef struct wb_decoded_layout {
    size_t width;
    size_t height;
    unsigned channels;
    unsigned sample_bytes;
    const char *mode;   /* fits into wb_decoded.mode */
    size_t least_bytes; /* what a file of that many pixels takes at best */
} wb_decoded_layout;

/* Takes the layout over and makes room for the pixels. WB_TOO_LARGE over max_pixels; WB_TRUNCATED
 * where the file is shorter than least_bytes. */
wb_status wb_decoded_allocate(wb_decoded *decoded, const wb_encoded *file,
                              const wb_decoded_layout *layout, wb_error *error);
void wb_decoded_free(wb_decoded *decoded);

#endif
