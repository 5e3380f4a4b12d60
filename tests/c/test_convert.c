/* Tests of the conversion: values at the edges of every dtype, layouts, kernels against the
 * portable ones. The rule itself is tested from Python against NumPy.
 * In: chosen and random values. Out: an exit code. Ownership: each test frees what it makes. */
#include "convert/convert.h"

#include <float.h>
#include <math.h>

#include "check.h"
#include "base/endian.h"
#include "base/floats.h"
#include "pixels/elements.h"
#include "support.h"

static const wb_dtype DTYPES[] = {WB_BOOL,     WB_UINT8,   WB_INT8,   WB_UINT16, WB_INT16,
                                  WB_UINT32,   WB_INT32,   WB_UINT64, WB_INT64,  WB_FLOAT16,
                                  WB_BFLOAT16, WB_FLOAT32, WB_FLOAT64};
enum { DTYPES_COUNT = sizeof DTYPES / sizeof DTYPES[0] };

static wb_view packed_view(const void *data, wb_dtype dtype, size_t height, size_t width,
                           unsigned channels)
{
    const ptrdiff_t item = (ptrdiff_t)wb_dtype_size_bytes(dtype);
    return (wb_view){.data = data,
                     .dtype = dtype,
                     .height = height,
                     .width = width,
                     .channels = channels,
                     .row_stride_bytes = item * (ptrdiff_t)channels * (ptrdiff_t)width,
                     .column_stride_bytes = item * (ptrdiff_t)channels,
                     .channel_stride_bytes = item};
}

/* All rows, packed; returns whether there was NaN. */
static bool convert(const wb_view *view, const wb_normalize *normalize, wb_cpu cpu, uint8_t *pixels)
{
    wb_conversion conversion;
    wb_error error = {{0}};
    CHECK_OK(wb_conversion_plan(&conversion, view, normalize, one_thread(cpu), &error), error);
    wb_raster raster = wb_conversion_raster(&conversion);
    CHECK_EQUAL(raster.width, view->width);
    CHECK_EQUAL(raster.height, view->height);
    CHECK_EQUAL(raster.channels, view->channels);
    CHECK_EQUAL(raster.is_16_bit, normalize->is_16_bit);
    const size_t row_bytes = view->width * wb_raster_pixel_bytes(&raster);
    uint8_t *buffer = wb_allocate(wb_raster_buffer_bytes(&raster));
    CHECK(buffer != NULL);
    for (size_t y = 0; y < view->height; y++)
        memcpy(pixels + y * row_bytes, raster.row(raster.context, y, buffer), row_bytes);
    wb_release(buffer);
    return conversion.found_nan;
}

static void check_values(wb_dtype dtype, const void *values, size_t count,
                         const wb_normalize *normalize, const uint8_t *expected)
{
    uint8_t pixels[16];
    wb_view view = packed_view(values, dtype, 1, count, 1);
    convert(&view, normalize, wb_cpu_detect(NULL), pixels);
    /* NOLINTNEXTLINE(clang-analyzer-*): it does not see that all `count` of them are converted */
    CHECK_BYTES(pixels, expected, count);
    convert(&view, normalize, WB_CPU_PORTABLE, pixels);
    CHECK_BYTES(pixels, expected, count);
}

#define VALUES(dtype, type, normalize, expected, ...)                                            \
    check_values(dtype, (const type[]){__VA_ARGS__}, sizeof(type[]){__VA_ARGS__} / sizeof(type), \
                 normalize, (const uint8_t *)(expected))

static const wb_normalize DEFAULT = {.rule = WB_NORMALIZE_DEFAULT};
static const wb_normalize NONE = {.rule = WB_NORMALIZE_NONE};
static const wb_normalize TORCH = {.rule = WB_NORMALIZE_TORCH};

static const wb_normalize DEFAULT_16 = {.rule = WB_NORMALIZE_DEFAULT, .is_16_bit = true};
static const wb_normalize NONE_16 = {.rule = WB_NORMALIZE_NONE, .is_16_bit = true};

static void check_values_16(wb_dtype dtype, const void *values, size_t count,
                            const wb_normalize *normalize, const uint16_t *expected)
{
    const wb_cpu cpus[] = {WB_CPU_PORTABLE, wb_cpu_detect("avx512"), wb_cpu_detect(NULL)};
    uint8_t samples[32];
    wb_view view = packed_view(values, dtype, 1, count, 1);
    for (size_t k = 0; k < sizeof cpus / sizeof cpus[0]; k++) {
        convert(&view, normalize, cpus[k], samples);
        for (size_t i = 0; i < count; i++)
            CHECK_EQUAL(samples[2 * i] << 8 | samples[2 * i + 1], expected[i]);
    }
}

