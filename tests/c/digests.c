/* Prints a digest of everything the core makes of generated inputs, one line each, so that builds
 * for two processors, compilers or instruction sets can be compared with diff.
 * In: WBIMAGE_CPU_DISABLE; as arguments, the first parts of names, to print these lines only.
 * Out: lines of a name and a digest on stdout; the libraries' versions on stderr.
 * Ownership: each group frees what it makes. */
#include <stdarg.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "check.h"
#include "convert/grid.h"
#include "convert/mask.h"
#include "image.h"
#include "jpeg/encode.h"
#include "pictures.h"
#include "pixels/elements.h"
#include "png/level.h"
#include "probe/probe.h"
#include "samples.h"
#include "support.h"
#include "values.h"

static int wanted_count;
static char **wanted;
static wb_cpu cpu;
static wb_png_scratch *scratch;

/* FNV-1a of 64 bits: short, and its own, so that no library's checksum hides a difference. */
typedef uint64_t digest;
static const digest DIGEST_START = 0xCBF29CE484222325u;

static digest digest_add(digest d, const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size_bytes; i++)
        d = (d ^ bytes[i]) * 0x100000001B3u;
    return d;
}

static digest digest_number(digest d, uint64_t number)
{
    for (unsigned i = 0; i < 8; i++)
        d = (d ^ (number >> 8 * i & 0xFF)) * 0x100000001B3u;
    return d;
}

/* Elements of native byte order, as the bytes of a little-endian machine. */
static digest digest_elements(digest d, const void *data, size_t count, size_t size_bytes)
{
    static const uint16_t one = 1;
    const bool is_little = *(const uint8_t *)&one == 1;
    const uint8_t *bytes = data;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < size_bytes; k++)
            d = digest_add(d, bytes + i * size_bytes + (is_little ? k : size_bytes - 1 - k), 1);
    return d;
}

/* A failure's digest is that of its status and its text. */
static digest digest_failure(wb_status status, const wb_error *error)
{
    return digest_add(digest_number(DIGEST_START, (uint64_t)status), error->detail,
                      strlen(error->detail));
}

/* Composes the name of a line in `name` and says whether it is wanted. */
static char name[160];

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static bool
is_wanted(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    for (int i = 0; i < wanted_count; i++)
        if (strncmp(name, wanted[i], strlen(wanted[i])) == 0)
            return true;
    return wanted_count == 0;
}

static void print_digest(digest d)
{
    printf("%s %016llx\n", name, (unsigned long long)d);
}

static void print_file(wb_status status, wb_bytes *file, const wb_error *error)
{
    print_digest(status == WB_OK ? digest_add(DIGEST_START, file->data, file->size_bytes)
                                 : digest_failure(status, error));
    wb_bytes_free(file);
}

static void print_encoded(const wb_view *view, const wb_image_options *options)
{
    wb_bytes file = {0};
    wb_image_info info = {0};
    wb_error error = {{0}};
    print_file(wb_image_encode(view, options, scratch, &file, &info, &error), &file, &error);
}

static void print_encoded_rows(const wb_raster *rows, const wb_image_options *options)
{
    wb_bytes file = {0};
    wb_image_info info = {0};
    wb_error error = {{0}};
    print_file(wb_raster_encode(rows, options, scratch, &file, &info, &error), &file, &error);
}

/* ---- encoders -------------------------------------------------------------------------------- */

static const size_t SIZES[][2] = {{1, 1},     {1, 7},    {7, 1},     {2, 2},    {3, 5},   {16, 16},
                                  {31, 33},   {32, 32},  {33, 31},   {64, 64},  {65, 63}, {127, 9},
                                  {128, 128}, {129, 40}, {1000, 1},  {1, 1000}, {257, 3}, {3, 257},
                                  {511, 65},  {4099, 2}, {300, 220}, {640, 401}};
enum { SIZES_COUNT = sizeof SIZES / sizeof SIZES[0] };

static void encode(wb_file_type type, const uint8_t *pixels, size_t width, size_t height,
                   unsigned channels, int level, const uint8_t *palette)
{
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels, width, height, channels, false);
    wb_image_options options = {.file_type = type,
                                .quality = level,
                                .png = {.compress_level = level,
                                        .palette_rgb = palette,
                                        .palette_count = palette == NULL ? 0 : 256},
                                .machine = {.cpu = cpu}};
    print_encoded_rows(&raster, &options);
}

