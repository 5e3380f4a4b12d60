/* The bodies behind value_kernels.h: plain C that compilers vectorise, compiled once for each
 * instruction set by a file that includes this one.
 * In: TARGET, a function attribute or nothing, and KERNELS, the name of the table to define.
 * Out: that table. Ownership: none. */
#include "base/floats.h"
#include "convert/value_kernels.h"

#define LOADER(name, type, number, expression)              \
    static inline number load_##name(const uint8_t *source) \
    {                                                       \
        type bits;                                          \
        memcpy(&bits, source, sizeof bits);                 \
        return expression;                                  \
    }
LOADER(uint8, uint8_t, uint8_t, bits)
LOADER(int8, int8_t, int8_t, bits)
LOADER(uint16, uint16_t, uint16_t, bits)
LOADER(int16, int16_t, int16_t, bits)
LOADER(uint32, uint32_t, uint32_t, bits)
LOADER(int32, int32_t, int32_t, bits)
LOADER(uint64, uint64_t, uint64_t, bits)
LOADER(int64, int64_t, int64_t, bits)
LOADER(uint64_as_double, uint64_t, double, wb_double_from_uint64(bits))
LOADER(int64_as_double, int64_t, double, wb_double_from_int64(bits))
LOADER(half, uint16_t, float, wb_float_from_half(bits))
LOADER(bfloat, uint16_t, float, wb_float_from_bfloat(bits))
LOADER(float, uint32_t, float, wb_float_from_bits(bits))
LOADER(double, uint64_t, double, wb_double_from_bits(bits))

/* Keys, see convert/value_kernels.h. `bits` is unsigned and of the key's size. */
#define KEY_OF_SIGNED(unsigned_key, key, bits) ((key)(bits))
#define KEY_OF_UNSIGNED(unsigned_key, key, bits) \
    ((key)(unsigned_key)((bits) ^ (unsigned_key)((unsigned_key)1 << (8 * sizeof(key) - 1))))
#define KEY_OF_FLOAT(unsigned_key, key, bits) \
    ((key)(unsigned_key)((bits) ^ (unsigned_key)((unsigned_key)((key)(bits) < 0 ? -1 : 0) >> 1)))

#define RANGE(name, unsigned_key, key, key_of)                                                  \
    TARGET static void range_##name(const void *values, size_t count, int64_t *lo, int64_t *hi) \
    {                                                                                           \
        const uint8_t *source = values;                                                         \
        key least = (key)*lo, most = (key)*hi;                                                  \
        for (size_t i = 0; i < count; i++) {                                                    \
            unsigned_key bits;                                                                  \
            memcpy(&bits, source + i * sizeof bits, sizeof bits);                               \
            const key k = key_of(unsigned_key, key, bits);                                      \
            least = k < least ? k : least;                                                      \
            most = k > most ? k : most;                                                         \
        }                                                                                       \
        *lo = least;                                                                            \
        *hi = most;                                                                             \
    }
RANGE(uint8, uint8_t, int8_t, KEY_OF_UNSIGNED)
RANGE(int8, uint8_t, int8_t, KEY_OF_SIGNED)
RANGE(uint16, uint16_t, int16_t, KEY_OF_UNSIGNED)
RANGE(int16, uint16_t, int16_t, KEY_OF_SIGNED)
RANGE(uint32, uint32_t, int32_t, KEY_OF_UNSIGNED)
RANGE(int32, uint32_t, int32_t, KEY_OF_SIGNED)
RANGE(uint64, uint64_t, int64_t, KEY_OF_UNSIGNED)
RANGE(int64, uint64_t, int64_t, KEY_OF_SIGNED)
RANGE(float16, uint16_t, int16_t, KEY_OF_FLOAT)
RANGE(float32, uint32_t, int32_t, KEY_OF_FLOAT)
RANGE(float64, uint64_t, int64_t, KEY_OF_FLOAT)