#define VALUES_16(dtype, type, normalize, expected, ...)                   \
    check_values_16(dtype, (const type[]){__VA_ARGS__},                    \
                    sizeof(type[]){__VA_ARGS__} / sizeof(type), normalize, \
                    (const uint16_t[])expected)
#define LIST(...)   \
    {               \
        __VA_ARGS__ \
    }

static void test_integers_keep_their_values_in_16_bits(void)
{
    VALUES_16(WB_BOOL, uint8_t, &DEFAULT_16, LIST(0, 65535), 0, 1);
    VALUES_16(WB_UINT8, uint8_t, &DEFAULT_16, LIST(0, 1, 255), 0, 1, 255);
    VALUES_16(WB_INT8, int8_t, &DEFAULT_16, LIST(0, 0, 127), -128, 0, 127);
    VALUES_16(WB_UINT16, uint16_t, &DEFAULT_16, LIST(0, 1, 4095, 65535), 0, 1, 4095, 65535);
    VALUES_16(WB_INT16, int16_t, &DEFAULT_16, LIST(0, 0, 258, 32767), -1024, 0, 258, 32767);
    VALUES_16(WB_UINT32, uint32_t, &DEFAULT_16, LIST(7, 65535, 65535), 7, 65536, UINT32_MAX);
    VALUES_16(WB_INT32, int32_t, &DEFAULT_16, LIST(0, 65535, 65535), INT32_MIN, 65535, 65536);
    VALUES_16(WB_UINT64, uint64_t, &DEFAULT_16, LIST(0, 65535), 0, UINT64_MAX);
    VALUES_16(WB_INT64, int64_t, &DEFAULT_16, LIST(0, 65534, 65535), INT64_MIN, 65534, INT64_MAX);
    VALUES_16(WB_UINT16, uint16_t, &NONE_16, LIST(3, 65535), 3, 65535);
}

static void test_limits_of_16_bits(void)
{
    const wb_normalize ct = {.rule = WB_NORMALIZE_LIMITS, .hi = 4095, .is_16_bit = true};
    const wb_normalize odd = {.rule = WB_NORMALIZE_LIMITS, .lo = -3, .hi = 46, .is_16_bit = true};
    VALUES_16(WB_UINT16, uint16_t, &ct, LIST(0, 16, 65535, 65535), 0, 1, 4095, 5000);
    VALUES_16(WB_FLOAT32, float, &odd, LIST(0, 65535, 65535, 0), -3, 46, INFINITY, -INFINITY);
    VALUES_16(WB_FLOAT64, double, &odd, LIST(0, 0, 65535), NAN, -4, 46);
    VALUES_16(WB_UINT8, uint8_t, &odd, LIST(4012, 65535), 0, 46);
}

static void test_floats_of_16_bits(void)
{
    const uint16_t half_of_1 = 0x3c00, half_of_half = 0x3800, bfloat_of_1 = 0x3f80;
    VALUES_16(WB_FLOAT32, float, &DEFAULT_16, LIST(0, 32767, 65535), 0, 0.5f, 1);
    VALUES_16(WB_FLOAT64, double, &DEFAULT_16, LIST(0, 16383, 65535, 0), 0, 0.25, 1, NAN);
    VALUES_16(WB_FLOAT32, float, &DEFAULT_16, LIST(0, 300, 65535), 0, 300.9f, 1e9f);
    VALUES_16(WB_FLOAT32, float, &DEFAULT_16, LIST(0, 16383, 65535), -1, 0, 3);
    VALUES_16(WB_FLOAT32, float, &NONE_16, LIST(0, 0, 1, 65535), -1, 0.9f, 1, 70000);
    VALUES_16(WB_FLOAT16, uint16_t, &DEFAULT_16, LIST(0, 32767, 65535), 0, half_of_half, half_of_1);
    VALUES_16(WB_BFLOAT16, uint16_t, &DEFAULT_16, LIST(0, 65535), 0, bfloat_of_1);
}

static void test_rows_of_16_bits_in_place(void)
{
    const uint8_t samples[] = {1, 2, 3, 4, 5, 6};
    wb_view view = packed_view(samples, WB_UINT16, 1, 1, 3);
    view.is_byte_swapped = !WB_IS_BIG_ENDIAN;
    wb_conversion conversion;
    wb_error error = {{0}};
    CHECK_OK(
        wb_conversion_plan(&conversion, &view, &DEFAULT_16, one_thread(WB_CPU_PORTABLE), &error),
        error);
    wb_raster raster = wb_conversion_raster(&conversion);
    CHECK(raster.row(raster.context, 0, NULL) == samples);
    const wb_normalize with_nan = {.is_16_bit = true, .nan_value = 255, .top_value = 254};
    CHECK_STATUS(
        wb_conversion_plan(&conversion, &view, &with_nan, one_thread(WB_CPU_PORTABLE), &error),
        WB_BAD_ARGUMENT, error);
}

