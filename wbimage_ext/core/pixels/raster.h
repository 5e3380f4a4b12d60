/* A raster: uint8 rows, handed out one at a time, top row first or in any order.
 * In: whatever a stage keeps behind `context`. Out: packed rows of width * channels bytes.
 * Ownership: a raster borrows its context and the pixels behind it; it owns nothing. */
#ifndef WB_PIXELS_RASTER_H
#define WB_PIXELS_RASTER_H

#include <stddef.h>
#include <stdint.h>

enum {
    WB_ROW_SLACK_BYTES = 64, /* what a vector kernel may read or write past a row in a row buffer */
    WB_MAX_CHANNELS = 4
};

typedef struct wb_raster {
    size_t width;
    size_t height;
    unsigned channels; /* 1 gray or palette index, 2 gray and alpha, 3 RGB, 4 RGBA */
    const void *context;
    /* Returns row `y`: a pointer into the source where its pixels are packed uint8 already, else
     * `buffer`, filled. `buffer` has room for width * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES bytes,
     * whatever `channels` is. A returned pointer may not be read past the row's end.
     * Several threads may call it, each with a buffer of its own. */
    const uint8_t *(*row)(const void *context, size_t y, uint8_t *buffer);
} wb_raster;

#endif