/* `infinity` is the bits of +inf: a finite value has a magnitude below. */
#define FINITE_RANGE(name, unsigned_key, key, infinity)                                            \
    TARGET static void finite_range_##name(const void *values, size_t count, int64_t *lo,          \
                                           int64_t *hi)                                            \
    {                                                                                              \
        const uint8_t *source = values;                                                            \
        key least = (key)*lo, most = (key)*hi;                                                     \
        for (size_t i = 0; i < count; i++) {                                                       \
            unsigned_key bits;                                                                     \
            memcpy(&bits, source + i * sizeof bits, sizeof bits);                                  \
            const key k = KEY_OF_FLOAT(unsigned_key, key, bits);                                   \
            const bool is_finite = (unsigned_key)(bits & (unsigned_key)~KEY_SIGN(key)) < infinity; \
            least = is_finite && k < least ? k : least;                                            \
            most = is_finite && k > most ? k : most;                                               \
        }                                                                                          \
        *lo = least;                                                                               \
        *hi = most;                                                                                \
    }
#define KEY_SIGN(key) ((uint64_t)1 << (8 * sizeof(key) - 1))
FINITE_RANGE(float16, uint16_t, int16_t, 0x7c00)
FINITE_RANGE(bfloat16, uint16_t, int16_t, 0x7f80)
FINITE_RANGE(float32, uint32_t, int32_t, 0x7f800000)
FINITE_RANGE(float64, uint64_t, int64_t, 0x7ff0000000000000)

/* Integers without a division; `most` is the largest value, or 255. */
#define CLIP(name, type, most)                                                                \
    TARGET static void clip_##name(const wb_arithmetic *arithmetic, const void *values,       \
                                   size_t count, uint8_t *restrict target)                    \
    {                                                                                         \
        const uint8_t *source = values;                                                       \
        const type ceiling = (type)(arithmetic->ceiling < most ? arithmetic->ceiling : most); \
        const uint8_t factor = (uint8_t)arithmetic->factor;                                   \
        for (size_t i = 0; i < count; i++) {                                                  \
            type x = load_##name(source + i * sizeof x);                                      \
            x = x > 0 ? x : 0;                                                                \
            x = x < ceiling ? x : ceiling;                                                    \
            target[i] = (uint8_t)((uint8_t)x * factor);                                       \
        }                                                                                     \
    }
CLIP(uint8, uint8_t, 255)
CLIP(int8, int8_t, 127)
CLIP(uint16, uint16_t, 255)
CLIP(int16, int16_t, 255)
CLIP(uint32, uint32_t, 255)
CLIP(int32, int32_t, 255)
CLIP(uint64, uint64_t, 255)
CLIP(int64, int64_t, 255)

/* The comparisons are false for NaN, which so becomes 0; the cast is only reached by 0..ceiling. */
#define STORE_CLIPPED(x)                     \
    do {                                     \
        (x) = (x) > 0 ? (x) : 0;             \
        (x) = (x) < ceiling ? (x) : ceiling; \
        target[i] = (uint8_t)(int32_t)(x);   \
    } while (0)

#define EXACT(x) (x)

/* `number` is the type the arithmetic runs in; `rounded` is applied after each operation. */
#define MULTIPLY(rule, name, load, item_bytes, number, rounded)                                    \
    TARGET static void rule##_multiply_##name(const wb_arithmetic *arithmetic, const void *values, \
                                              size_t count, uint8_t *restrict target)              \
    {                                                                                              \
        const uint8_t *source = values;                                                            \
        const number before = (number)arithmetic->before, lo = (number)arithmetic->lo;             \
        const number factor = (number)arithmetic->factor, ceiling = (number)arithmetic->ceiling;   \
        for (size_t i = 0; i < count; i++) {                                                       \
            number x = (number)load(source + i * item_bytes);                                      \
            x = rounded(x * before - lo);                                                          \
            x = rounded(x * factor);                                                               \
            STORE_CLIPPED(x);                                                                      \
        }                                                                                          \
    }