static void test_default_rule(void)
{
    VALUES(WB_BOOL, uint8_t, &DEFAULT, "\x00\xff", 0, 1);
    VALUES(WB_UINT8, uint8_t, &DEFAULT, "\x00\xff\x00", 0, 1, 0);
    VALUES(WB_UINT8, uint8_t, &DEFAULT, "\x00\x01\x02", 0, 1, 2);
    VALUES(WB_INT8, int8_t, &DEFAULT, "\x00\xff", 0, 1); /* 1 * 255 does not fit an int8 */
    VALUES(WB_INT8, int8_t, &DEFAULT, "\x00\x80\xff", INT8_MIN, 0, INT8_MAX);
    VALUES(WB_INT32, int32_t, &DEFAULT, "\x00\x05\xff", 0, 5, 1000);
    VALUES(WB_UINT64, uint64_t, &DEFAULT, "\x00\x05\xff", 0, 5, UINT64_MAX);
    VALUES(WB_INT64, int64_t, &DEFAULT, "\x00\x7f\xff", INT64_MIN, 0, INT64_MAX);
    VALUES(WB_INT64, int64_t, &DEFAULT, "\x00\x00", -7, -7);
    VALUES(WB_FLOAT32, float, &DEFAULT, "\x00\x7f\xff", 0, 0.5f, 1);
    VALUES(WB_FLOAT32, float, &DEFAULT, "\x00\x7f\xff", -1, 0, 1);
    VALUES(WB_FLOAT32, float, &DEFAULT, "\x00\x01\xff", 0.5f, 1.9f, 300);
    VALUES(WB_FLOAT64, double, &DEFAULT, "\x00\x00", -3, -3);
    VALUES(WB_FLOAT16, uint16_t, &DEFAULT, "\x00\x7f\xff", 0xbc00, 0x0000, 0x3c00);
    VALUES(WB_BFLOAT16, uint16_t, &DEFAULT, "\x00\x7f\xff", 0xbf80, 0x0000, 0x3f80);
}

static void test_overflow_is_halved(void)
{
    VALUES(WB_FLOAT64, double, &DEFAULT, "\x00\x7f\xff", -DBL_MAX, 0, DBL_MAX);
    VALUES(WB_FLOAT32, float, &DEFAULT, "\x00\x7f\xff", -FLT_MAX, 0, FLT_MAX);
    VALUES(WB_FLOAT16, uint16_t, &DEFAULT, "\x00\x7f\xff", 0xfbff, 0x0000, 0x7bff);
    VALUES(WB_BFLOAT16, uint16_t, &DEFAULT, "\x00\x7f\xff", 0xff7f, 0x0000, 0x7f7f);
    VALUES(WB_FLOAT32, float, &TORCH, "\x00\x7f\xff", -FLT_MAX, 0, FLT_MAX);
    VALUES(WB_FLOAT64, double, &TORCH, "\x00\x7f\xff", -DBL_MAX, 0, DBL_MAX);
    const wb_normalize widest = {.rule = WB_NORMALIZE_LIMITS, .lo = -DBL_MAX, .hi = DBL_MAX};
    VALUES(WB_FLOAT64, double, &widest, "\x00\x7f\xff", -DBL_MAX, 0, DBL_MAX);
}

