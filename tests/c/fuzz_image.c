/* Fuzz target: any array with any options becomes the same file by every kernel, on one thread and
 * on three, and that file decodes to what the portable kernels convert the array to.
 * In: an array's header, five bytes of options, then values. Out: a trap where that is not so.
 * Ownership: frees what it makes. */
#include "arrays.h"
#include "check.h"
#include "files.h"
#include "image.h"
#include "support.h"

enum {
    OPTION_BYTES = 5,
    HEADER_BYTES = ARRAY_HEADER_BYTES + OPTION_BYTES,
    MAX_VALUES = 1 << 15,
    MANY_VALUES = 3 << 19, /* several strips of the largest kind; rare, because slow */
    PALETTE_BYTES = 3 * 256
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static wb_image_options options_read(const uint8_t bytes[OPTION_BYTES], const uint8_t *palette,
                                     unsigned channels)
{
    static const wb_file_type FILE_TYPES[4] = {WB_FILE_PNG, WB_FILE_PNG, WB_FILE_JPEG, WB_FILE_BMP};
    wb_image_options options = {
        .file_type = FILE_TYPES[bytes[0] % 4],
        .mode = (wb_mode)(bytes[0] / 4 % 5),
        .normalize = {.rule = (wb_normalize_rule)(bytes[1] % 4),
                      .lo = (int8_t)bytes[2],
                      .hi = 128 + bytes[3],
                      .nan_value = bytes[3],
                      .top_value = bytes[3]},
        .quality = 1 + bytes[4] % 100,
        .png = {.compress_level = bytes[4] < 192 ? WB_PNG_LEVEL_FAST : bytes[4] % 10},
    };
    if (bytes[1] >= 192 && options.file_type == WB_FILE_PNG && channels == 1) {
        options.mode = WB_MODE_GUESS; /* as encode_options_parse has it */
        options.png.palette_rgb = palette;
        options.png.palette_count = 256;
    } else if (bytes[1] >= 128 && options.file_type == WB_FILE_PNG) {
        options.mode = WB_MODE_GUESS;
        options.normalize.is_16_bit = true;
        options.normalize.nan_value = options.normalize.top_value = 0;
    }
    return options;
}

/* The array as packed pixels of the wanted mode, by the portable kernels; the caller frees. */
static uint8_t *convert(const wb_view *view, const wb_image_options *options, wb_raster *pixels,
                        memory_rows *rows)
{
    wb_conversion conversion;
    wb_raster in_mode;
    wb_error error = {{0}};
    CHECK_OK(wb_conversion_plan(&conversion, view, &options->normalize, one_thread(WB_CPU_PORTABLE),
                                &error),
             error);
    wb_raster converted = wb_conversion_raster(&conversion);
    CHECK_OK(wb_mode_convert(&in_mode, &converted, options->mode, &error), error);
    const size_t row_bytes = in_mode.width * wb_raster_pixel_bytes(&in_mode);
    uint8_t *packed = malloc(row_bytes * in_mode.height);
    uint8_t *buffer = malloc(wb_raster_buffer_bytes(&in_mode));
    CHECK(packed != NULL && buffer != NULL);
    for (size_t y = 0; y < in_mode.height; y++)
        memcpy(packed + y * row_bytes, in_mode.row(in_mode.context, y, buffer), row_bytes);
    free(buffer);
    *pixels = memory_raster(rows, packed, in_mode.width, in_mode.height, in_mode.channels, false);
    pixels->is_16_bit = in_mode.is_16_bit;
    rows->row_bytes = row_bytes;
    return packed;
}

static void check_file(const wb_bytes *file, const uint8_t *pixels, const wb_raster *raster,
                       const wb_image_options *options)
{
    const size_t width = raster->width, height = raster->height;
    if (raster->is_16_bit) {
        check_png16_file(file, pixels, width, height, raster->channels);
        return;
    }
    switch (options->file_type) {
    case WB_FILE_PNG: check_png_file(file, pixels, width, height, raster->channels); break;
    case WB_FILE_BMP: check_bmp_file(file, pixels, width, height, raster->channels); break;
    case WB_FILE_JPEG:
        check_jpeg_file(file, pixels, width, height, raster->channels, options->quality);
        break;
    }
}

/* By every set of kernels, and last from the converted pixels, whose file has to be the same. */
static void check_view(const wb_view *view, wb_image_options *options)
{
    static const char *const DISABLED[] = {NULL, "avx512", "avx2", "sse2,neon"};
    enum { SETS = sizeof DISABLED / sizeof DISABLED[0] };
    wb_raster raster;
    memory_rows rows;
    uint8_t *pixels = convert(view, options, &raster, &rows);
    const bool has_mode = options->file_type == WB_FILE_PNG || raster.channels != 2;
    const wb_status expected = has_mode ? WB_OK : WB_BAD_ARGUMENT;
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    wb_bytes first = {0};
    for (int i = 0; i <= SETS; i++) {
        wb_bytes file = {0};
        wb_image_info info = {0};
        wb_error error = {{0}};
        options->machine.cpu = wb_cpu_detect(DISABLED[i % SETS]);
        options->machine.thread_count = i % 2 == 0 ? 1 : 3;
        wb_status status = i < SETS
                               ? wb_image_encode(view, options, scratch, &file, &info, &error)
                               : wb_raster_encode(&raster, options, scratch, &file, &info, &error);
        CHECK_STATUS(status, expected, error);
        CHECK_EQUAL(info.mode, raster.channels);
        if (i == 0) {
            first = file;
            continue;
        }
        check_same_file(&file, &first);
        wb_bytes_free(&file);
    }
    if (has_mode)
        check_file(&first, pixels, &raster, options);
    wb_bytes_free(&first);
    wb_png_scratch_free(scratch);
    free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes <= HEADER_BYTES)
        return 0;
    static const size_t FACTORS[8] = {1, 1, 1, 1, 8, 64, 300, 40};
    const uint8_t *options_bytes = data + ARRAY_HEADER_BYTES, *values = data + HEADER_BYTES;
    const size_t values_bytes = size_bytes - HEADER_BYTES;
    const uint8_t long_side = data[1] / 32;
    array a;
    if (!array_read(&a, data, long_side == 7 ? MANY_VALUES : MAX_VALUES, FACTORS[long_side], values,
                    values_bytes))
        return 0;
    uint8_t palette[PALETTE_BYTES];
    seeded_fill(palette, sizeof palette, values, values_bytes, 1);
    wb_view view;
    wb_error error = {{0}};
    const wb_array described = array_described(&a);
    wb_status status = wb_view_init(&view, &described, 65500, &error);
    CHECK((status == WB_OK) == (error.detail[0] == 0));
    if (status == WB_OK) {
        wb_image_options options = options_read(options_bytes, palette, view.channels);
        check_view(&view, &options);
    }
    free(a.memory);
    return 0;
}
