/* Encoded files against the pixels they were made of.
 * In: a whole file, packed pixels. Out: a failed check where they disagree.
 * Ownership: borrows both; jpeg_plainly gives its caller memory of malloc. */
#ifndef FILES_H
#define FILES_H

#include "base/bytes.h"
#include "pixels/view.h"

void check_same_file(const wb_bytes *file, const wb_bytes *first);

/* Each decodes the file and compares; the probe has to accept it and say the same size. */
void check_png_file(const wb_bytes *file, const uint8_t *pixels, size_t width, size_t height,
                    unsigned channels);
/* `samples` have the high byte first. */
void check_png16_file(const wb_bytes *file, const uint8_t *samples, size_t width, size_t height,
                      unsigned channels);
void check_bmp_file(const wb_bytes *file, const uint8_t *pixels, size_t width, size_t height,
                    unsigned channels);
/* The file is what jpeg_plainly makes, and at quality 100 gray is as near as rounding allows. */
void check_jpeg_file(const wb_bytes *file, const uint8_t *pixels, size_t width, size_t height,
                     unsigned channels, int quality);

/* What libjpeg makes of packed pixels with its defaults; the caller frees with free(). */
unsigned char *jpeg_plainly(const uint8_t *pixels, size_t width, size_t height, unsigned channels,
                            int quality, unsigned long *size_bytes);

/* The same image from rows that lie bottom row first: fills `memory`, as large as the pixels, and
 * returns a view of it whose row stride is negative. 1, 3 or 4 channels. */
wb_view upside_down(uint8_t *memory, const uint8_t *pixels, size_t width, size_t height,
                    unsigned channels);

#endif