static void test_nan_and_infinity(void)
{
    const float inf = INFINITY;
    VALUES(WB_FLOAT32, float, &DEFAULT, "\x00\x7f\xff\xff\x00", NAN, 0.5f, 1, inf, -inf);
    VALUES(WB_FLOAT32, float, &DEFAULT, "\x00\xff\x00\x00\xff", NAN, inf, -inf, -1, 1);
    VALUES(WB_FLOAT64, double, &DEFAULT, "\x00\xff\x00", NAN, inf, -inf);
    VALUES(WB_FLOAT16, uint16_t, &DEFAULT, "\x00\xff\x00\x00\xff", 0x7e00, 0x7c00, 0xfc00, 0xbc00,
           0x3c00);
    VALUES(WB_BFLOAT16, uint16_t, &DEFAULT, "\x00\xff\x00\x00\xff", 0x7fc0, 0x7f80, 0xff80, 0xbf80,
           0x3f80);
    VALUES(WB_FLOAT32, float, &NONE, "\x00\xff\x00\x01", NAN, inf, -inf, 1.5f);
    VALUES(WB_FLOAT32, float, &TORCH, "\x00\xff\x00\x00\xff", NAN, inf, -inf, 2, 4);

    const wb_normalize colored = {.rule = WB_NORMALIZE_DEFAULT, .nan_value = 255, .top_value = 254};
    VALUES(WB_FLOAT32, float, &colored, "\xff\x7e\xfe\x00", NAN, 0.5f, 1, 0);
    const wb_normalize limits = {
        .rule = WB_NORMALIZE_LIMITS, .lo = 0, .hi = 2, .nan_value = 255, .top_value = 254};
    VALUES(WB_FLOAT64, double, &limits, "\xff\x7f\xfe\xfe\x00", NAN, 1, 2, inf, -inf);
    VALUES(WB_UINT8, uint8_t, &colored, "\x00\x7f\xfe", 0, 128, 255);

    const float some[] = {1, NAN}, none[] = {1, inf};
    uint8_t pixels[2];
    wb_view view = packed_view(some, WB_FLOAT32, 1, 2, 1);
    CHECK(convert(&view, &DEFAULT, WB_CPU_PORTABLE, pixels));
    CHECK(convert(&view, &NONE, WB_CPU_PORTABLE, pixels));
    view.data = (const uint8_t *)none;
    CHECK(!convert(&view, &DEFAULT, WB_CPU_PORTABLE, pixels));
}

static void test_other_rules(void)
{
    VALUES(WB_INT64, int64_t, &NONE, "\x00\x01\xff", -5, 1, 300);
    VALUES(WB_BOOL, uint8_t, &NONE, "\x00\x01", 0, 1);
    VALUES(WB_UINT8, uint8_t, &NONE, "\x00\x01", 0, 1);
    VALUES(WB_UINT8, uint8_t, &TORCH, "\x00\x7f\xff", 10, 15, 20);
    VALUES(WB_FLOAT32, float, &TORCH, "\x00\x00", 7, 7);
    const wb_normalize limits = {.rule = WB_NORMALIZE_LIMITS, .lo = -10, .hi = 10};
    VALUES(WB_INT32, int32_t, &limits, "\x00\x00\x7f\xff\xff", -11, -10, 0, 10, 11);

    const double bad[][2] = {{1, 1}, {2, 1}, {NAN, 1}, {0, INFINITY}, {-INFINITY, 0}};
    const uint8_t value = 7;
    wb_view view = packed_view(&value, WB_UINT8, 1, 1, 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wb_conversion conversion;
        wb_error error = {{0}};
        const wb_normalize wrong = {.rule = WB_NORMALIZE_LIMITS, .lo = bad[i][0], .hi = bad[i][1]};
        CHECK_STATUS(wb_conversion_plan(&conversion, &view, &wrong, one_thread(0), &error),
                     WB_BAD_ARGUMENT, error);
        CHECK_TEXT(error.detail, "normalize=(");
    }
}

/* Of zeros and a last value, which a scan reads in its last block. */
static bool is_clipped(wb_dtype dtype, const void *last, wb_normalize_rule rule, bool is_16_bit)
{
    enum { WIDTH = 1000, HEIGHT = 20 };
    const size_t item_bytes = wb_dtype_size_bytes(dtype), count = (size_t)WIDTH * HEIGHT;
    uint8_t *values = wb_allocate(count * item_bytes);
    CHECK(values != NULL);
    memset(values, 0, count * item_bytes);
    memcpy(values + (count - 1) * item_bytes, last, item_bytes);
    const wb_view view = packed_view(values, dtype, HEIGHT, WIDTH, 1);
    const wb_normalize normalize = {
        .rule = rule, .hi = 1, .is_16_bit = is_16_bit, .finds_clipped = true};
    wb_conversion conversion;
    wb_error error = {{0}};
    CHECK_OK(
        wb_conversion_plan(&conversion, &view, &normalize, one_thread(wb_cpu_detect(NULL)), &error),
        error);
    wb_release(values);
    return conversion.is_clipped;
}