#define DIVIDE(rule, name, load, item_bytes, number, rounded)                                    \
    TARGET static void rule##_divide_##name(const wb_arithmetic *arithmetic, const void *values, \
                                            size_t count, uint8_t *restrict target)              \
    {                                                                                            \
        const uint8_t *source = values;                                                          \
        const number before = (number)arithmetic->before, lo = (number)arithmetic->lo;           \
        const number span = (number)arithmetic->span;                                            \
        const number factor = (number)arithmetic->factor, ceiling = (number)arithmetic->ceiling; \
        for (size_t i = 0; i < count; i++) {                                                     \
            number x = (number)load(source + i * item_bytes);                                    \
            x = rounded(x * before - lo);                                                        \
            x = rounded(x / span);                                                               \
            x = rounded(x * factor);                                                             \
            STORE_CLIPPED(x);                                                                    \
        }                                                                                        \
    }

MULTIPLY(numpy, float16, load_half, 2, float, wb_round_to_half)
MULTIPLY(numpy, bfloat16, load_bfloat, 2, float, wb_round_to_bfloat)
MULTIPLY(numpy, float32, load_float, 4, float, EXACT)
MULTIPLY(numpy, float64, load_double, 8, double, EXACT)
DIVIDE(numpy, float16, load_half, 2, float, wb_round_to_half)
DIVIDE(numpy, bfloat16, load_bfloat, 2, float, wb_round_to_bfloat)

DIVIDE(torch, float16, load_half, 2, float, EXACT)
DIVIDE(torch, bfloat16, load_bfloat, 2, float, EXACT)
DIVIDE(torch, float32, load_float, 4, float, EXACT)

DIVIDE(double, uint8, load_uint8, 1, double, EXACT)
DIVIDE(double, int8, load_int8, 1, double, EXACT)
DIVIDE(double, uint16, load_uint16, 2, double, EXACT)
DIVIDE(double, int16, load_int16, 2, double, EXACT)
DIVIDE(double, uint32, load_uint32, 4, double, EXACT)
DIVIDE(double, int32, load_int32, 4, double, EXACT)
DIVIDE(double, uint64, load_uint64_as_double, 8, double, EXACT)
DIVIDE(double, int64, load_int64_as_double, 8, double, EXACT)
DIVIDE(double, float16, load_half, 2, double, EXACT)
DIVIDE(double, bfloat16, load_bfloat, 2, double, EXACT)
DIVIDE(double, float32, load_float, 4, double, EXACT)
DIVIDE(double, float64, load_double, 8, double, EXACT)

/* x - lo can need 64 bits: it is taken without sign, then rounded to double once, as NumPy does. */
TARGET static void numpy_divide_int64(const wb_arithmetic *arithmetic, const void *values,
                                      size_t count, uint8_t *restrict target)
{
    const uint8_t *source = values;
    const uint64_t lo = (uint64_t)arithmetic->lo_integer;
    const double span = arithmetic->span, factor = arithmetic->factor;
    const double ceiling = (double)arithmetic->ceiling;
    for (size_t i = 0; i < count; i++) {
        double x = wb_double_from_uint64(load_uint64(source + i * sizeof lo) - lo);
        x = x / span * factor;
        STORE_CLIPPED(x);
    }
}

#define REPLACE_NAN(name, unsigned_key, infinity)                                              \
    TARGET static void replace_nan_##name(const void *values, size_t count, uint8_t nan_value, \
                                          uint8_t *restrict target)                            \
    {                                                                                          \
        const uint8_t *source = values;                                                        \
        for (size_t i = 0; i < count; i++) {                                                   \
            unsigned_key bits;                                                                 \
            memcpy(&bits, source + i * sizeof bits, sizeof bits);                              \
            const bool is_nan = (bits & (unsigned_key)~KEY_SIGN(unsigned_key)) > infinity;     \
            target[i] = is_nan ? nan_value : target[i];                                        \
        }                                                                                      \
    }
REPLACE_NAN(float16, uint16_t, 0x7c00)
REPLACE_NAN(bfloat16, uint16_t, 0x7f80)
REPLACE_NAN(float32, uint32_t, 0x7f800000)
REPLACE_NAN(float64, uint64_t, 0x7ff0000000000000)

