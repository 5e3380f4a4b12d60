/* Small encoded images made on the spot, for the tests of probe and decoder.
 * In: sizes and kinds. Out: bytes of a file. Ownership: the caller frees the wb_bytes. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdbool.h>

#include "base/bytes.h"

void put_bytes(wb_bytes *file, const void *data, size_t size_bytes);
void put_text(wb_bytes *file, const char *text);
void put_u8(wb_bytes *file, unsigned value);
void put_u16_le(wb_bytes *file, unsigned value);
void put_u32_le(wb_bytes *file, size_t value);
void put_u16_be(wb_bytes *file, unsigned value);
void put_u32_be(wb_bytes *file, size_t value);

void put_png_signature(wb_bytes *file);
void put_png_chunk(wb_bytes *file, const char *type, const void *data, size_t size_bytes);
void put_png_header(wb_bytes *file, size_t width, size_t height, unsigned depth,
                    unsigned color_type, unsigned interlace);
/* The whole file, through zlib: `rows` are as PNG stores them, without filter bytes. */
wb_bytes sample_png(size_t width, size_t height, unsigned depth, unsigned color_type,
                    const uint8_t *rows, size_t row_bytes);

typedef struct jpeg_kind {
    unsigned components; /* 1 gray, 3 RGB, 4 CMYK */
    bool is_progressive;
    unsigned restart_rows; /* 0: no restart markers */
} jpeg_kind;
wb_bytes sample_jpeg(size_t width, size_t height, const uint8_t *pixels, jpeg_kind kind);

/* Headers of any kind, then `pixels` as they are. `header_bytes`: 12, 40, 52, ... */
wb_bytes sample_bmp(size_t header_bytes, size_t width, int height, unsigned bits,
                    unsigned compression, const uint8_t *extra, size_t extra_bytes,
                    const uint8_t *pixels, size_t pixel_bytes);

wb_bytes sample_gif(size_t screen_width, size_t screen_height, unsigned frames);

/* `name` is "VP8 ", "VP8L" or "VP8X" (with a VP8L frame in an ANMF chunk). */
wb_bytes sample_webp(const char *name, size_t width, size_t height);

#endif