static void digest_encoders(void)
{
    static const int QUALITIES[] = {1, 50, 75, 95, 100};
    uint8_t palette[3 * 256];
    uint64_t random = 11;
    random_fill(&random, palette, sizeof palette);
    for (unsigned kind = 0; kind < PICTURE_KINDS; kind++)
        for (unsigned channels = 1; channels <= 4; channels++)
            for (size_t i = 0; i < SIZES_COUNT; i++) {
                const size_t width = SIZES[i][0], height = SIZES[i][1];
                const char *picture = picture_name((picture_kind)kind);
                uint8_t *pixels = picture_new((picture_kind)kind, width, height, channels,
                                              100 * kind + i);
                if (is_wanted("png-fast/%s/%zux%zux%u", picture, width, height, channels))
                    encode(WB_FILE_PNG, pixels, width, height, channels, WB_PNG_LEVEL_FAST, NULL);
                if (channels == 1 && is_wanted("png-palette/%s/%zux%zu", picture, width, height))
                    encode(WB_FILE_PNG, pixels, width, height, 1, WB_PNG_LEVEL_FAST, palette);
                for (int level = 0; level <= 9; level++)
                    if (i % 10 == (size_t)level
                        && is_wanted("png-level/%d/%s/%zux%zux%u", level, picture, width, height,
                                     channels))
                        encode(WB_FILE_PNG, pixels, width, height, channels, level, NULL);
                const int quality = QUALITIES[i % (sizeof QUALITIES / sizeof QUALITIES[0])];
                if (channels != 2
                    && is_wanted("jpeg/%d/%s/%zux%zux%u", quality, picture, width, height,
                                 channels))
                    encode(WB_FILE_JPEG, pixels, width, height, channels, quality, NULL);
                if (channels != 2
                    && is_wanted("bmp/%s/%zux%zux%u", picture, width, height, channels))
                    encode(WB_FILE_BMP, pixels, width, height, channels, 0, NULL);
                free(pixels);
            }
}

/* ---- conversion ------------------------------------------------------------------------------ */

typedef enum layout {
    LAYOUT_PACKED,
    LAYOUT_PLANES,   /* channels first in memory */
    LAYOUT_REVERSED, /* rows, columns and channels from last to first */
    LAYOUT_SPACED,   /* unused elements between columns and rows */
    LAYOUT_TURNED,   /* columns are the rows of memory */
    LAYOUTS
} layout;

static const char *const LAYOUT_NAMES[LAYOUTS] = {"packed", "planes", "reversed", "spaced",
                                                  "turned"};

/* A view of `values`, which has room for height * width * channels * 4 elements. */
static wb_view make_view(const uint8_t *values, wb_dtype dtype, bool is_swapped, size_t height,
                         size_t width, unsigned channels, layout kind)
{
    const ptrdiff_t item = (ptrdiff_t)wb_dtype_size_bytes(dtype), h = (ptrdiff_t)height,
                    w = (ptrdiff_t)width, c = (ptrdiff_t)channels;
    wb_view view = {.data = values,
                    .dtype = dtype,
                    .is_byte_swapped = is_swapped,
                    .height = height,
                    .width = width,
                    .channels = channels,
                    .row_stride_bytes = item * c * w,
                    .column_stride_bytes = item * c,
                    .channel_stride_bytes = item};
    switch (kind) {
    case LAYOUT_PLANES:
        view.row_stride_bytes = item * w;
        view.column_stride_bytes = item;
        view.channel_stride_bytes = item * w * h;
        break;
    case LAYOUT_REVERSED:
        view.data += item * (c * w * h - 1);
        view.row_stride_bytes *= -1;
        view.column_stride_bytes *= -1;
        view.channel_stride_bytes *= -1;
        break;
    case LAYOUT_SPACED:
        view.column_stride_bytes = item * c * 2;
        view.row_stride_bytes = item * c * w * 3;
        break;
    case LAYOUT_TURNED:
        view.row_stride_bytes = item * c;
        view.column_stride_bytes = item * c * h;
        break;
    default: break;
    }
    return view;
}

