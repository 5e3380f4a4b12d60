/* Fuzz target: any pixels of 8 or 16 bits, shape, level, CPU and number of threads encode to a PNG
 * that libpng decodes to the same.
 * In: four bytes of parameters, then bytes that pixels are made of. Out: a trap where that is not
 * so. Ownership: frees what it makes. */
#include "base/endian.h"
#include "check.h"
#include "image.h"
#include "pixels/elements.h"
#include "png/encode.h"
#include "support.h"

enum { PARAMETERS = 4, MAX_PIXELS_BYTES = 1 << 17 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes <= PARAMETERS)
        return 0;
    unsigned channels = 1 + data[0] % 4, drift = data[0] >> 6;
    size_t width = 1 + data[1] * (data[0] & 4 ? 8u : 1u), height = 1 + data[2];
    const bool is_16_bit = data[0] & 32;
    const size_t row_bytes = width * channels * (is_16_bit ? 2 : 1);
    if (row_bytes * height > MAX_PIXELS_BYTES)
        height = MAX_PIXELS_BYTES / row_bytes;
    int level = data[3] < 192 ? WB_PNG_LEVEL_FAST : data[3] % 10;
    static const char *const DISABLED[] = {"", "avx512", "avx2", "sse2,neon"};
    size_t pixels_bytes = row_bytes * height;
    uint8_t *pixels = wb_allocate(pixels_bytes);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(pixels != NULL && scratch != NULL);
    seeded_fill(pixels, pixels_bytes, data + PARAMETERS, size_bytes - PARAMETERS, drift);
    if (data[0] & 8)
        repeat_rows(pixels, row_bytes, height, data + PARAMETERS, size_bytes - PARAMETERS);

    wb_bytes first = {0};
    wb_error error;
    for (size_t i = 0; i < sizeof DISABLED / sizeof DISABLED[0]; i++) {
        memory_rows rows;
        wb_raster raster = memory_raster(&rows, pixels, width, height, channels, i % 2 == 0);
        raster.is_16_bit = is_16_bit;
        rows.row_bytes = row_bytes;
        wb_png_options options = {.compress_level = level};
        const wb_machine machine = {wb_cpu_detect(DISABLED[i]), i == 1 ? 3 : 1};
        wb_bytes file = {0};
        CHECK_OK(wb_png_encode(&raster, &options, machine, scratch, &file, &error), error);
        if (i == 0) {
            first = file;
            continue;
        }
        CHECK_EQUAL(file.size_bytes, first.size_bytes);
        CHECK_BYTES(file.data, first.data, file.size_bytes);
        wb_bytes_free(&file);
    }
    const wb_encoded encoded = {first.data, first.size_bytes, width * height, true};
    wb_decoded decoded;
    CHECK_OK(wb_image_decode(&encoded, &decoded, &error), error);
    CHECK_EQUAL(decoded.width, width);
    CHECK_EQUAL(decoded.height, height);
    if (is_16_bit && !WB_IS_BIG_ENDIAN)
        wb_elements_swap(decoded.pixels.data, pixels_bytes / 2, 2);
    CHECK_BYTES(decoded.pixels.data, pixels, pixels_bytes);
    wb_decoded_free(&decoded);
    wb_bytes_free(&first);
    wb_png_scratch_free(scratch);
    wb_release(pixels);
    return 0;
}
