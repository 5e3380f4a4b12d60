/* Pictures made on the spot, the same on every machine: integers only, no libm.
 * In: a kind, a size, a seed. Out: packed uint8 pixels. Ownership: the caller frees with free(). */
#ifndef PICTURES_H
#define PICTURES_H

#include <stddef.h>
#include <stdint.h>

typedef enum picture_kind {
    PICTURE_FLAT,     /* one colour */
    PICTURE_GRADIENT, /* linear along both axes, another slope in each channel */
    PICTURE_NOISE,    /* every byte random */
    PICTURE_PHOTO,    /* smooth at five scales, with grain */
    PICTURE_TEXT,     /* glyphs in lines on a bright ground */
    PICTURE_PLOT,     /* axes, a curve and flat areas of few colours */
    PICTURE_TILES,    /* one random tile again and again */
    PICTURE_SPARSE,   /* black but for a few pixels */
    PICTURE_MASK,     /* large areas of small numbers, as class masks have */
    PICTURE_KINDS
} picture_kind;

const char *picture_name(picture_kind kind);

/* width * height * channels bytes, 1 to 4 channels. */
uint8_t *picture_new(picture_kind kind, size_t width, size_t height, unsigned channels,
                     uint64_t seed);

#endif