static void print_conversion(const wb_view *view, const wb_normalize *normalize)
{
    wb_conversion conversion;
    wb_error error = {{0}};
    const wb_status status = wb_conversion_plan(&conversion, view, normalize, one_thread(cpu),
                                                &error);
    if (status != WB_OK) {
        print_digest(digest_failure(status, &error));
        return;
    }
    digest d = digest_number(DIGEST_START, conversion.found_nan);
    uint8_t *row = malloc(view->width * view->channels);
    CHECK(row != NULL);
    for (size_t y = 0; y < view->height; y++) {
        wb_conversion_write_row(&conversion, view, y, row);
        d = digest_add(d, row, view->width * view->channels);
    }
    free(row);
    print_digest(d);
}

static const struct {
    const char *name;
    wb_normalize normalize;
} RULES[] = {
    {"default", {.rule = WB_NORMALIZE_DEFAULT}},
    {"none", {.rule = WB_NORMALIZE_NONE}},
    {"torch", {.rule = WB_NORMALIZE_TORCH}},
    {"limits", {.rule = WB_NORMALIZE_LIMITS, .lo = -3.7, .hi = 200.3}},
    {"unit", {.rule = WB_NORMALIZE_LIMITS, .lo = 0, .hi = 1}},
    {"colormap", {.rule = WB_NORMALIZE_DEFAULT, .nan_value = 255, .top_value = 254}},
};
enum { RULES_COUNT = sizeof RULES / sizeof RULES[0] };

static void digest_conversions(void)
{
    static const size_t sides[][3] = {{1, 1, 1}, {5, 67, 1}, {9, 33, 3}, {4, 130, 4}};
    enum { SHAPES = sizeof sides / sizeof sides[0], MOST = 4 * 4 * 130 * 4 };
    uint8_t *values = malloc(MOST * sizeof(uint64_t));
    CHECK(values != NULL);
    for (unsigned dtype = 0; dtype < WB_DTYPE_COUNT; dtype++)
        for (unsigned kind = 0; kind < VALUE_KINDS; kind++)
            for (unsigned swapped = 0; swapped < 2; swapped++) {
                values_fill(values, MOST, (wb_dtype)dtype, (value_kind)kind, swapped == 1,
                            dtype * 100 + kind + 1);
                for (unsigned i = 0; i < SHAPES * LAYOUTS * RULES_COUNT; i++) {
                    const size_t *s = sides[i % SHAPES];
                    const layout place = (layout)(i / SHAPES % LAYOUTS);
                    const unsigned rule = i / SHAPES / LAYOUTS;
                    const wb_view view = make_view(values, (wb_dtype)dtype, swapped == 1, s[0],
                                                   s[1], (unsigned)s[2], place);
                    if (is_wanted("convert/%s/%s%s/%s/%s/%zux%zux%zu", RULES[rule].name,
                                  dtype_name((wb_dtype)dtype), swapped == 1 ? "-swapped" : "",
                                  value_kind_name((value_kind)kind), LAYOUT_NAMES[place], s[0],
                                  s[1], s[2]))
                        print_conversion(&view, &RULES[rule].normalize);
                }
            }
    free(values);
}

/* From an array to a file in one call: every mode of every file type. */
static void digest_images(void)
{
    static const char *const types[] = {"png", "jpeg", "bmp"};
    enum { HEIGHT = 37, WIDTH = 150, MOST = 4 * HEIGHT * WIDTH * 4 };
    uint8_t *values = malloc(MOST * sizeof(uint64_t));
    CHECK(values != NULL);
    for (unsigned dtype = 0; dtype < WB_DTYPE_COUNT; dtype++) {
        values_fill(values, MOST, (wb_dtype)dtype, VALUES_SIGNED, false, dtype + 7);
        for (unsigned type = 0; type < 3; type++)
            for (unsigned channels = 1; channels <= 4; channels++)
                for (unsigned mode = 0; mode <= 4; mode++) {
                    if (channels == 2
                        || !is_wanted("image/%s/%s/%u/%s", types[type], dtype_name((wb_dtype)dtype),
                                      channels, mode == 0 ? "own" : wb_mode_name((wb_mode)mode)))
                        continue;
                    const wb_view view = make_view(values, (wb_dtype)dtype, false, HEIGHT, WIDTH,
                                                   channels, LAYOUT_PLANES);
                    const wb_image_options options = {.file_type = (wb_file_type)type,
                                                      .mode = (wb_mode)mode,
                                                      .quality = 80,
                                                      .png = {.compress_level = WB_PNG_LEVEL_FAST},
                                                      .machine = {.cpu = cpu}};
                    print_encoded(&view, &options);
                }
    }
    free(values);
}

