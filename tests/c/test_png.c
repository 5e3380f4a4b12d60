/* Tests of the PNG encoder: what it writes decodes to what it was given, whatever the shape, the
 * content, the level and the CPU. In: nothing. Out: an exit code. Ownership: each test frees. */
#include "png/encode.h"

#include "base/fitted.h"
#include "check.h"
#include "deflate/format.h"
#include "files.h"
#include "image.h"
#include "support.h"

typedef enum content {
    NOISE,
    CONSTANT,
    RAMP,     /* smooth, as a photograph */
    FEW,      /* four values, in no order */
    PERIODIC, /* a pattern of odd length, so that it wanders over the rows */
    BLOCKS,   /* flat squares */
    REPEATED, /* every second row like the one above */
    BYTES,    /* all 256 values equally often */
    SKEWED,   /* frequencies as Fibonacci numbers: the deepest Huffman tree there is */
    TRIPLES,  /* gray kept as RGB, with a slow drift */
    GRAINY,   /* the same with grain, as photographs */
    STRIPES,  /* bands of some rows, each of another kind */
    CONTENTS
} content;

static uint8_t skewed_byte(uint64_t random)
{
    /* Symbol k with a probability of about 0.618 to the k: 158 of 256. */
    uint8_t k = 0;
    while (k < 40 && (random & 0xff) < 98) {
        random = random >> 8 | random << 56;
        random *= 0x9E3779B97F4A7C15u;
        random ^= random >> 29;
        k++;
    }
    return k;
}

static uint8_t content_byte(content kind, size_t i, size_t row_bytes, uint64_t *state)
{
    size_t y = i / row_bytes, x = i % row_bytes;
    switch (kind) {
    case NOISE: return (uint8_t)(random_next(state) >> 56);
    case CONSTANT: return 77;
    case RAMP: return (uint8_t)(x / 3 + y / 2 + (random_next(state) >> 62));
    case FEW: return (uint8_t)(60 * (random_next(state) >> 62));
    case PERIODIC: return (uint8_t)((i % 37) * (i % 37));
    case BLOCKS: return (uint8_t)((x / 24 * 7 + y / 16 * 13) % 11 * 20);
    case REPEATED: return (uint8_t)((x * 2654435761u + y / 2 * 40503u) >> 11);
    case BYTES: return (uint8_t)(i * 167 + i / 256);
    case SKEWED: return skewed_byte(random_next(state));
    case TRIPLES: return (uint8_t)((x / 3 * 5 + y * 3 + (x / 3 * x / 3 + y) % 7) & 0xff);
    case GRAINY:
        return (uint8_t)(x / 3 + (uint32_t)(x / 3 * 2654435761u + y * 40503u * 7919u) % 23);
    case STRIPES: return content_byte((content)(y / 9 * 5 % STRIPES), i, row_bytes, state);
    default: return 0;
    }
}

static void fill(content kind, size_t row_bytes, uint8_t *pixels, size_t size_bytes)
{
    uint64_t state = 1 + (uint64_t)kind;
    for (size_t i = 0; i < size_bytes; i++)
        pixels[i] = content_byte(kind, i, row_bytes, &state);
}

/* Encodes for every set of instructions, on one thread and on three, from the rows themselves and
 * from copies, and in a scratch that other images have used; all have to give the same file, and it
 * the pixels. */
static size_t check_image(wb_png_scratch *scratch, const uint8_t *pixels, size_t width,
                          size_t height, unsigned channels, int level)
{
    static const char *const DISABLED[] = {"", "avx512", "avx2", "sse2,neon"};
    wb_bytes first = {0};
    wb_error error = {{0}};
    for (size_t i = 0; i < sizeof DISABLED / sizeof DISABLED[0]; i++) {
        memory_rows rows;
        wb_raster raster = memory_raster(&rows, pixels, width, height, channels, i % 2 == 0);
        wb_png_options options = {.compress_level = level};
        const wb_machine machine = {wb_cpu_detect(DISABLED[i]), i % 2 == 0 ? 1 : 3};
        wb_bytes file = {0};
        CHECK_OK(wb_png_encode(&raster, &options, machine, scratch, &file, &error), error);
        if (i == 0) {
            first = file;
            check_png_file(&file, pixels, width, height, channels);
            continue;
        }
        CHECK_EQUAL(file.size_bytes, first.size_bytes);
        CHECK_BYTES(file.data, first.data, first.size_bytes);
        wb_bytes_free(&file);
    }
    size_t size_bytes = first.size_bytes;
    wb_bytes_free(&first);
    return size_bytes;
}

