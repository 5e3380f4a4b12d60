/* A raster: rows of samples, handed out one at a time, top row first or in any order.
 * In: whatever a stage keeps behind `context`. Out: packed rows of width * channels samples.
 * Ownership: a raster borrows its context and the pixels behind it; it owns nothing. */
#ifndef WB_PIXELS_RASTER_H
#define WB_PIXELS_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WB_ROW_SLACK_BYTES = 8, /* of a row buffer: JPEG continues a row to a whole block */
    WB_MAX_CHANNELS = 4,
    WB_MAX_PIXEL_BYTES = 8
};

typedef struct wb_raster {
    size_t width;
    size_t height;
    unsigned channels; /* 1 gray or palette index, 2 gray and alpha, 3 RGB, 4 RGBA */
    bool is_16_bit;    /* samples are uint16, the high byte first, as PNG has them; else uint8 */
    const void *context;
    /* Returns row `y`: a pointer into the source where its pixels are packed samples already, else
     * `buffer`, filled. `buffer` has room for wb_raster_buffer_bytes, whatever `channels` is. A
     * returned pointer may not be read past the row's end.
     * Several threads may call it, each with a buffer of its own. */
    const uint8_t *(*row)(const void *context, size_t y, uint8_t *buffer);
} wb_raster;

static inline unsigned wb_raster_pixel_bytes(const wb_raster *raster)
{
    return raster->is_16_bit ? 2 * raster->channels : raster->channels;
}

/* No stage hands out a raster so wide that this is over SIZE_MAX. */
static inline size_t wb_raster_buffer_bytes(const wb_raster *raster)
{
    return raster->width * WB_MAX_CHANNELS * (raster->is_16_bit ? 2 : 1) + WB_ROW_SLACK_BYTES;
}

#endif