/* Samples of 16 bits, from every dtype by every rule, and what libdeflate or zlib makes of them. */
static void digest_sixteen_bits(void)
{
    enum { HEIGHT = 23, WIDTH = 130, MOST = HEIGHT * WIDTH * 4 };
    static const value_kind kinds[] = {VALUES_UNIT, VALUES_WIDE, VALUES_NOT_FINITE};
    uint8_t *values = malloc(MOST * sizeof(uint64_t));
    CHECK(values != NULL);
    for (unsigned dtype = 0; dtype < WB_DTYPE_COUNT; dtype++)
        for (unsigned i = 0; i < 3 * RULES_COUNT; i++) {
            const value_kind kind = kinds[i % 3];
            const unsigned rule = i / 3, channels = i % 3 == 0 ? 1 : 2 + i % 3;
            const int level = i % 2 == 0 ? WB_PNG_LEVEL_FAST : 6;
            if (!is_wanted("png-16/%s/%s/%s/%u/%d", RULES[rule].name, dtype_name((wb_dtype)dtype),
                           value_kind_name(kind), channels, level))
                continue;
            values_fill(values, MOST, (wb_dtype)dtype, kind, false, dtype + i + 1);
            const wb_view view = make_view(values, (wb_dtype)dtype, false, HEIGHT, WIDTH, channels,
                                           LAYOUT_PACKED);
            wb_image_options options = {.file_type = WB_FILE_PNG,
                                        .normalize = RULES[rule].normalize,
                                        .png = {.compress_level = level},
                                        .machine = {.cpu = cpu}};
            options.normalize.is_16_bit = true;
            print_encoded(&view, &options);
        }
    free(values);
}

/* Images of several segments, on several threads. Samples of 16 bits are pairs of bytes. */
static void digest_large_images(void)
{
    enum { WIDTH = 1100, HEIGHT = 900 };
    static const struct {
        const char *name;
        unsigned channels;
        bool is_16_bit;
    } MODES[] = {{"RGB", 3, false}, {"I;16", 1, true}, {"RGB;16", 3, true}};
    for (unsigned i = 0; i < 3 * PICTURE_KINDS; i++) {
        const picture_kind kind = (picture_kind)(i / 3);
        const unsigned channels = MODES[i % 3].channels;
        if (!is_wanted("png-large/%s/%s", picture_name(kind), MODES[i % 3].name))
            continue;
        const size_t samples_width = MODES[i % 3].is_16_bit ? WIDTH * 2 : WIDTH;
        uint8_t *pixels = picture_new(kind, samples_width, HEIGHT, channels, kind);
        memory_rows rows;
        wb_raster raster = memory_raster(&rows, pixels, WIDTH, HEIGHT, channels, false);
        raster.is_16_bit = MODES[i % 3].is_16_bit;
        rows.row_bytes = samples_width * channels;
        const wb_image_options options = {.file_type = WB_FILE_PNG,
                                          .png = {.compress_level = WB_PNG_LEVEL_FAST},
                                          .machine = {.cpu = cpu, .thread_count = 3}};
        print_encoded_rows(&raster, &options);
        free(pixels);
    }
}

/* ---- masks and grids ------------------------------------------------------------------------- */

static void print_mask(const wb_view *view)
{
    wb_bytes values = {0};
    const uint8_t *in_place = NULL;
    uint8_t present[256] = {0};
    wb_error error = {{0}};
    const wb_status status = wb_mask_values(view, cpu, &values, &in_place, present, &error);
    digest d = DIGEST_START;
    if (status != WB_OK)
        d = digest_failure(status, &error);
    else {
        d = digest_add(d, present, sizeof present);
        d = digest_add(d, in_place != NULL ? in_place : values.data, view->height * view->width);
    }
    print_digest(d);
    wb_bytes_free(&values);
}

