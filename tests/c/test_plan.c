/* Tests of the plan: which filters and which search the parts of an image get. Pictures are made
 * up here, each of a kind that users log.
 * In: nothing. Out: an exit code. Ownership: plans_of frees the pixels. */
#include "png/plan.h"
#include "png/scratch.h"

#include "check.h"
#include "support.h"

#include <stdlib.h>

/* A part has some 800 rows of gray and 270 of RGB. */
enum { WIDTH = 320, HEIGHT = 3200, PART_ROWS = 400 };

/* Slow waves with grain, as photographs have; of a channel of its own each. */
static uint8_t photo_byte(size_t x, size_t y, size_t channel)
{
    uint32_t grain = (uint32_t)(x * 2654435761u ^ y * 40503u * 7919u ^ channel * 97u);
    grain ^= grain >> 15;
    grain *= 2246822519u;
    return (uint8_t)(90 + x / 5 + y / 4 + channel * 20 + (grain >> 28));
}

/* Photographs beside each other, on black. */
static uint8_t padded_photos_byte(size_t x, size_t y, size_t channel)
{
    return x % 600 < 350 ? 0 : photo_byte(x, y, channel);
}

/* A photograph that was a JPEG: each column of eight rows changes at a rate of its own. Half of the
 * columns have grain. */
static uint8_t jpeg_byte(size_t x, size_t y, size_t channel)
{
    uint32_t block = (uint32_t)((x * 2654435761u ^ y / 8 * 40503u * 7919u ^ channel * 97u)
                                * 2246822519u);
    block ^= block >> 15;
    uint32_t rate = block >> 8 & 7;
    uint8_t grain = x / 16 % 2 == 0 ? photo_byte(x, y, channel) & 7 : 0;
    return (uint8_t)((block & 63) + 90 + rate * (y % 8) + grain);
}

/* White dots on black. */
static uint8_t dots_byte(size_t x, size_t y, size_t channel)
{
    (void)channel;
    uint32_t place = (uint32_t)(x * 2654435761u ^ y * 40503u * 7919u);
    place = (place ^ place >> 15) * 2246822519u;
    return place >> 16 < 2000 ? 255 : 0;
}

/* A surface in steps, as of a depth map: their edges are curved, and none comes again. */
static uint8_t surface_byte(size_t x, size_t y, size_t channel)
{
    return (uint8_t)((x * (x + 40) + y * y / 32 + channel * 999) >> 13);
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

/* Bands of a colour map: neighbours differ, but the colours are few. */
static uint8_t colour_map_byte(size_t x, size_t y, size_t channel)
{
    uint32_t value = (uint32_t)(x / 2 * 2654435761u ^ y / 2 * 40503u * 7919u) >> 27;
    return (uint8_t)(value * 40503u >> (3 * channel));
}

/* What one filter makes the same in every row, and others do not. */
static uint8_t product_byte(size_t x, size_t y, size_t channel)
{
    (void)channel;
    return (uint8_t)(x * y);
}

/* Each column changes from row to row by an amount of its own. */
static uint8_t column_slopes_byte(size_t x, size_t y, size_t channel)
{
    uint32_t noise = (uint32_t)(x * 2654435761u ^ channel * 40503u * 7919u);
    noise = (noise ^ noise >> 15) * 2246822519u;
    return (uint8_t)((noise >> 8) + (noise >> 16) * y);
}

/* Each row changes from column to column by an amount of its own. */
static uint8_t row_slopes_byte(size_t x, size_t y, size_t channel)
{
    return column_slopes_byte(y, x, channel);
}

/* A page of both. */
static uint8_t photo_above_text_byte(size_t x, size_t y, size_t channel)
{
    return y < HEIGHT / 2 ? photo_byte(x, y, channel) : text_byte(x, y, channel);
}

static uint8_t text_above_photo_byte(size_t x, size_t y, size_t channel)
{
    return y < HEIGHT / 2 ? text_byte(x, y, channel) : photo_byte(x, y, channel);
}

static uint8_t late_text_byte(size_t x, size_t y, size_t channel)
{
    return y < HEIGHT / 2 ? 255 : text_byte(x, y, channel);
}

/* A stroke with soft edges on black, as a digit that was written by hand. */
static uint8_t stroke_byte(size_t x, size_t y, size_t channel)
{
    return x + y < 17 || x + y > 27 || y < 4 || y > 23 ? 0
                                                       : (uint8_t)(photo_byte(x, y, channel) * 7);
}

static uint8_t grainy_slope_byte(size_t x, size_t y, size_t channel)
{
    return (uint8_t)(3 * x + 5 * y + photo_byte(x, y, channel) % 16);
}

/* Three rows of grain that come again and again. */
static uint8_t woven_byte(size_t x, size_t y, size_t channel)
{
    return (uint8_t)(photo_byte(x, y % 3, channel) * 7);
}

/* One photograph side by side, wider than a tile. */
static uint8_t mosaic_byte(size_t x, size_t y, size_t channel)
{
    return photo_byte(x % 300, y, channel);
}

typedef uint8_t byte_function(size_t x, size_t y, size_t channel);
enum { PARTS = HEIGHT / PART_ROWS };
typedef struct part_plans {
    wb_png_plan part[PARTS];
    wb_png_plans rivals[PARTS];
} part_plans;

/* Of an image that is one part. */
typedef struct image_plan {
    wb_png_plan plan;
    bool is_searched; /* whether the last plan that was tried looked for matches */
} image_plan;

static image_plan plan_of_image(byte_function *byte_at, size_t width, size_t height,
                                unsigned channels)
{
    uint8_t *pixels = malloc(width * height * channels);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(pixels != NULL && scratch != NULL);
    for (size_t i = 0; i < width * height * channels; i++)
        pixels[i] = byte_at(i / channels % width, i / channels / width, i % channels);
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels, width, height, channels, false);
    wb_png_planner planner;
    CHECK(wb_png_planner_init(&planner, &raster, wb_cpu_detect(NULL), &scratch->slots[0].trial)
          == WB_OK);
    wb_png_planner_choose(&planner, 0, height, NULL);
    wb_png_scratch_free(scratch);
    free(pixels);
    return (image_plan){planner.plan, planner.trial.matcher.searches != 0};
}