#define CHECK_CLIPPED(type, dtype, value, by_default, by_none, by_16_bits)              \
    do {                                                                                \
        const type last = (type)(value);                                                \
        CHECK_EQUAL(is_clipped(dtype, &last, WB_NORMALIZE_DEFAULT, false), by_default); \
        CHECK_EQUAL(is_clipped(dtype, &last, WB_NORMALIZE_NONE, false), by_none);       \
        CHECK_EQUAL(is_clipped(dtype, &last, WB_NORMALIZE_DEFAULT, true), by_16_bits);  \
        CHECK(!is_clipped(dtype, &last, WB_NORMALIZE_LIMITS, false));                   \
        CHECK(!is_clipped(dtype, &last, WB_NORMALIZE_TORCH, false));                    \
    } while (0)

static void test_clipped_integers(void)
{
    CHECK_CLIPPED(uint8_t, WB_UINT8, 255, false, false, false);
    CHECK_CLIPPED(uint8_t, WB_BOOL, 1, false, false, false);
    CHECK_CLIPPED(int8_t, WB_INT8, 127, false, false, false);
    CHECK_CLIPPED(int8_t, WB_INT8, -1, false, true, true);
    CHECK_CLIPPED(uint16_t, WB_UINT16, 255, false, false, false);
    CHECK_CLIPPED(uint16_t, WB_UINT16, 256, true, true, false);
    CHECK_CLIPPED(int16_t, WB_INT16, 256, true, true, false);
    CHECK_CLIPPED(int16_t, WB_INT16, INT16_MIN, false, true, true);
    CHECK_CLIPPED(uint32_t, WB_UINT32, 65536, true, true, true);
    CHECK_CLIPPED(int32_t, WB_INT32, 255, false, false, false);
    CHECK_CLIPPED(int32_t, WB_INT32, 65536, true, true, true);
    CHECK_CLIPPED(uint64_t, WB_UINT64, 255, false, false, false);
    CHECK_CLIPPED(uint64_t, WB_UINT64, UINT64_MAX, true, true, true);
    CHECK_CLIPPED(int64_t, WB_INT64, 256, true, true, false);
    CHECK_CLIPPED(int64_t, WB_INT64, INT64_MIN, false, true, true);
}

static void test_packed_uint8_is_not_copied(void)
{
    uint8_t pixels[3 * 5 * 4];
    uint64_t random = 3;
    random_fill(&random, pixels, sizeof pixels);
    pixels[0] = 2;
    uint8_t buffer[5 * WB_MAX_CHANNELS + WB_ROW_SLACK_BYTES];
    wb_conversion conversion;
    wb_error error = {{0}};
    wb_view view = packed_view(pixels, WB_UINT8, 3, 5, 4);
    view.row_stride_bytes = -view.row_stride_bytes; /* bottom up is no reason to copy */
    view.data += 2 * 20;
    CHECK_OK(wb_conversion_plan(&conversion, &view, &DEFAULT, one_thread(0), &error), error);
    CHECK(conversion.is_identity);
    for (size_t y = 0; y < 3; y++)
        CHECK(wb_conversion_row(&conversion, &view, y, buffer) == pixels + (2 - y) * 20);
    wb_conversion_write_row(&conversion, &view, 0, buffer);
    CHECK_BYTES(buffer, pixels + 40, 20);
}

/* One array in many layouts: the bytes that come out must be those of the packed one. */
enum { HEIGHT = 5, WIDTH = 300, MAX_ITEM_BYTES = 8 };

typedef struct layout {
    const char *name;
    ptrdiff_t row_step, column_step, channel_step; /* in elements; `start` too */
    ptrdiff_t start;
} layout;

static void put_layout(const layout *chosen, const wb_view *packed, bool is_swapped,
                       uint8_t *memory, wb_view *view)
{
    const size_t item = wb_dtype_size_bytes(packed->dtype);
    *view = *packed;
    view->is_byte_swapped = is_swapped && item > 1;
    view->data = memory + chosen->start * (ptrdiff_t)item;
    view->row_stride_bytes = chosen->row_step * (ptrdiff_t)item;
    view->column_stride_bytes = chosen->column_step * (ptrdiff_t)item;
    view->channel_stride_bytes = chosen->channel_step * (ptrdiff_t)item;
    const uint8_t *source = packed->data;
    for (size_t y = 0; y < packed->height; y++)
        for (size_t x = 0; x < packed->width; x++)
            for (unsigned c = 0; c < packed->channels; c++, source += item) {
                const ptrdiff_t place = chosen->start + (ptrdiff_t)y * chosen->row_step
                                        + (ptrdiff_t)x * chosen->column_step
                                        + (ptrdiff_t)c * chosen->channel_step;
                for (size_t i = 0; i < item; i++)
                    memory[place * (ptrdiff_t)item + (ptrdiff_t)i] =
                        source[view->is_byte_swapped ? item - 1 - i : i];
            }
}