static void digest_masks(void)
{
    enum { HEIGHT = 21, WIDTH = 131, MOST = HEIGHT * WIDTH * 4 };
    uint8_t *values = malloc(MOST * sizeof(uint64_t));
    CHECK(values != NULL);
    for (unsigned dtype = 0; dtype < WB_DTYPE_COUNT; dtype++)
        for (unsigned kind = 0; kind < VALUE_KINDS; kind++)
            for (unsigned swapped = 0; swapped < 2; swapped++) {
                values_fill(values, MOST, (wb_dtype)dtype, (value_kind)kind, swapped == 1,
                            dtype + 3);
                for (unsigned place = 0; place < LAYOUTS; place++) {
                    const wb_view view = make_view(values, (wb_dtype)dtype, swapped == 1, HEIGHT,
                                                   WIDTH, 1, (layout)place);
                    if (is_wanted("mask/%s%s/%s/%s", dtype_name((wb_dtype)dtype),
                                  swapped == 1 ? "-swapped" : "", value_kind_name((value_kind)kind),
                                  LAYOUT_NAMES[place]))
                        print_mask(&view);
                }
            }
    free(values);
}

static digest digest_grid_copy(const wb_grid *grid, wb_dtype dtype)
{
    const size_t item = wb_dtype_size_bytes(dtype);
    const size_t count = grid->width * grid->height * grid->channels;
    uint8_t *target = malloc(count * item), pad[8];
    CHECK(target != NULL);
    values_fill(pad, 1, dtype, VALUES_BYTES, false, 5);
    wb_grid_copy(grid, pad, target);
    const digest d = digest_elements(DIGEST_START, target, count, item);
    free(target);
    return d;
}

static digest digest_grid_rows(wb_grid *grid)
{
    wb_error error = {{0}};
    const wb_status status = wb_grid_plan(grid, &RULES[2].normalize, one_thread(cpu), &error);
    if (status != WB_OK)
        return digest_failure(status, &error);
    const wb_raster raster = wb_grid_raster(grid);
    uint8_t *buffer = malloc(raster.width * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES);
    CHECK(buffer != NULL);
    digest d = DIGEST_START;
    for (size_t y = 0; y < raster.height; y++)
        d = digest_add(d, raster.row(raster.context, y, buffer), raster.width * raster.channels);
    free(buffer);
    return d;
}

static void digest_grids(void)
{
    enum { HEIGHT = 6, WIDTH = 9, MOST = 9 * HEIGHT * WIDTH * 4 };
    uint8_t *values = malloc(MOST * sizeof(uint64_t));
    CHECK(values != NULL);
    for (unsigned dtype = 0; dtype < WB_DTYPE_COUNT; dtype++) {
        values_fill(values, MOST, (wb_dtype)dtype, VALUES_SIGNED, false, dtype + 1);
        for (size_t count = 1; count <= 9; count += 2)
            for (unsigned channels = 1; channels <= 4; channels++)
                for (size_t padding = 0; padding < 4; padding += 2) {
                    const wb_view view = make_view(values, (wb_dtype)dtype, false, HEIGHT, WIDTH,
                                                   channels, LAYOUT_PLANES);
                    const wb_batch batch = {view, count,
                                            (ptrdiff_t)channels * view.channel_stride_bytes};
                    wb_grid grid;
                    wb_error error = {{0}};
                    CHECK_OK(wb_grid_init(&grid, &batch, 4, padding, &error), error);
                    const char *type = dtype_name((wb_dtype)dtype);
                    if (is_wanted("grid/copy/%s/%zux%u/%zu", type, count, channels, padding))
                        print_digest(digest_grid_copy(&grid, (wb_dtype)dtype));
                    if (is_wanted("grid/rows/%s/%zux%u/%zu", type, count, channels, padding))
                        print_digest(digest_grid_rows(&grid));
                }
    }
    free(values);
}

/* ---- probe and decoders ---------------------------------------------------------------------- */

