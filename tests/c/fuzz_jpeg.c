/* Fuzz target: any pixels, shape and quality encode to the JPEG that libjpeg itself makes, whatever
 * the layout of the rows in memory, and that JPEG decodes.
 * In: four bytes of parameters, then bytes that pixels are made of. Out: a trap where that is not
 * so. Ownership: frees what it makes. */
#include "check.h"
#include "files.h"
#include "jpeg/encode.h"
#include "image.h"
#include "support.h"

enum { PARAMETERS = 4, MAX_PIXELS_BYTES = 1 << 15 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static const unsigned CHANNELS[8] = {1, 3, 4, 1, 3, 4, 1, 2};
    if (size_bytes <= PARAMETERS)
        return 0;
    const unsigned channels = CHANNELS[data[0] % 8], drift = data[0] >> 5;
    const int quality = data[3] % 102; /* 0 and 101 are refused */
    size_t width = 1 + data[1] * (data[0] & 16 ? 32u : 1u), height = 1 + data[2];
    if (width * height * channels > MAX_PIXELS_BYTES)
        height = MAX_PIXELS_BYTES / (width * channels);
    const size_t pixels_bytes = width * height * channels;
    uint8_t *pixels = malloc(pixels_bytes), *turned = malloc(pixels_bytes);
    CHECK(pixels != NULL && turned != NULL);
    seeded_fill(pixels, pixels_bytes, data + PARAMETERS, size_bytes - PARAMETERS, drift);

    const bool is_good = channels != 2 && quality >= 1 && quality <= 100;
    const wb_status expected = is_good ? WB_OK : WB_BAD_ARGUMENT;
    memory_rows rows;
    wb_error error = {{0}};
    wb_bytes files[3] = {{0}};
    for (int i = 0; i < 2; i++) {
        wb_raster raster = memory_raster(&rows, pixels, width, height, channels, i != 0);
        CHECK_STATUS(wb_jpeg_encode(&raster, quality, &files[i], &error), expected, error);
    }
    const wb_view view = upside_down(turned, pixels, width, height, channels);
    const wb_image_options options = {.file_type = WB_FILE_JPEG,
                                      .normalize = {.rule = WB_NORMALIZE_NONE},
                                      .quality = quality,
                                      .machine = {.cpu = wb_cpu_detect(NULL)}};
    wb_image_info info;
    CHECK_STATUS(wb_image_encode(&view, &options, NULL, &files[2], &info, &error), expected, error);
    CHECK_EQUAL(info.dropped_alpha, channels == 4);
    check_same_file(&files[1], &files[0]);
    check_same_file(&files[2], &files[0]);
    if (is_good)
        check_jpeg_file(&files[0], pixels, width, height, channels, quality);
    else
        CHECK_EQUAL(files[0].size_bytes, 0);
    for (int i = 0; i < 3; i++)
        wb_bytes_free(&files[i]);
    free(pixels);
    free(turned);
    return 0;
}