static void check_layouts(wb_dtype dtype, unsigned channels, const wb_normalize *normalize,
                          const uint8_t *values)
{
    const ptrdiff_t n = (ptrdiff_t)channels, h = HEIGHT, w = WIDTH;
    const layout layouts[] = {
        {"packed", w * n, n, 1, 0},
        {"bottom up", -w * n, n, 1, (h - 1) * w * n},
        {"mirrored", w * n, -n, 1, (w - 1) * n},
        {"channels reversed", w * n, n, -1, n - 1},
        {"planes", w, 1, h * w, 0},
        {"transposed", n, h * n, 1, 0},
        {"transposed planes", 1, h, h * w, 0},
        {"padded rows", w * n + 7, n, 1, 0},
        {"every second column", 2 * w * n, 2 * n, 1, 0},
        {"padded pixels", w * (n + 2), n + 2, 1, 0},
        {"everything backwards", -w * n, -n, -1, h * w * n - 1},
    };
    const size_t item = wb_dtype_size_bytes(dtype);
    const size_t count = (size_t)(h * w * n) * (normalize->is_16_bit ? 2 : 1); /* bytes */
    uint8_t *expected = wb_allocate(count), *pixels = wb_allocate(count);
    CHECK(expected != NULL && pixels != NULL);
    wb_view packed = packed_view(values, dtype, HEIGHT, WIDTH, channels);
    const bool found_nan = convert(&packed, normalize, WB_CPU_PORTABLE, expected);
    static const char *const DISABLED[] = {NULL, "avx512", "avx2", "sse2"};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        for (int swapped = 0; swapped < 2; swapped++) {
            /* Exactly as long as the layout: reading or writing beyond ends the program. */
            const layout *chosen = &layouts[i];
            ptrdiff_t last = chosen->start;
            last += chosen->row_step > 0 ? chosen->row_step * (h - 1) : 0;
            last += chosen->column_step > 0 ? chosen->column_step * (w - 1) : 0;
            last += chosen->channel_step > 0 ? chosen->channel_step * (n - 1) : 0;
            guarded memory = guarded_new((size_t)(last + 1) * item, GUARD_AFTER);
            wb_view view;
            put_layout(chosen, &packed, swapped, memory.data, &view);
            for (size_t k = 0; k < sizeof DISABLED / sizeof DISABLED[0]; k++) {
                memset(pixels, 0xa5, count);
                CHECK(convert(&view, normalize, wb_cpu_detect(DISABLED[k]), pixels) == found_nan);
                for (size_t p = 0; p < count; p++)
                    if (pixels[p] != expected[p])
                        CHECK_FAIL("dtype %d, %u channels, %s, without %s: %u, not %u at %zu",
                                   (int)dtype, channels, chosen->name,
                                   DISABLED[k] ? DISABLED[k] : "nothing", pixels[p], expected[p],
                                   p);
            }
            guarded_free(&memory);
        }
    wb_release(expected);
    wb_release(pixels);
}

/* Random bits are mostly huge floats, NaN and infinities; small values reach other branches. */
static void fill_values(uint64_t *random, wb_dtype dtype, int kind, uint8_t *values, size_t count)
{
    const size_t item = wb_dtype_size_bytes(dtype);
    random_fill(random, values, count * item);
    for (size_t i = 0; i < count; i++) {
        uint8_t *value = values + i * item;
        const int small = (int)(random_next(random) % 400) - (kind == 1 ? 100 : 0);
        const float fraction = (float)small / 300;
        const uint16_t bfloat = (uint16_t)(wb_bits_from_float(fraction) >> 16);
        const double number = fraction;
        if (dtype == WB_BOOL)
            *value &= 1;
        else if (kind == 0)
            continue;
        else if (dtype == WB_FLOAT64)
            memcpy(value, &number, sizeof number);
        else if (dtype == WB_FLOAT32)
            memcpy(value, &fraction, sizeof fraction);
        else if (dtype == WB_BFLOAT16)
            memcpy(value, &bfloat, sizeof bfloat);
        else if (dtype == WB_FLOAT16)
            value[1] = (uint8_t)((value[1] & (kind == 1 ? 0x83 : 0x03)) | 0x38); /* 0.5 to 1 */
        else
            for (size_t k = 0; k < item; k++)
                value[k] = (uint8_t)((uint64_t)(int64_t)small >> (8 * k));
    }
}

