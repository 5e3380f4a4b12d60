/* Tests of the changes between L, LA, RGB and RGBA.
 * In: random pixels. Out: an exit code. Ownership: each test frees what it makes. */
#include "pixels/mode.h"

#include "check.h"
#include "support.h"

enum { WIDTH = 67, HEIGHT = 3 };

/* One pixel changed by the plainest words for it, as Pillow documents its conversions. */
static void change_plainly(const uint8_t *from, unsigned from_channels, uint8_t *to,
                           unsigned to_channels)
{
    unsigned red = from[0];
    unsigned green = from_channels >= 3 ? from[1] : red;
    unsigned blue = from_channels >= 3 ? from[2] : red;
    unsigned alpha = from_channels == 2 ? from[1] : from_channels == 4 ? from[3] : 255;
    unsigned gray = from_channels < 3
                        ? red
                        : (red * 19595 + green * 38470 + blue * 7471 + 0x8000) / 65536;
    const unsigned values[5][4] = {
        {0}, {gray}, {gray, alpha}, {red, green, blue}, {red, green, blue, alpha}};
    for (unsigned c = 0; c < to_channels; c++)
        to[c] = (uint8_t)values[to_channels][c];
}

static void check_change(unsigned from, unsigned to, bool through_buffer)
{
    uint8_t pixels[WIDTH * HEIGHT * 4];
    uint64_t random = 1;
    random_fill(&random, pixels, sizeof pixels);
    memory_rows rows;
    wb_raster source = memory_raster(&rows, pixels, WIDTH, HEIGHT, from, through_buffer);
    wb_raster changed;
    wb_error error = {{0}};
    CHECK_OK(wb_mode_convert(&changed, &source, (wb_mode)to, &error), error);
    CHECK_EQUAL(changed.channels, to);
    uint8_t buffer[WIDTH * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES];
    for (size_t y = 0; y < HEIGHT; y++) {
        const uint8_t *row = changed.row(changed.context, y, buffer);
        for (size_t x = 0; x < WIDTH; x++) {
            uint8_t expected[4];
            change_plainly(pixels + (y * WIDTH + x) * from, from, expected, to);
            CHECK_BYTES(row + x * to, expected, to);
        }
    }
}

static void test_every_pair(void)
{
    for (unsigned from = 1; from <= 4; from++)
        for (unsigned to = 1; to <= 4; to++) {
            check_change(from, to, false);
            check_change(from, to, true);
        }
}

static void test_guess_keeps_and_unknown_fails(void)
{
    uint8_t pixel[3] = {1, 2, 3};
    memory_rows rows;
    wb_raster source = memory_raster(&rows, pixel, 1, 1, 3, false);
    wb_raster changed;
    wb_error error = {{0}};
    CHECK_OK(wb_mode_convert(&changed, &source, WB_MODE_GUESS, &error), error);
    CHECK_EQUAL(changed.channels, 3);
    CHECK_STATUS(wb_mode_convert(&changed, &source, (wb_mode)5, &error), WB_BAD_ARGUMENT, error);
}

int main(void)
{
    RUN(test_every_pair);
    RUN(test_guess_keeps_and_unknown_fails);
    return 0;
}