static part_plans plans_of(byte_function *byte_at, unsigned channels)
{
    uint8_t *pixels = malloc((size_t)WIDTH * HEIGHT * channels);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(pixels != NULL && scratch != NULL);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * channels; i++)
        pixels[i] = byte_at(i / channels % WIDTH, i / channels / WIDTH, i % channels);
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels, WIDTH, HEIGHT, channels, false);
    wb_png_planner planner;
    part_plans plans;
    CHECK(wb_png_planner_init(&planner, &raster, wb_cpu_detect(NULL), &scratch->slots[0].trial)
          == WB_OK);
    for (size_t k = 0; k < PARTS; k++) {
        wb_png_planner_choose(&planner, k * PART_ROWS, PART_ROWS, NULL);
        plans.part[k] = planner.plan;
        plans.rivals[k] = planner.rivals;
    }
    wb_png_scratch_free(scratch);
    free(pixels);
    return plans;
}

static void check_all_parts(byte_function *byte_at, unsigned channels, wb_png_plan plan)
{
    part_plans plans = plans_of(byte_at, channels);
    for (size_t k = 0; k < PARTS; k++)
        CHECK_EQUAL(plans.part[k], plan);
}

static void test_photographs_get_runs(void)
{
    for (unsigned channels = 1; channels <= WB_MAX_CHANNELS; channels++)
        check_all_parts(photo_byte, channels, WB_PNG_RUNS);
}

static void test_mosaics_are_matched(void)
{
    CHECK_EQUAL(plan_of_image(mosaic_byte, 1200, 60, 3).plan, WB_PNG_FILTERED);
}

/* Some tiles show black only. */
static void test_wide_mosaics_are_no_figures(void)
{
    for (unsigned channels = 1; channels <= WB_MAX_CHANNELS; channels++)
        CHECK(plan_of_image(padded_photos_byte, 11520 / channels, 18, channels).plan
              != WB_PNG_PLAIN);
}

static void test_steady_photographs_are_matched(void)
{
    for (unsigned channels = 3; channels <= WB_MAX_CHANNELS; channels++)
        check_all_parts(jpeg_byte, channels, WB_PNG_UP_MATCHES);
}

static void test_dots_are_tried_with_runs(void)
{
    for (unsigned channels = 1; channels <= WB_MAX_CHANNELS; channels++) {
        part_plans plans = plans_of(dots_byte, channels);
        for (size_t k = 0; k < PARTS; k++) {
            CHECK_EQUAL(plans.part[k], WB_PNG_PLAIN);
            CHECK((plans.rivals[k] & 1u << WB_PNG_NONE_RUNS) != 0);
        }
    }
}