static void check_shape(size_t width, size_t height, unsigned channels, int level)
{
    size_t row_bytes = width * channels, size_bytes = row_bytes * height;
    guarded memory = guarded_new(size_bytes, GUARD_AFTER);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    for (int kind = 0; kind < CONTENTS; kind++) {
        fill((content)kind, row_bytes, memory.data, size_bytes);
        size_t file_bytes = check_image(scratch, memory.data, width, height, channels, level);
        if (kind == NOISE && level == WB_PNG_LEVEL_FAST && size_bytes >= 20000)
            CHECK(file_bytes * 100 <= (size_bytes + height) * 101);
    }
    wb_png_scratch_free(scratch);
    guarded_free(&memory);
}

static void test_narrow_shapes(void)
{
    for (size_t width = 1; width <= 70; width++)
        check_shape(width, 1 + width % 4, 1 + (unsigned)width % 4, WB_PNG_LEVEL_FAST);
    for (unsigned channels = 1; channels <= 4; channels++)
        check_shape(1, 1, channels, WB_PNG_LEVEL_FAST);
}

static void test_usual_shapes(void)
{
    check_shape(28, 28, 1, WB_PNG_LEVEL_FAST);
    check_shape(32, 32, 3, WB_PNG_LEVEL_FAST);
    check_shape(255, 257, 1, WB_PNG_LEVEL_FAST);
    check_shape(131, 97, 2, WB_PNG_LEVEL_FAST);
    check_shape(203, 301, 3, WB_PNG_LEVEL_FAST); /* more than one block */
    check_shape(320, 240, 4, WB_PNG_LEVEL_FAST);
}

static void test_extreme_shapes(void)
{
    check_shape(65500, 1, 4, WB_PNG_LEVEL_FAST); /* a row beyond DEFLATE's window */
    check_shape(1, 9999, 1, WB_PNG_LEVEL_FAST);
    check_shape(20000, 5, 4, WB_PNG_LEVEL_FAST);
    check_shape(3, 5001, 3, WB_PNG_LEVEL_FAST);
    for (size_t more = 0; more < 3;
         more++) /* the line above is at the window's end, or behind it */
        check_shape(WB_DEFLATE_WINDOW_BYTES - 2 + more, 5, 1, WB_PNG_LEVEL_FAST);
}

/* More than one part and more than one segment; the window moves, codes are kept. */
static void test_many_parts(void)
{
    enum { SIZE_BYTES = 2 * WB_FIT_SEGMENT_BYTES + 8 * WB_DEFLATE_WINDOW_BYTES };
    check_shape(333, 300, 3, WB_PNG_LEVEL_FAST);
    check_shape(701, SIZE_BYTES / (701 * 3), 3, WB_PNG_LEVEL_FAST);
    check_shape(1, SIZE_BYTES / 2, 1, WB_PNG_LEVEL_FAST);
}

static void test_levels(void)
{
    for (int level = 0; level <= 9; level++) {
        check_shape(33, 21, 3, level);
        check_shape(64, 60, 1 + (unsigned)level % 4, level);
    }
}

static void test_constant_is_small(void)
{
    enum { SIDE = 512 };
    wb_png_scratch *scratch = wb_png_scratch_new();
    uint8_t *pixels = wb_allocate(SIDE * SIDE * 3);
    CHECK(scratch != NULL && pixels != NULL);
    memset(pixels, 200, SIDE * SIDE * 3);
    CHECK(check_image(scratch, pixels, SIDE, SIDE, 3, WB_PNG_LEVEL_FAST) < SIDE * SIDE * 3 / 100);
    wb_release(pixels);
    wb_png_scratch_free(scratch);
}

/* Reads a chunk's length; PNG is big-endian. */
static size_t get_32(const uint8_t *from)
{
    return (size_t)from[0] << 24 | (size_t)from[1] << 16 | (size_t)from[2] << 8 | from[3];
}

static void test_palette(void)
{
    enum { WIDTH = 40, HEIGHT = 30, COLOURS = 7 };
    uint8_t indices[WIDTH * HEIGHT], palette[3 * COLOURS];
    for (size_t i = 0; i < sizeof indices; i++)
        indices[i] = (uint8_t)(i / 5 % COLOURS);
    for (size_t i = 0; i < sizeof palette; i++)
        palette[i] = (uint8_t)(11 * i);
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, indices, WIDTH, HEIGHT, 1, false);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    for (int level = WB_PNG_LEVEL_FAST; level <= 9; level++) {
        wb_png_options options = {level, palette, COLOURS};
        const wb_machine machine = {.cpu = wb_cpu_detect(NULL)};
        wb_bytes file = {0};
        wb_error error = {{0}};
        CHECK_OK(wb_png_encode(&raster, &options, machine, scratch, &file, &error), error);
        CHECK_EQUAL(file.data[25], 3); /* colour type: indexed */
        CHECK_BYTES(file.data + 37, "PLTE", 4);
        CHECK_EQUAL(get_32(file.data + 33), sizeof palette);
        CHECK_BYTES(file.data + 41, palette, sizeof palette);
        wb_decoded decoded;
        CHECK_OK(wb_image_decode(&(wb_encoded){file.data, file.size_bytes, WIDTH * HEIGHT, false},
                                 &decoded, &error),
                 error);
        CHECK_TEXT(decoded.mode, "P");
        CHECK_BYTES(decoded.pixels.data, indices, sizeof indices);
        wb_decoded_free(&decoded);
        wb_bytes_free(&file);
    }
    wb_png_scratch_free(scratch);
}

