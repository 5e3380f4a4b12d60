/* Tests of the BMP encoder: every field read back, rows from the bottom up, and its refusals.
 * In: random pixels. Out: an exit code. Ownership: each test frees what it makes. */
#include "bmp/encode.h"

#include "check.h"
#include "support.h"

static size_t get_u32(const uint8_t *bytes)
{
    return bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
}

static void check_headers(const uint8_t *file, size_t width, size_t height, unsigned channels)
{
    const size_t colors = channels == 1 ? 256 : 0;
    const size_t row_bytes = (width * channels + 3) / 4 * 4;
    const size_t offset = 54 + colors * 4;
    CHECK_BYTES(file, "BM", 2);
    CHECK_EQUAL(get_u32(file + 2), offset + row_bytes * height);
    CHECK_EQUAL(get_u32(file + 6), 0);
    CHECK_EQUAL(get_u32(file + 10), offset);
    CHECK_EQUAL(get_u32(file + 14), 40);
    CHECK_EQUAL(get_u32(file + 18), width);
    CHECK_EQUAL(get_u32(file + 22), height);
    CHECK_EQUAL(get_u32(file + 26), 1 | channels * 8 << 16);
    CHECK_EQUAL(get_u32(file + 30), 0);
    CHECK_EQUAL(get_u32(file + 34), row_bytes * height);
    CHECK_EQUAL(get_u32(file + 38), 3780);
    CHECK_EQUAL(get_u32(file + 42), 3780);
    CHECK_EQUAL(get_u32(file + 46), colors);
    CHECK_EQUAL(get_u32(file + 50), colors);
    for (size_t i = 0; i < colors; i++)
        CHECK_EQUAL(get_u32(file + 54 + 4 * i), i * 0x010101);
}

static void check_image(size_t width, size_t height, unsigned channels, bool through_buffer)
{
    static const unsigned ORDERS[5][4] = {{0}, {0}, {0}, {2, 1, 0}, {2, 1, 0, 3}};
    guarded pixels = guarded_new(width * height * channels, GUARD_AFTER);
    uint64_t random = width + 1000 * height;
    random_fill(&random, pixels.data, pixels.size_bytes);
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels.data, width, height, channels, through_buffer);
    wb_bytes file = {0};
    wb_error error = {{0}};
    CHECK_OK(wb_bytes_append(&file, "kept", 4), error);
    CHECK_OK(wb_bmp_encode(&raster, &file, &error), error);
    CHECK_BYTES(file.data, "kept", 4);
    const uint8_t *bmp = file.data + 4;
    CHECK_EQUAL(get_u32(bmp + 2), file.size_bytes - 4);
    check_headers(bmp, width, height, channels);
    const size_t row_bytes = (width * channels + 3) / 4 * 4;
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = bmp + get_u32(bmp + 10) + (height - 1 - y) * row_bytes;
        const uint8_t *pixel = pixels.data + y * width * channels;
        for (size_t i = 0; i < width * channels; i++)
            CHECK_EQUAL(row[i], pixel[i - i % channels + ORDERS[channels][i % channels]]);
        for (size_t i = width * channels; i < row_bytes; i++)
            CHECK_EQUAL(row[i], 0);
    }
    wb_bytes_free(&file);
    guarded_free(&pixels);
}

static void test_pixels(void)
{
    for (size_t width = 1; width <= 18; width++)
        for (size_t height = 1; height <= 3; height++) {
            check_image(width, height, 1, width % 2 != 0);
            check_image(width, height, 3, width % 2 == 0);
            check_image(width, height, 4, width % 3 != 0);
        }
    check_image(65500, 2, 3, false);
    check_image(2, 65500, 4, true);
}

static void check_refusal(size_t width, size_t height, unsigned channels, wb_status expected)
{
    memory_rows rows;
    uint8_t pixel[4] = {0};
    wb_raster raster = memory_raster(&rows, pixel, width, height, channels, false);
    wb_bytes file = {0};
    wb_error error = {{0}};
    CHECK_STATUS(wb_bmp_encode(&raster, &file, &error), expected, error);
    CHECK(file.data == NULL);
}

static void test_refusals(void)
{
    check_refusal(5, 0, 3, WB_EMPTY);
    check_refusal(1, 1, 2, WB_BAD_ARGUMENT);
    check_refusal(1, 1, 0, WB_BAD_ARGUMENT);
    check_refusal(65500, 65500, 3, WB_TOO_LARGE);
    check_refusal(1, (UINT32_MAX - 54) / 4 + 1, 3, WB_TOO_LARGE);
    check_refusal(SIZE_MAX, 1, 4, WB_TOO_LARGE);
    check_refusal(SIZE_MAX / 4 + 1, 4, 4, WB_TOO_LARGE);
    check_refusal((size_t)1 << 31, 1, 1, WB_TOO_LARGE);
}

static wb_status encode_scenario(void *context)
{
    wb_bytes file = {0};
    wb_error error = {{0}};
    wb_status status = wb_bmp_encode(context, &file, &error);
    if (status != WB_OK)
        CHECK_EQUAL(file.size_bytes, 0);
    wb_bytes_free(&file);
    return status;
}

static void test_allocations(void)
{
    memory_rows rows;
    uint8_t pixels[12] = {0};
    wb_raster raster = memory_raster(&rows, pixels, 2, 2, 3, true);
    check_every_allocation("wb_bmp_encode", encode_scenario, &raster);
}

int main(void)
{
    RUN(test_pixels);
    RUN(test_refusals);
    RUN(test_allocations);
    return 0;
}