static void test_surfaces_are_tried_with_runs(void)
{
    for (unsigned channels = 1; channels <= WB_MAX_CHANNELS; channels++) {
        part_plans plans = plans_of(surface_byte, channels);
        for (size_t k = 0; k < PARTS; k++) {
            CHECK(plans.part[k] != WB_PNG_RUNS);
            CHECK((plans.rivals[k] & 1u << WB_PNG_RUNS) != 0);
        }
    }
}

static void test_gray_kept_as_rgb_is_matched(void)
{
    part_plans plans = plans_of(gray_photo_byte, 3);
    for (size_t k = 0; k < PARTS; k++)
        CHECK(plans.part[k] != WB_PNG_RUNS);
}

static void test_text_and_colour_maps_are_plain(void)
{
    check_all_parts(text_byte, 1, WB_PNG_PLAIN);
    check_all_parts(text_byte, 3, WB_PNG_PLAIN);
    check_all_parts(colour_map_byte, 3, WB_PNG_PLAIN);
}

static void test_products_get_one_filter(void)
{
    check_all_parts(product_byte, 1, WB_PNG_SUB_MATCHES);
    check_all_parts(product_byte, 3, WB_PNG_SUB_MATCHES);
}

/* To all filters but one a slope is noise; that one makes all its rows, or pixels, the same. */
static void test_slopes_get_one_filter(void)
{
    static const size_t SIDES[] = {28, 100, 128, 400};
    for (size_t i = 0; i < sizeof SIDES / sizeof *SIDES; i++)
        for (unsigned channels = 1; channels <= WB_MAX_CHANNELS; channels++) {
            const size_t side = SIDES[i];
            CHECK_EQUAL(plan_of_image(column_slopes_byte, side, side, channels).plan,
                        WB_PNG_UP_MATCHES);
            CHECK_EQUAL(plan_of_image(row_slopes_byte, side, side, channels).plan,
                        WB_PNG_SUB_MATCHES);
        }
}

/* Each part of a page gets its own plan, the part behind the change at the latest. */
static void test_parts_have_their_own_plans(void)
{
    part_plans down = plans_of(photo_above_text_byte, 3);
    CHECK_EQUAL(down.part[0], WB_PNG_RUNS);
    CHECK_EQUAL(down.part[PARTS / 2 - 1], WB_PNG_RUNS);
    CHECK_EQUAL(down.part[PARTS / 2], WB_PNG_PLAIN);
    part_plans up = plans_of(text_above_photo_byte, 3);
    CHECK_EQUAL(up.part[PARTS / 2 - 1], WB_PNG_PLAIN);
    CHECK_EQUAL(up.part[PARTS / 2], WB_PNG_RUNS);
    part_plans late = plans_of(late_text_byte, 1);
    CHECK_EQUAL(late.part[PARTS / 2], WB_PNG_PLAIN);
    CHECK_EQUAL(late.part[PARTS - 1], WB_PNG_PLAIN);
}

/* Matches are searched only where what runs leave repeats. */
static void test_small_gray_images(void)
{
    enum { SIDE = 28 };
    const struct {
        byte_function *byte_at;
        image_plan expected;
    } CASES[] = {
        {stroke_byte, {WB_PNG_NONE_RUNS, false}},
        {grainy_slope_byte, {WB_PNG_RUNS, false}},
        {woven_byte, {WB_PNG_PLAIN, true}},
        {product_byte, {WB_PNG_UP_MATCHES, true}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const image_plan found = plan_of_image(CASES[i].byte_at, SIDE, SIDE, 1);
        CHECK_EQUAL(found.plan, CASES[i].expected.plan);
        CHECK_EQUAL(found.is_searched, CASES[i].expected.is_searched);
    }
}

int main(void)
{
    RUN(test_photographs_get_runs);
    RUN(test_mosaics_are_matched);
    RUN(test_wide_mosaics_are_no_figures);
    RUN(test_steady_photographs_are_matched);
    RUN(test_dots_are_tried_with_runs);
    RUN(test_surfaces_are_tried_with_runs);
    RUN(test_gray_kept_as_rgb_is_matched);
    RUN(test_text_and_colour_maps_are_plain);
    RUN(test_products_get_one_filter);
    RUN(test_slopes_get_one_filter);
    RUN(test_parts_have_their_own_plans);
    RUN(test_small_gray_images);
    return 0;
}