/* The file whole and with its last byte missing: what the probe says, and the decoded pixels. */
static void print_readers(const char *kind, wb_bytes *file)
{
    for (size_t missing = 0; missing < 2; missing++) {
        const size_t size_bytes = file->size_bytes - missing;
        wb_error error = {{0}};
        if (is_wanted("probe/%s/%zu", kind, missing)) {
            wb_probe probe;
            wb_probe_result result = {0};
            wb_probe_init(&probe);
            wb_status status = wb_probe_feed(&probe, file->data, size_bytes, &error);
            if (status == WB_OK)
                status = wb_probe_finish(&probe, &result, &error);
            digest d = status == WB_OK ? DIGEST_START : digest_failure(status, &error);
            d = digest_number(d, (uint64_t)result.format);
            print_digest(digest_number(digest_number(d, result.width), result.height));
        }
        if (!is_wanted("decode/%s/%zu", kind, missing))
            continue;
        wb_decoded decoded = {0};
        const wb_status status = wb_image_decode(
            &(wb_encoded){file->data, size_bytes, 1 << 20, false}, &decoded, &error);
        digest d = digest_failure(status, &error);
        if (status == WB_OK)
            d = digest_elements(
                digest_add(d, decoded.mode, strlen(decoded.mode)), decoded.pixels.data,
                decoded.width * decoded.height * decoded.channels, decoded.sample_bytes);
        print_digest(d);
        wb_decoded_free(&decoded);
    }
    wb_bytes_free(file);
}

static void digest_readers(void)
{
    enum { WIDTH = 67, HEIGHT = 29, ROW_BYTES = WIDTH * 8 };
    static const unsigned depths[][2] = {{0, 1}, {0, 2},  {0, 4},  {0, 8}, {0, 16},
                                         {2, 8}, {2, 16}, {3, 1},  {3, 2}, {3, 4},
                                         {3, 8}, {4, 8},  {4, 16}, {6, 8}, {6, 16}};
    static const unsigned samples[] = {1, 0, 3, 1, 2, 0, 4};
    uint8_t *rows = picture_new(PICTURE_PHOTO, ROW_BYTES, HEIGHT, 1, 3);
    char kind[64];
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        const unsigned type = depths[i][0], depth = depths[i][1];
        wb_bytes file = sample_png(WIDTH, HEIGHT, depth, type, rows,
                                   (WIDTH * samples[type] * depth + 7) / 8);
        snprintf(kind, sizeof kind, "png/type%u-depth%u", type, depth);
        print_readers(kind, &file);
    }
    for (unsigned i = 0; i < 12; i++) {
        static const unsigned components[] = {1, 3, 4};
        const jpeg_kind options = {components[i % 3], i / 3 % 2 == 1, i / 6 * 2};
        uint8_t *pixels = picture_new(PICTURE_PHOTO, WIDTH, HEIGHT, options.components, i);
        wb_bytes file = sample_jpeg(WIDTH, HEIGHT, pixels, options);
        snprintf(kind, sizeof kind, "jpeg/%u%s-restart%u", options.components,
                 options.is_progressive ? "-progressive" : "", options.restart_rows);
        print_readers(kind, &file);
        free(pixels);
    }
    for (unsigned i = 0; i < 4; i++) {
        static const unsigned bits[] = {24, 32};
        const size_t row_bytes = (WIDTH * bits[i % 2] / 8 + 3) / 4 * 4;
        const int height = i < 2 ? HEIGHT : -HEIGHT;
        wb_bytes file = sample_bmp(40, WIDTH, height, bits[i % 2], 0, NULL, 0, rows,
                                   row_bytes * HEIGHT);
        snprintf(kind, sizeof kind, "bmp/%u-%s", bits[i % 2], i < 2 ? "up" : "down");
        print_readers(kind, &file);
    }
    wb_bytes gif = sample_gif(WIDTH, HEIGHT, 3), webp = sample_webp("VP8X", WIDTH, HEIGHT);
    print_readers("gif", &gif);
    print_readers("webp", &webp);
    free(rows);
}

int main(int argument_count, char **arguments)
{
    wanted_count = argument_count - 1;
    wanted = arguments + 1;
    cpu = wb_cpu_detect(getenv("WBIMAGE_CPU_DISABLE"));
    scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    char features[64];
    wb_cpu_names(cpu, features, sizeof features);
    fprintf(stderr, "%s; %s; %s\n", features, wb_png_library(), wb_jpeg_library());
    digest_encoders();
    digest_conversions();
    digest_images();
    digest_sixteen_bits();
    digest_large_images();
    digest_masks();
    digest_grids();
    digest_readers();
    wb_png_scratch_free(scratch);
    return 0;
}