/* `number` holds every value of the dtype and every byte; NaN equals nothing. */
#define EQUALS(name, load, item_bytes, number)                                               \
    TARGET static bool equals_##name(const void *values, size_t count, const uint8_t *bytes) \
    {                                                                                        \
        const uint8_t *source = values;                                                      \
        unsigned differ = 0;                                                                 \
        for (size_t i = 0; i < count; i++)                                                   \
            differ |= (number)load(source + i * item_bytes) != (number)bytes[i];             \
        return differ == 0;                                                                  \
    }
EQUALS(uint8, load_uint8, 1, int32_t)
EQUALS(int8, load_int8, 1, int32_t)
EQUALS(uint16, load_uint16, 2, int32_t)
EQUALS(int16, load_int16, 2, int32_t)
EQUALS(uint32, load_uint32, 4, uint32_t)
EQUALS(int32, load_int32, 4, int32_t)
EQUALS(uint64, load_uint64, 8, uint64_t)
EQUALS(int64, load_int64, 8, int64_t)
EQUALS(float16, load_half, 2, float)
EQUALS(bfloat16, load_bfloat, 2, float)
EQUALS(float32, load_float, 4, float)
EQUALS(float64, load_double, 8, double)

/* Eight values by one load leave the load units to the table. */
TARGET static void translate(const uint8_t table[256], const uint8_t *values, size_t count,
                             uint8_t *restrict target)
{
    uint8_t eight[8];
    size_t i = 0;
    for (; count - i >= sizeof eight; i += sizeof eight) {
        memcpy(eight, values + i, sizeof eight);
        for (unsigned k = 0; k < sizeof eight; k++)
            eight[k] = table[eight[k]];
        memcpy(target + i, eight, sizeof eight);
    }
    for (; i < count; i++)
        target[i] = table[values[i]];
}

static inline void interleave_planes(const uint8_t *const *planes, unsigned channels, size_t count,
                                     uint8_t *restrict target)
{
    const uint8_t *plane[WB_MAX_CHANNELS] = {NULL};
    for (unsigned c = 0; c < channels; c++)
        plane[c] = planes[c];
    for (size_t i = 0; i < count; i++)
        for (unsigned c = 0; c < channels; c++)
            target[i * channels + c] = plane[c][i];
}

static inline void reverse_pixels(const uint8_t *pixels, unsigned channels, size_t count,
                                  uint8_t *restrict target)
{
    for (size_t i = 0; i < count; i++)
        for (unsigned c = 0; c < channels; c++)
            target[i * channels + c] = pixels[i * channels + channels - 1 - c];
}

/* The count of channels is a constant in each loop, so that it unrolls. */
#define FOR_CONSTANT_CHANNELS(loop, source)                 \
    switch (channels) {                                     \
    case 3: loop(source, 3, count, target); return;         \
    case 4: loop(source, 4, count, target); return;         \
    default: loop(source, channels, count, target); return; \
    }

TARGET static void interleave(const uint8_t *const *planes, unsigned channels, size_t count,
                              uint8_t *restrict target){
    FOR_CONSTANT_CHANNELS(interleave_planes, planes)}

TARGET static void reverse(const uint8_t *pixels, unsigned channels, size_t count,
                           uint8_t *restrict target)
{
    FOR_CONSTANT_CHANNELS(reverse_pixels, pixels)
}

