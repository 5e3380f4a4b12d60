/* The seam between wb_decode and the three decoders behind it.
 * In: a whole file of one format. Out: pixels.
 * Ownership: a decoder fills `decoded`, whose memory is the caller's, after a failure too. */
#ifndef WB_DECODE_FORMAT_H
#define WB_DECODE_FORMAT_H

#include "decode.h"

typedef struct wb_encoded {
    const uint8_t *data;
    size_t size_bytes;
    size_t max_pixels;
} wb_encoded;

/* Takes the layout, which the header gave, once it is within max_pixels and in a file of least_bytes
 * or more, which it needs at best, and makes room for the pixels. `mode` fits into wb_decoded.mode. */
wb_status wb_decoded_allocate(wb_decoded *decoded, const wb_encoded *file, size_t least_bytes,
                              size_t width, size_t height, unsigned channels, unsigned sample_bytes,
                              const char *mode, wb_error *error);

wb_status wb_decode_png(const wb_encoded *file, wb_decoded *decoded, wb_error *error);
wb_status wb_decode_jpeg(const wb_encoded *file, wb_decoded *decoded, wb_error *error);
wb_status wb_decode_bmp(const wb_encoded *file, wb_decoded *decoded, wb_error *error);

#endif
