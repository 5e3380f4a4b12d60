/* What fuzz_bmp and fuzz_jpeg share: pixels from a fuzzer's bytes, encoded from three layouts.
 * In: bytes. Out: pixels; three files that have to be the same. Ownership: fuzz_pixels_free and the
 * caller's wb_bytes_free. */
#ifndef FUZZ_LAYOUTS_H
#define FUZZ_LAYOUTS_H

#include "check.h"
#include "files.h"
#include "image.h"
#include "support.h"

typedef struct fuzz_pixels {
    uint8_t *pixels, *turned;
    size_t width, height;
    unsigned channels; /* 2 is what neither format takes */
} fuzz_pixels;

/* The first three bytes are channels, width and height; pixels are made of those from `first`. */
static inline fuzz_pixels fuzz_pixels_make(const uint8_t *data, size_t size_bytes, size_t first)
{
    enum { MAX_PIXELS_BYTES = 1 << 15 };
    static const unsigned CHANNELS[8] = {1, 3, 4, 1, 3, 4, 1, 2};
    const unsigned drift = data[0] >> 5;
    fuzz_pixels made = {.width = 1 + data[1] * (data[0] & 16 ? 32u : 1u),
                        .height = 1 + data[2],
                        .channels = CHANNELS[data[0] % 8]};
    if (made.width * made.height * made.channels > MAX_PIXELS_BYTES)
        made.height = MAX_PIXELS_BYTES / (made.width * made.channels);
    const size_t pixels_bytes = made.width * made.height * made.channels;
    made.pixels = malloc(pixels_bytes);
    made.turned = malloc(pixels_bytes);
    CHECK(made.pixels != NULL && made.turned != NULL);
    seeded_fill(made.pixels, pixels_bytes, data + first, size_bytes - first, drift);
    return made;
}

static inline void fuzz_pixels_free(fuzz_pixels *made)
{
    free(made->pixels);
    free(made->turned);
}

typedef wb_status encode_rows(const wb_raster *raster, int quality, wb_bytes *file,
                              wb_error *error);

/* From rows in place, from rows that are copied, and from a view that begins with the last row. */
static inline wb_image_info fuzz_encode(const fuzz_pixels *made, encode_rows *encode,
                                        wb_file_type type, int quality, wb_status expected,
                                        wb_bytes files[3])
{
    memory_rows rows;
    wb_error error = {{0}};
    for (int i = 0; i < 2; i++) {
        wb_raster raster = memory_raster(&rows, made->pixels, made->width, made->height,
                                         made->channels, i != 0);
        CHECK_STATUS(encode(&raster, quality, &files[i], &error), expected, error);
    }
    const wb_view view = upside_down(made->turned, made->pixels, made->width, made->height,
                                     made->channels);
    const wb_image_options options = {.file_type = type,
                                      .normalize = {.rule = WB_NORMALIZE_NONE},
                                      .quality = quality,
                                      .machine = {.cpu = wb_cpu_detect(NULL)}};
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    wb_image_info info;
    CHECK_STATUS(wb_image_encode(&view, &options, scratch, &files[2], &info, &error), expected,
                 error);
    wb_png_scratch_free(scratch);
    check_same_file(&files[1], &files[0]);
    check_same_file(&files[2], &files[0]);
    if (expected != WB_OK)
        CHECK_EQUAL(files[0].size_bytes, 0);
    return info;
}

#endif