const wb_value_kernels KERNELS = {
    .range =
        {
            [WB_BOOL] = range_uint8,
            [WB_UINT8] = range_uint8,
            [WB_INT8] = range_int8,
            [WB_UINT16] = range_uint16,
            [WB_INT16] = range_int16,
            [WB_UINT32] = range_uint32,
            [WB_INT32] = range_int32,
            [WB_UINT64] = range_uint64,
            [WB_INT64] = range_int64,
            [WB_FLOAT16] = range_float16,
            [WB_BFLOAT16] = range_float16,
            [WB_FLOAT32] = range_float32,
            [WB_FLOAT64] = range_float64,
        },
    .finite_range =
        {
            [WB_FLOAT16] = finite_range_float16,
            [WB_BFLOAT16] = finite_range_bfloat16,
            [WB_FLOAT32] = finite_range_float32,
            [WB_FLOAT64] = finite_range_float64,
        },
    .clip =
        {
            [WB_BOOL] = clip_uint8,
            [WB_UINT8] = clip_uint8,
            [WB_INT8] = clip_int8,
            [WB_UINT16] = clip_uint16,
            [WB_INT16] = clip_int16,
            [WB_UINT32] = clip_uint32,
            [WB_INT32] = clip_int32,
            [WB_UINT64] = clip_uint64,
            [WB_INT64] = clip_int64,
        },
    .numpy_multiply =
        {
            [WB_FLOAT16] = numpy_multiply_float16,
            [WB_BFLOAT16] = numpy_multiply_bfloat16,
            [WB_FLOAT32] = numpy_multiply_float32,
            [WB_FLOAT64] = numpy_multiply_float64,
        },
    .numpy_divide =
        {
            [WB_INT8] = double_divide_int8,
            [WB_INT16] = double_divide_int16,
            [WB_INT32] = double_divide_int32,
            [WB_INT64] = numpy_divide_int64,
            [WB_FLOAT16] = numpy_divide_float16,
            [WB_BFLOAT16] = numpy_divide_bfloat16,
            [WB_FLOAT32] = torch_divide_float32,
            [WB_FLOAT64] = double_divide_float64,
        },
    .torch_divide =
        {
            [WB_BOOL] = double_divide_uint8,
            [WB_UINT8] = double_divide_uint8,
            [WB_INT8] = double_divide_int8,
            [WB_UINT16] = double_divide_uint16,
            [WB_INT16] = double_divide_int16,
            [WB_UINT32] = double_divide_uint32,
            [WB_INT32] = double_divide_int32,
            [WB_UINT64] = double_divide_uint64,
            [WB_INT64] = double_divide_int64,
            [WB_FLOAT16] = torch_divide_float16,
            [WB_BFLOAT16] = torch_divide_bfloat16,
            [WB_FLOAT32] = torch_divide_float32,
            [WB_FLOAT64] = double_divide_float64,
        },
    .limits_divide =
        {
            [WB_BOOL] = double_divide_uint8,
            [WB_UINT8] = double_divide_uint8,
            [WB_INT8] = double_divide_int8,
            [WB_UINT16] = double_divide_uint16,
            [WB_INT16] = double_divide_int16,
            [WB_UINT32] = double_divide_uint32,
            [WB_INT32] = double_divide_int32,
            [WB_UINT64] = double_divide_uint64,
            [WB_INT64] = double_divide_int64,
            [WB_FLOAT16] = double_divide_float16,
            [WB_BFLOAT16] = double_divide_bfloat16,
            [WB_FLOAT32] = double_divide_float32,
            [WB_FLOAT64] = double_divide_float64,
        },
    .replace_nan =
        {
            [WB_FLOAT16] = replace_nan_float16,
            [WB_BFLOAT16] = replace_nan_bfloat16,
            [WB_FLOAT32] = replace_nan_float32,
            [WB_FLOAT64] = replace_nan_float64,
        },
    .equals =
        {
            [WB_UINT8] = equals_uint8,
            [WB_INT8] = equals_int8,
            [WB_UINT16] = equals_uint16,
            [WB_INT16] = equals_int16,
            [WB_UINT32] = equals_uint32,
            [WB_INT32] = equals_int32,
            [WB_UINT64] = equals_uint64,
            [WB_INT64] = equals_int64,
            [WB_FLOAT16] = equals_float16,
            [WB_BFLOAT16] = equals_bfloat16,
            [WB_FLOAT32] = equals_float32,
            [WB_FLOAT64] = equals_float64,
        },
    .translate = translate,
    .interleave = interleave,
    .reverse = reverse,
};
