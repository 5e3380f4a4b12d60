/* Tests of PNG with samples of 16 bits: every level and CPU, small and odd shapes, through libpng.
 * In: made pixels. Out: an exit code. Ownership: each test frees what it makes. */
#include "check.h"
#include "files.h"
#include "image.h"
#include "support.h"

typedef enum content { FLAT, GRADIENT, CT, SPREAD, NARROW, NOISE, STEPS, CONTENTS } content;

/* The sample at x, y: a slope, 12 bits with noise in the lowest, few values over the full range,
 * noise around one value, all bits random, wide stripes. */
static unsigned sample_at(content kind, size_t x, size_t y, unsigned c, uint64_t *random)
{
    switch (kind) {
    case FLAT: return 0x1234 + c;
    case GRADIENT: return (unsigned)(x * 61 + y * 17 + c * 1000) & 0xffff;
    case CT: return (unsigned)((x * x + y * y) / 7 % 4096 + random_next(random) % 8);
    case SPREAD: return (unsigned)((x * x + y * y) / 900 % 800 + random_next(random) % 8) * 77;
    case NARROW: return 20000 + (unsigned)(random_next(random) >> 59) * 3;
    case NOISE: return (unsigned)(random_next(random) >> 48);
    default: return x / 9 % 2 == 0 ? 0 : 0xff00;
    }
}

static void fill(content kind, size_t width, size_t height, unsigned channels, uint8_t *samples)
{
    uint64_t random = 1 + (uint64_t)kind;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            for (unsigned c = 0; c < channels; c++, samples += 2) {
                const unsigned sample = sample_at(kind, x, y, c, &random);
                samples[0] = (uint8_t)(sample >> 8);
                samples[1] = (uint8_t)sample;
            }
}

static size_t check_image(const uint8_t *samples, size_t width, size_t height, unsigned channels,
                          int level)
{
    static const char *const DISABLED[] = {"", "avx512", "avx2", "sse2,neon"};
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    wb_bytes first = {0};
    for (size_t i = 0; i < sizeof DISABLED / sizeof DISABLED[0]; i++) {
        memory_rows rows;
        wb_raster raster = memory_raster(&rows, samples, width, height, channels, i % 2 == 0);
        raster.is_16_bit = true;
        rows.row_bytes = width * channels * 2;
        const wb_png_options options = {.compress_level = level};
        wb_bytes file = {0};
        wb_error error = {{0}};
        CHECK_OK(wb_png_encode(&raster, &options, one_thread(wb_cpu_detect(DISABLED[i])), scratch,
                               &file, &error),
                 error);
        if (i == 0) {
            check_png16_file(&file, samples, width, height, channels);
            first = file;
            continue;
        }
        CHECK_EQUAL(file.size_bytes, first.size_bytes);
        CHECK_BYTES(file.data, first.data, first.size_bytes);
        wb_bytes_free(&file);
    }
    const size_t size_bytes = first.size_bytes;
    wb_bytes_free(&first);
    wb_png_scratch_free(scratch);
    return size_bytes;
}

static void check_shape(size_t width, size_t height, unsigned channels, int level)
{
    guarded samples = guarded_new(width * height * channels * 2, GUARD_AFTER);
    for (int kind = 0; kind < CONTENTS; kind++) {
        fill((content)kind, width, height, channels, samples.data);
        const size_t file_bytes = check_image(samples.data, width, height, channels, level);
        if (kind == NOISE && level == WB_PNG_LEVEL_FAST && samples.size_bytes >= 20000)
            CHECK(file_bytes * 100 <= (samples.size_bytes + height) * 101);
    }
    guarded_free(&samples);
}

static void test_narrow_shapes(void)
{
    for (size_t width = 1; width <= 40; width++)
        check_shape(width, 1 + width % 5, 1 + (unsigned)width % 4, WB_PNG_LEVEL_FAST);
    for (unsigned channels = 1; channels <= 4; channels++) {
        check_shape(1, 1, channels, WB_PNG_LEVEL_FAST);
        check_shape(1, 777, channels, WB_PNG_LEVEL_FAST);
        check_shape(3001, 2, channels, WB_PNG_LEVEL_FAST);
    }
}

static void test_usual_shapes(void)
{
    for (unsigned channels = 1; channels <= 4; channels++)
        check_shape(203, 301, channels, WB_PNG_LEVEL_FAST);
    check_shape(512, 512, 1, WB_PNG_LEVEL_FAST);
    check_shape(65500, 1, 4, WB_PNG_LEVEL_FAST); /* a row beyond DEFLATE's window */
}

static void test_levels(void)
{
    static const int LEVELS[] = {0, 1, 6, 9};
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++)
        for (unsigned channels = 1; channels <= 4; channels++)
            check_shape(61, 47, channels, LEVELS[i]);
}

static void test_refused(void)
{
    uint8_t samples[8] = {0}, palette[6] = {0};
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, samples, 2, 2, 1, false);
    raster.is_16_bit = true;
    wb_image_options options = {
        .png = {.compress_level = WB_PNG_LEVEL_FAST, .palette_rgb = palette, .palette_count = 2}};
    wb_bytes file = {0};
    wb_image_info info;
    wb_error error = {{0}};
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK_STATUS(wb_raster_encode(&raster, &options, scratch, &file, &info, &error),
                 WB_BAD_ARGUMENT, error);
    CHECK_TEXT(error.detail, "16 bits");
    options.png.palette_rgb = NULL;
    options.file_type = WB_FILE_JPEG;
    CHECK_STATUS(wb_raster_encode(&raster, &options, scratch, &file, &info, &error),
                 WB_BAD_ARGUMENT, error);
    CHECK_TEXT(error.detail, "png");
    options.file_type = WB_FILE_PNG;
    options.mode = WB_MODE_RGB;
    CHECK_STATUS(wb_raster_encode(&raster, &options, scratch, &file, &info, &error),
                 WB_BAD_ARGUMENT, error);
    CHECK_TEXT(error.detail, "stays L");
    CHECK_EQUAL(file.size_bytes, 0);
    wb_png_scratch_free(scratch);
    wb_bytes_free(&file);
}

int main(void)
{
    RUN(test_narrow_shapes);
    RUN(test_usual_shapes);
    RUN(test_levels);
    RUN(test_refused);
    return 0;
}
