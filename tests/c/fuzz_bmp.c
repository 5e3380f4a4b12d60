/* Fuzz target: any pixels and shape encode to the same BMP however the rows lie in memory, and it
 * decodes to them.
 * In: three bytes of parameters, then bytes that pixels are made of. Out: a trap where that is not
 * so. Ownership: frees what it makes. */
#include "bmp/encode.h"
#include "check.h"
#include "files.h"
#include "image.h"
#include "support.h"

enum { PARAMETERS = 3, MAX_PIXELS_BYTES = 1 << 15 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static const unsigned CHANNELS[8] = {1, 3, 4, 1, 3, 4, 1, 2};
    if (size_bytes <= PARAMETERS)
        return 0;
    const unsigned channels = CHANNELS[data[0] % 8], drift = data[0] >> 5;
    size_t width = 1 + data[1] * (data[0] & 16 ? 32u : 1u), height = 1 + data[2];
    if (width * height * channels > MAX_PIXELS_BYTES)
        height = MAX_PIXELS_BYTES / (width * channels);
    const size_t pixels_bytes = width * height * channels;
    uint8_t *pixels = malloc(pixels_bytes), *turned = malloc(pixels_bytes);
    CHECK(pixels != NULL && turned != NULL);
    seeded_fill(pixels, pixels_bytes, data + PARAMETERS, size_bytes - PARAMETERS, drift);

    const wb_status expected = channels == 2 ? WB_BAD_ARGUMENT : WB_OK;
    memory_rows rows;
    wb_error error = {{0}};
    wb_bytes files[3] = {{0}};
    for (int i = 0; i < 2; i++) {
        wb_raster raster = memory_raster(&rows, pixels, width, height, channels, i != 0);
        CHECK_STATUS(wb_bmp_encode(&raster, &files[i], &error), expected, error);
    }
    const wb_view view = upside_down(turned, pixels, width, height, channels);
    const wb_image_options options = {.file_type = WB_FILE_BMP,
                                      .normalize = {.rule = WB_NORMALIZE_NONE},
                                      .machine = {.cpu = wb_cpu_detect(NULL)}};
    wb_image_info info;
    CHECK_STATUS(wb_image_encode(&view, &options, NULL, &files[2], &info, &error), expected, error);
    check_same_file(&files[1], &files[0]);
    check_same_file(&files[2], &files[0]);
    if (expected == WB_OK)
        check_bmp_file(&files[0], pixels, width, height, channels);
    else
        CHECK_EQUAL(files[0].size_bytes, 0);
    for (int i = 0; i < 3; i++)
        wb_bytes_free(&files[i]);
    free(pixels);
    free(turned);
    return 0;
}
