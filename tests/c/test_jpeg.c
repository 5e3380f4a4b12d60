/* Tests of the JPEG encoder against libjpeg called in the plainest way, and of its refusals.
 * In: random and smooth pixels. Out: an exit code. Ownership: each test frees what it makes. */
#include "jpeg/encode.h"

#include "check.h"
#include "files.h"
#include "support.h"

static void check_image(size_t width, size_t height, unsigned channels, int quality, bool smooth)
{
    guarded pixels = guarded_new(width * height * channels, GUARD_AFTER);
    uint64_t random = width * 7919 + height * 31 + channels;
    random_fill(&random, pixels.data, pixels.size_bytes);
    for (size_t i = 0; smooth && i < pixels.size_bytes; i++)
        pixels.data[i] = (uint8_t)(i / channels % width + i % channels * 50 + i / width / 3);
    unsigned long expected_bytes;
    unsigned char *expected = jpeg_plainly(pixels.data, width, height, channels, quality,
                                           &expected_bytes);
    for (int through_buffer = 0; through_buffer <= 1; through_buffer++) {
        memory_rows rows;
        wb_raster raster = memory_raster(&rows, pixels.data, width, height, channels,
                                         through_buffer != 0);
        wb_bytes file = {0};
        wb_error error = {{0}};
        CHECK_OK(wb_bytes_append(&file, "kept", 4), error);
        CHECK_OK(wb_jpeg_encode(&raster, quality, &file, &error), error);
        CHECK_EQUAL(file.size_bytes - 4, expected_bytes);
        CHECK_BYTES(file.data, "kept", 4);
        CHECK_BYTES(file.data + 4, expected, expected_bytes);
        wb_bytes_free(&file);
    }
    free(expected);
    guarded_free(&pixels);
}

static void test_equals_libjpeg(void)
{
    static const size_t SIDES[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100};
    enum { SIDE_COUNT = sizeof SIDES / sizeof SIDES[0] };
    static const unsigned CHANNELS[] = {1, 3, 4};
    for (size_t i = 0; i < SIDE_COUNT; i++)
        for (size_t j = 0; j < SIDE_COUNT; j++)
            for (size_t k = 0; k < 3; k++)
                check_image(SIDES[i], SIDES[j], CHANNELS[k], 75, (i + j) % 2 != 0);
    static const int QUALITIES[] = {1, 10, 50, 90, 95, 100};
    for (size_t i = 0; i < sizeof QUALITIES / sizeof QUALITIES[0]; i++)
        for (size_t k = 0; k < 3; k++)
            check_image(61, 43, CHANNELS[k], QUALITIES[i], i % 2 != 0);
}

static void test_longest_sides(void)
{
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        check_image(65500, 1, channels, 75, true);
        check_image(1, 65500, channels, 75, true);
    }
}

/* At quality 100 noise outgrows the first estimate of the file's size. */
static void test_output_grows(void)
{
    check_image(512, 384, 3, 100, false);
}

static void check_refusal(size_t width, size_t height, unsigned channels, int quality,
                          wb_status expected, const char *part)
{
    memory_rows rows;
    uint8_t pixel[4] = {0};
    wb_raster raster = memory_raster(&rows, pixel, width, height, channels, false);
    wb_bytes file = {0};
    wb_error error = {{0}};
    CHECK_STATUS(wb_jpeg_encode(&raster, quality, &file, &error), expected, error);
    CHECK_TEXT(error.detail, part);
    CHECK_EQUAL(file.size_bytes, 0);
    wb_bytes_free(&file);
}

static void test_refusals(void)
{
    check_refusal(0, 5, 3, 75, WB_EMPTY, "0 x 5");
    check_refusal(65501, 1, 3, 75, WB_TOO_LARGE, "65501 x 1");
    check_refusal(1, SIZE_MAX, 3, 75, WB_TOO_LARGE, "65500");
    check_refusal(1, 1, 2, 75, WB_BAD_ARGUMENT, "not 2");
    check_refusal(1, 1, 5, 75, WB_BAD_ARGUMENT, "not 5");
    check_refusal(1, 1, 1, 0, WB_BAD_ARGUMENT, "quality is 0");
    check_refusal(1, 1, 1, 101, WB_BAD_ARGUMENT, "quality is 101");
}

static wb_status encode_scenario(void *context)
{
    wb_bytes file = {0};
    wb_error error = {{0}};
    wb_status status = wb_jpeg_encode(context, 100, &file, &error);
    if (status != WB_OK)
        CHECK_EQUAL(file.size_bytes, 0);
    wb_bytes_free(&file);
    return status;
}

static void test_allocations(void)
{
    enum { WIDTH = 130, HEIGHT = 100 };
    static uint8_t pixels[WIDTH * HEIGHT * 4];
    uint64_t random = 5;
    random_fill(&random, pixels, sizeof pixels);
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels, WIDTH, HEIGHT, 1, false);
    check_every_allocation("wb_jpeg_encode, gray", encode_scenario, &raster);
    raster = memory_raster(&rows, pixels, WIDTH, HEIGHT, 4, true);
    check_every_allocation("wb_jpeg_encode, RGBA", encode_scenario, &raster);
}

int main(void)
{
    RUN(test_equals_libjpeg);
    RUN(test_longest_sides);
    RUN(test_output_grows);
    RUN(test_refusals);
    RUN(test_allocations);
    return 0;
}