static void test_layouts_and_kernels(void)
{
    static const unsigned CHANNELS[] = {1, 2, 3, 4};
    const wb_normalize rules[] = {
        DEFAULT,
        NONE,
        TORCH,
        {.rule = WB_NORMALIZE_LIMITS, .lo = -0.5, .hi = 2.25},
        {.rule = WB_NORMALIZE_DEFAULT, .nan_value = 255, .top_value = 254},
        DEFAULT_16,
        {.rule = WB_NORMALIZE_TORCH, .is_16_bit = true},
        {.rule = WB_NORMALIZE_LIMITS, .lo = -0.5, .hi = 2.25, .is_16_bit = true},
    };
    uint64_t random = 11;
    uint8_t *values = wb_allocate(HEIGHT * WIDTH * WB_MAX_CHANNELS * MAX_ITEM_BYTES);
    CHECK(values != NULL);
    for (int d = 0; d < DTYPES_COUNT; d++)
        for (int kind = 0; kind < 3; kind++)
            for (size_t c = 0; c < sizeof CHANNELS / sizeof CHANNELS[0]; c++) {
                fill_values(&random, DTYPES[d], kind, values, HEIGHT * WIDTH * CHANNELS[c]);
                for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++)
                    check_layouts(DTYPES[d], CHANNELS[c], &rules[r], values);
            }
    wb_release(values);
}

/* Enough to be read in two blocks; all are 0 but one. */
enum { NARROWED = 5000 };

static bool narrow(wb_dtype dtype, int64_t value, size_t place, const wb_normalize *normalize,
                   wb_cpu cpu)
{
    static uint8_t values[NARROWED * MAX_ITEM_BYTES];
    static uint8_t samples[NARROWED], expected[NARROWED];
    const size_t item = wb_dtype_size_bytes(dtype);
    for (size_t i = 0; i < NARROWED; i++)
        for (size_t k = 0; k < item; k++) /* the low byte first */
            values[i * item + k] = (uint8_t)((uint64_t)(i == place ? value : 0) >> (8 * k));
    if (WB_IS_BIG_ENDIAN)
        wb_elements_swap(values, NARROWED, item);
    const wb_view view = packed_view(values, dtype, NARROWED / 100, 25, 4);
    wb_conversion narrowed, planned;
    wb_error error = {{0}};
    if (!wb_conversion_narrow(&narrowed, &view, normalize, one_thread(cpu), samples))
        return false;
    convert(&view, normalize, cpu, expected);
    CHECK_BYTES(samples, expected, NARROWED);
    CHECK_OK(wb_conversion_plan(&planned, &view, normalize, one_thread(cpu), &error), error);
    CHECK(narrowed.kernel == planned.kernel);
    CHECK(narrowed.is_clipped == planned.is_clipped && narrowed.found_nan == planned.found_nan);
    CHECK(narrowed.lo == planned.lo && narrowed.hi == planned.hi);
    CHECK(narrowed.scale_lo == planned.scale_lo && narrowed.scale_hi == planned.scale_hi);
    return true;
}

static void test_narrowed_integers(void)
{
    static const wb_dtype WIDE[] = {WB_UINT16, WB_INT16, WB_UINT32, WB_INT32, WB_UINT64, WB_INT64};
    static const size_t PLACES[] = {0, 4095, 4096, NARROWED - 1};
    const wb_cpu cpus[] = {WB_CPU_PORTABLE, wb_cpu_detect("avx512"), wb_cpu_detect(NULL)};
    for (size_t c = 0; c < sizeof cpus / sizeof *cpus; c++)
        for (size_t d = 0; d < sizeof WIDE / sizeof *WIDE; d++)
            for (size_t p = 0; p < sizeof PLACES / sizeof *PLACES; p++) {
                const wb_dtype dtype = WIDE[d];
                const size_t place = PLACES[p];
                const int64_t top_bit = (int64_t)(UINT64_C(1)
                                                  << (8 * wb_dtype_size_bytes(dtype) - 1));
                CHECK(narrow(dtype, 255, place, &DEFAULT, cpus[c]));
                CHECK(narrow(dtype, 2, place, &DEFAULT, cpus[c]));
                CHECK(narrow(dtype, 1, place, &NONE, cpus[c]));
                CHECK(!narrow(dtype, 1, place, &DEFAULT, cpus[c])); /* which scales it */
                CHECK(!narrow(dtype, 0, place, &DEFAULT, cpus[c]));
                CHECK(!narrow(dtype, 256, place, &NONE, cpus[c]));
                CHECK(!narrow(dtype, -1, place, &DEFAULT, cpus[c]));
                CHECK(!narrow(dtype, top_bit, place, &DEFAULT, cpus[c]));
            }
}

