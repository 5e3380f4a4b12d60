/* Tests of the plan: which filters and which search an image gets. Pictures are made up here, each
 * of a kind that users log. In: nothing. Out: an exit code. Ownership: plan_of
 * frees the pixels. */
#include "png/plan.h"

#include "check.h"
#include "support.h"

#include <stdlib.h>

enum { WIDTH = 320, HEIGHT = 240 };

/* Slow waves with grain, as photographs have; of a channel of its own each. */
static uint8_t photo_byte(size_t x, size_t y, size_t channel)
{
    uint32_t grain = (uint32_t)(x * 2654435761u ^ y * 40503u * 7919u ^ channel * 97u);
    grain ^= grain >> 15;
    grain *= 2246822519u;
    return (uint8_t)(90 + x / 5 + y / 4 + channel * 20 + (grain >> 28));
}

/* The same in all channels. */
static uint8_t gray_photo_byte(size_t x, size_t y, size_t channel)
{
    (void)channel;
    return photo_byte(x, y, 0);
}

/* Lines of glyphs, 8 x 10 pixels, some twenty different ones, in words that come again. */
static uint8_t text_byte(size_t x, size_t y, size_t channel)
{
    (void)channel;
    uint32_t glyph = (uint32_t)((x / 8 % 13 * 2654435761u ^ y / 14 % 4 * 40503u) >> 7) % 20;
    uint32_t row = (uint32_t)(y % 14);
    if (row > 9 || glyph < 4)
        return 255;
    return (glyph * 2654435761u + row * 2246822519u) >> (8 + x % 8) & 1 ? 20 : 255;
}

/* Columns of labels, whose edges wander: in a row every tenth moves. */
static uint8_t mask_byte(size_t x, size_t y, size_t channel)
{
    (void)channel;
    uint8_t label = 0;
    for (uint64_t k = 1; k <= 12; k++) {
        size_t edge = 24 * k;
        uint64_t state = k;
        for (size_t i = 0; i < y; i++) {
            uint64_t random = random_next(&state) >> 32;
            edge += random % 10 == 0 ? (random / 10 % 2 == 0 ? 1 : SIZE_MAX) : 0;
        }
        label = (uint8_t)(label + (x > edge));
    }
    return label;
}

/* A page of both, and one whose upper third is empty. */
static uint8_t photo_above_text_byte(size_t x, size_t y, size_t channel)
{
    return y < HEIGHT / 6 ? photo_byte(x, y, channel) : text_byte(x, y, channel);
}

static uint8_t text_above_photo_byte(size_t x, size_t y, size_t channel)
{
    return y < HEIGHT * 5 / 6 ? text_byte(x, y, channel) : photo_byte(x, y, channel);
}

static uint8_t late_text_byte(size_t x, size_t y, size_t channel)
{
    return y < HEIGHT / 3 ? 255 : text_byte(x, y, channel);
}

typedef uint8_t byte_function(size_t x, size_t y, size_t channel);

static wb_png_plan plan_of(byte_function *byte_at, unsigned channels)
{
    uint8_t *pixels = malloc((size_t)WIDTH * HEIGHT * channels);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(pixels != NULL && scratch != NULL);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * channels; i++)
        pixels[i] = byte_at(i / channels % WIDTH, i / channels / WIDTH, i % channels);
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels, WIDTH, HEIGHT, channels, false);
    wb_png_options options = {.compress_level = WB_PNG_LEVEL_FAST, .cpu = wb_cpu_detect(NULL)};
    wb_png_plan plan;
    CHECK(wb_png_plan_choose(&raster, &options, scratch, &plan) == WB_OK);
    wb_png_scratch_free(scratch);
    free(pixels);
    return plan;
}

static void test_photographs_are_filtered_with_runs(void)
{
    for (unsigned channels = 1; channels <= WB_MAX_CHANNELS; channels++) {
        wb_png_plan plan = plan_of(photo_byte, channels);
        CHECK_EQUAL(plan.filters, WB_PNG_FILTERS_ADAPTIVE);
        CHECK(!plan.matched);
    }
}

static void test_gray_kept_as_rgb_is_correlated(void)
{
    CHECK(plan_of(gray_photo_byte, 3).correlated);
    CHECK(!plan_of(photo_byte, 3).correlated);
}

static void test_text_is_matched_unfiltered(void)
{
    wb_png_plan plan = plan_of(text_byte, 1);
    CHECK_EQUAL(plan.filters, WB_PNG_FILTERS_NONE);
    CHECK(plan.matched);
}

static void test_masks_are_up_and_runs(void)
{
    wb_png_plan plan = plan_of(mask_byte, 1);
    CHECK_EQUAL(plan.filters, WB_PNG_FILTERS_UP);
    CHECK(!plan.matched);
}

/* What one part of a page is must not hide what the other is: with runs the text would be three
 * times as large. */
static void test_pages_with_text_are_matched(void)
{
    CHECK(plan_of(photo_above_text_byte, 1).matched);
    CHECK(plan_of(text_above_photo_byte, 1).matched);
}

/* What bands of nothing cost tells nothing. */
static void test_empty_space_decides_nothing(void)
{
    CHECK(plan_of(late_text_byte, 1).matched);
}

int main(void)
{
    RUN(test_photographs_are_filtered_with_runs);
    RUN(test_gray_kept_as_rgb_is_correlated);
    RUN(test_text_is_matched_unfiltered);
    RUN(test_masks_are_up_and_runs);
    RUN(test_pages_with_text_are_matched);
    RUN(test_empty_space_decides_nothing);
    return 0;
}
