/* Encoded files against the pixels they were made of. In and out, ownership: see files.h. */
#include "files.h"

#include <stdio.h> /* jpeglib.h needs it first */
#include <stdlib.h>

#include <jpeglib.h>

#include "check.h"
#include "image.h"
#include "probe/probe.h"

void check_same_file(const wb_bytes *file, const wb_bytes *first)
{
    CHECK_EQUAL(file->size_bytes, first->size_bytes);
    CHECK_BYTES(file->data, first->data, file->size_bytes);
}

static void check_probe(const wb_bytes *file, wb_format format, size_t width, size_t height)
{
    wb_probe probe;
    wb_probe_result result;
    wb_error error = {{0}};
    wb_probe_init(&probe);
    CHECK_OK(wb_probe_feed(&probe, file->data, file->size_bytes, &error), error);
    CHECK_OK(wb_probe_finish(&probe, &result, &error), error);
    CHECK_EQUAL(result.format, format);
    CHECK_EQUAL(result.width, width);
    CHECK_EQUAL(result.height, height);
}

static wb_decoded decode_whole(const wb_bytes *file, size_t width, size_t height, unsigned channels)
{
    wb_decoded decoded;
    wb_error error = {{0}};
    CHECK_OK(wb_image_decode(&(wb_encoded){file->data, file->size_bytes, width * height, false},
                             &decoded, &error),
             error);
    CHECK_EQUAL(decoded.width, width);
    CHECK_EQUAL(decoded.height, height);
    CHECK_EQUAL(decoded.channels, channels);
    CHECK_EQUAL(decoded.sample_bytes, 1);
    return decoded;
}

void check_png_file(const wb_bytes *file, const uint8_t *pixels, size_t width, size_t height,
                    unsigned channels)
{
    check_probe(file, WB_FORMAT_PNG, width, height);
    wb_decoded decoded = decode_whole(file, width, height, channels);
    CHECK_BYTES(decoded.pixels.data, pixels, width * height * channels);
    wb_decoded_free(&decoded);
}

void check_png16_file(const wb_bytes *file, const uint8_t *samples, size_t width, size_t height,
                      unsigned channels)
{
    static const char *const MODES[] = {"", "I;16", "LA;16", "RGB;16", "RGBA;16"};
    check_probe(file, WB_FORMAT_PNG, width, height);
    const wb_encoded encoded = {file->data, file->size_bytes, width * height, true};
    wb_error error = {{0}};
    wb_decoded decoded;
    CHECK_OK(wb_image_decode(&encoded, &decoded, &error), error);
    CHECK_EQUAL(decoded.channels, channels);
    CHECK_EQUAL(decoded.pixels.size_bytes, width * height * channels * 2);
    CHECK(strcmp(decoded.mode, MODES[channels]) == 0);
    for (size_t i = 0; i < width * height * channels; i++) {
        uint16_t sample;
        memcpy(&sample, decoded.pixels.data + 2 * i, sizeof sample);
        CHECK_EQUAL(sample, samples[2 * i] << 8 | samples[2 * i + 1]);
    }
    wb_decoded_free(&decoded);
}

/* 32 bits without masks decode to RGB, so the fourth byte is looked at in the file itself. */
static void check_bmp_alpha(const wb_bytes *file, const uint8_t *pixels, size_t width,
                            size_t height)
{
    enum { PIXELS_OFFSET = 54 };
    CHECK_EQUAL(file->size_bytes, PIXELS_OFFSET + 4 * width * height);
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = file->data + PIXELS_OFFSET + (height - 1 - y) * width * 4;
        for (size_t x = 0; x < width; x++)
            CHECK_EQUAL(row[4 * x + 3], pixels[(y * width + x) * 4 + 3]);
    }
}

void check_bmp_file(const wb_bytes *file, const uint8_t *pixels, size_t width, size_t height,
                    unsigned channels)
{
    check_probe(file, WB_FORMAT_BMP, width, height);
    const unsigned colors = channels == 1 ? 1 : 3;
    wb_decoded decoded = decode_whole(file, width, height, colors);
    for (size_t i = 0; i < width * height; i++)
        for (unsigned c = 0; c < colors; c++)
            CHECK_EQUAL(decoded.pixels.data[i * colors + c], pixels[i * channels + c]);
    wb_decoded_free(&decoded);
    if (channels == 4)
        check_bmp_alpha(file, pixels, width, height);
}

unsigned char *jpeg_plainly(const uint8_t *pixels, size_t width, size_t height, unsigned channels,
                            int quality, unsigned long *size_bytes)
{
    struct jpeg_compress_struct library;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    *size_bytes = 0;
    library.err = jpeg_std_error(&errors);
    jpeg_create_compress(&library);
    jpeg_mem_dest(&library, &file, size_bytes);
    library.image_width = (JDIMENSION)width;
    library.image_height = (JDIMENSION)height;
    library.input_components = channels == 1 ? 1 : 3;
    library.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&library);
    jpeg_set_quality(&library, quality, TRUE);
    jpeg_start_compress(&library, TRUE);
    uint8_t *line = malloc(width * 3);
    CHECK(line != NULL);
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++)
            memcpy(line + x * (size_t)library.input_components, pixels + (y * width + x) * channels,
                   (size_t)library.input_components);
        jpeg_write_scanlines(&library, &line, 1);
    }
    free(line);
    jpeg_finish_compress(&library);
    jpeg_destroy_compress(&library);
    return file;
}

void check_jpeg_file(const wb_bytes *file, const uint8_t *pixels, size_t width, size_t height,
                     unsigned channels, int quality)
{
    unsigned long expected_bytes;
    unsigned char *expected = jpeg_plainly(pixels, width, height, channels, quality,
                                           &expected_bytes);
    CHECK_EQUAL(file->size_bytes, expected_bytes);
    CHECK_BYTES(file->data, expected, expected_bytes);
    free(expected);
    check_probe(file, WB_FORMAT_JPEG, width, height);
    wb_decoded decoded = decode_whole(file, width, height, channels == 1 ? 1 : 3);
    /* All steps are 1 there: 64 coefficients, each half a step off, make at most 4 (the absolute
     * values of a row of the transform sum up to no more than the root of 8); rounding, and a
     * transform in whole numbers, one each. */
    if (channels == 1 && quality == 100)
        for (size_t i = 0; i < width * height; i++)
            CHECK(abs(decoded.pixels.data[i] - pixels[i]) <= 6);
    wb_decoded_free(&decoded);
}

wb_view upside_down(uint8_t *memory, const uint8_t *pixels, size_t width, size_t height,
                    unsigned channels)
{
    const size_t row_bytes = width * channels;
    for (size_t y = 0; y < height; y++)
        memcpy(memory + (height - 1 - y) * row_bytes, pixels + y * row_bytes, row_bytes);
    return (wb_view){.data = memory + (height - 1) * row_bytes,
                     .dtype = WB_UINT8,
                     .height = height,
                     .width = width,
                     .channels = channels,
                     .row_stride_bytes = -(ptrdiff_t)row_bytes,
                     .column_stride_bytes = (ptrdiff_t)channels,
                     .channel_stride_bytes = 1};
}