static void test_what_is_not_narrowed(void)
{
    const wb_normalize others[] = {TORCH,
                                   DEFAULT_16,
                                   {.rule = WB_NORMALIZE_LIMITS, .lo = 0, .hi = 100},
                                   {.rule = WB_NORMALIZE_DEFAULT, .top_value = 254}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(!narrow(WB_INT64, 200, 0, &others[i], wb_cpu_detect(NULL)));
    CHECK(!narrow(WB_UINT8, 200, 0, &DEFAULT, wb_cpu_detect(NULL)));
    CHECK(!narrow(WB_FLOAT32, 200, 0, &DEFAULT, wb_cpu_detect(NULL)));
    static const int16_t values[12] = {0, 3};
    uint8_t samples[12];
    wb_conversion conversion;
    wb_view view = packed_view(values, WB_INT16, 2, 2, 3);
    CHECK(wb_conversion_narrow(&conversion, &view, &DEFAULT, one_thread(0), samples));
    view.is_byte_swapped = true;
    CHECK(!wb_conversion_narrow(&conversion, &view, &DEFAULT, one_thread(0), samples));
    view = packed_view(values, WB_INT16, 2, 2, 3);
    view.row_stride_bytes = 0;
    CHECK(!wb_conversion_narrow(&conversion, &view, &DEFAULT, one_thread(0), samples));
}

static void test_broadcast(void)
{
    const float row[] = {0, 0.5f, 1};
    wb_view view = packed_view(row, WB_FLOAT32, 4, 3, 1);
    view.row_stride_bytes = 0;
    uint8_t pixels[12];
    convert(&view, &DEFAULT, wb_cpu_detect(NULL), pixels);
    CHECK_BYTES(pixels, "\x00\x7f\xff\x00\x7f\xff\x00\x7f\xff\x00\x7f\xff", 12);
    view.column_stride_bytes = 0;
    convert(&view, &DEFAULT, wb_cpu_detect(NULL), pixels);
    CHECK_BYTES(pixels, "\x00\x00\x00", 3);
}

static void test_half_numbers(void)
{
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        const uint32_t exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
        const float value = wb_float_from_half((uint16_t)bits);
        double expected = exponent == 0 ? ldexp(fraction, -24)
                                        : ldexp(fraction + 1024.0, (int)exponent - 25);
        if (exponent == 31)
            expected = fraction ? NAN : INFINITY;
        if (bits & 0x8000)
            expected = -expected;
        CHECK(isnan(expected) ? isnan(value) != 0 : (double)value == expected);
        if (exponent == 31)
            continue;
        CHECK(wb_round_to_half(value) == value);
        /* Halfway to the next goes to the even one, a little more to the next. */
        const float next = wb_float_from_half((uint16_t)(bits + 1));
        if (exponent == 30 && fraction == 0x3ff)
            continue;
        const float middle = (value + next) / 2;
        CHECK(wb_round_to_half(middle) == (bits & 1 ? next : value));
        CHECK(wb_round_to_half(nextafterf(middle, next)) == next);
        CHECK(wb_round_to_half(nextafterf(middle, value)) == value);
    }
    CHECK(wb_round_to_half(INFINITY) == INFINITY);
    CHECK(wb_round_to_half(-INFINITY) == -INFINITY);
    CHECK(isnan(wb_round_to_half(NAN)));
}

static void test_wide_integers(void)
{
    uint64_t random = 5;
    for (int i = 0; i < 100000; i++) {
        const uint64_t value = random_next(&random) >> (i % 64);
        CHECK(wb_double_from_uint64(value) == (double)value);
        CHECK(wb_double_from_int64((int64_t)value) == (double)(int64_t)value);
    }
    CHECK(wb_double_from_uint64(UINT64_MAX) == 0x1p64);
    CHECK(wb_double_from_int64(INT64_MIN) == -0x1p63);
    CHECK(wb_double_from_int64(0) == 0);
}

int main(void)
{
    RUN(test_default_rule);
    RUN(test_integers_keep_their_values_in_16_bits);
    RUN(test_limits_of_16_bits);
    RUN(test_floats_of_16_bits);
    RUN(test_rows_of_16_bits_in_place);
    RUN(test_overflow_is_halved);
    RUN(test_nan_and_infinity);
    RUN(test_other_rules);
    RUN(test_clipped_integers);
    RUN(test_packed_uint8_is_not_copied);
    RUN(test_layouts_and_kernels);
    RUN(test_narrowed_integers);
    RUN(test_what_is_not_narrowed);
    RUN(test_broadcast);
    RUN(test_half_numbers);
    RUN(test_wide_integers);
    return 0;
}