static void test_arguments(void)
{
    uint8_t pixels[16] = {0}, palette[6] = {0};
    memory_rows rows;
    wb_png_scratch *scratch = wb_png_scratch_new();
    wb_bytes file = {0};
    wb_error error = {{0}};
    CHECK(scratch != NULL);
    CHECK_OK(wb_bytes_append(&file, "kept", 4), error);
    wb_raster good = memory_raster(&rows, pixels, 2, 2, 4, false);
    wb_png_options options = {.compress_level = WB_PNG_LEVEL_FAST};
    const wb_machine machine = {.cpu = WB_CPU_PORTABLE};
    wb_raster raster = good;
    raster.width = 0;
    CHECK_STATUS(wb_png_encode(&raster, &options, machine, scratch, &file, &error), WB_EMPTY,
                 error);
    raster = good;
    raster.channels = 5;
    CHECK_STATUS(wb_png_encode(&raster, &options, machine, scratch, &file, &error), WB_BAD_SHAPE,
                 error);
    raster = good;
    raster.height = (size_t)1 << 31;
    CHECK_STATUS(wb_png_encode(&raster, &options, machine, scratch, &file, &error), WB_TOO_LARGE,
                 error);
    options.compress_level = 10;
    CHECK_STATUS(wb_png_encode(&good, &options, machine, scratch, &file, &error), WB_BAD_ARGUMENT,
                 error);
    CHECK_TEXT(error.detail, "10");
    options = (wb_png_options){WB_PNG_LEVEL_FAST, palette, 2};
    CHECK_STATUS(wb_png_encode(&good, &options, machine, scratch, &file, &error), WB_BAD_ARGUMENT,
                 error);
    CHECK_EQUAL(file.size_bytes, 4);
    options.palette_rgb = NULL;
    CHECK_OK(wb_png_encode(&good, &options, machine, scratch, &file, &error), error);
    CHECK_BYTES(file.data, "kept\x89PNG", 8);
    wb_bytes_free(&file);
    wb_png_scratch_free(scratch);
    wb_png_scratch_free(NULL);
}

typedef struct encode_scenario {
    content kind;
    int level;
} encode_scenario;

static wb_status encode_once(void *context)
{
    enum { WIDTH = 90, HEIGHT = 70 };
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    const encode_scenario *scenario = context;
    fill(scenario->kind, WIDTH * 3, pixels, sizeof pixels);
    wb_png_scratch *scratch = wb_png_scratch_new();
    if (scratch == NULL)
        return WB_OUT_OF_MEMORY;
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels, WIDTH, HEIGHT, 3, true);
    wb_png_options options = {.compress_level = scenario->level};
    const wb_machine machine = {.cpu = wb_cpu_detect(NULL)};
    wb_bytes file = {0};
    wb_status status = wb_png_encode(&raster, &options, machine, scratch, &file, NULL);
    CHECK(status == WB_OK || file.size_bytes == 0);
    wb_decoded decoded = {0};
    if (status == WB_OK)
        status = wb_image_decode(&(wb_encoded){file.data, file.size_bytes, WIDTH * HEIGHT, false},
                                 &decoded, NULL);
    if (status == WB_OK)
        CHECK_BYTES(decoded.pixels.data, pixels, sizeof pixels);
    wb_decoded_free(&decoded);
    wb_png_scratch_trim(scratch, 1 << 20);
    wb_png_scratch_trim(scratch, 0);
    wb_bytes_free(&file);
    wb_png_scratch_free(scratch);
    return status;
}

static void test_allocations(void)
{
    encode_scenario scenarios[] = {{RAMP, WB_PNG_LEVEL_FAST},
                                   {BLOCKS, WB_PNG_LEVEL_FAST},
                                   {NOISE, WB_PNG_LEVEL_FAST},
                                   {RAMP, 6}};
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        check_every_allocation("wb_png_encode", encode_once, &scenarios[i]);
}

int main(void)
{
    RUN(test_narrow_shapes);
    RUN(test_usual_shapes);
    RUN(test_extreme_shapes);
    RUN(test_many_parts);
    RUN(test_levels);
    RUN(test_constant_is_small);
    RUN(test_palette);
    RUN(test_arguments);
    RUN(test_allocations);
    return 0;
}
