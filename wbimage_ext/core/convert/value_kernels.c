/* The loops over values as macros, one table of them for each instruction set, and the choice.
 * SAMPLED(name), STORE_SAMPLE and SAMPLE_MOST stand for one kind of sample, uint8 or uint16.
 * In: WB_CPU_* flags. Out: a constant table. Ownership: none. */
#include "convert/value_kernels.h"

#include "base/endian.h"
#include "base/floats.h"
#include "base/kernel.h"

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

/* `is_counted` is an expression of `bits`: whether the value takes part. */
#define RANGE_LOOP(kernel, unsigned_key, key, key_of, is_counted)                                 \
    TARGET static void KERNEL(kernel)(const void *values, size_t count, int64_t *lo, int64_t *hi) \
    {                                                                                             \
        const uint8_t *source = values;                                                           \
        key least = (key)*lo, most = (key)*hi;                                                    \
        for (size_t i = 0; i < count; i++) {                                                      \
            unsigned_key bits;                                                                    \
            memcpy(&bits, source + i * sizeof bits, sizeof bits);                                 \
            const key k = key_of(unsigned_key, key, bits);                                        \
            least = (is_counted) && k < least ? k : least;                                        \
            most = (is_counted) && k > most ? k : most;                                           \
        }                                                                                         \
        *lo = least;                                                                              \
        *hi = most;                                                                               \
    }
#define RANGE(name, unsigned_key, key, key_of) \
    RANGE_LOOP(range_##name, unsigned_key, key, key_of, true)

/* `infinity` is the bits of +inf: a finite value has a magnitude below, NaN one above. */
#define MAGNITUDE(unsigned_key) (bits & (unsigned_key) ~((unsigned_key)1 << (8 * sizeof bits - 1)))
#define FINITE_RANGE(name, unsigned_key, key, infinity)              \
    RANGE_LOOP(finite_range_##name, unsigned_key, key, KEY_OF_FLOAT, \
               (unsigned_key)MAGNITUDE(unsigned_key) < infinity)

#define NARROW(name, type)                                                         \
    TARGET static uint64_t KERNEL(narrow_##name)(const void *values, size_t count, \
                                                 uint8_t *restrict target)         \
    {                                                                              \
        const uint8_t *source = values;                                            \
        type bits = 0;                                                             \
        for (size_t i = 0; i < count; i++) {                                       \
            const type x = load_##name(source + i * sizeof x);                     \
            bits = (type)(bits | x);                                               \
            target[i] = (uint8_t)x;                                                \
        }                                                                          \
        return bits;                                                               \
    }

/* Samples of 16 bits have the high byte first, as PNG has them. */
WB_ALWAYS_INLINE void store_uint8(uint8_t *target, size_t i, unsigned sample)
{
    target[i] = (uint8_t)sample;
}

WB_ALWAYS_INLINE void store_uint16(uint8_t *target, size_t i, unsigned sample)
{
    const uint16_t bytes = (uint16_t)(WB_IS_BIG_ENDIAN ? sample : sample << 8 | sample >> 8);
    memcpy(target + 2 * i, &bytes, sizeof bytes);
}

/* Integers without a division; `most` is the largest value that both types hold. */
#define CLIP(name, type, most)                                                                   \
    TARGET static void SAMPLED(clip_##name)(const wb_arithmetic *arithmetic, const void *values, \
                                            size_t count, uint8_t *restrict target)              \
    {                                                                                            \
        const uint8_t *source = values;                                                          \
        const type ceiling = (type)(arithmetic->ceiling < most ? arithmetic->ceiling : most);    \
        const unsigned factor = (unsigned)arithmetic->factor;                                    \
        for (size_t i = 0; i < count; i++) {                                                     \
            type x = load_##name(source + i * sizeof x);                                         \
            x = x > 0 ? x : 0;                                                                   \
            x = x < ceiling ? x : ceiling;                                                       \
            STORE_SAMPLE(target, i, (unsigned)x *factor);                                        \
        }                                                                                        \
    }

/* The comparisons are false for NaN, which so becomes 0; the cast is only reached by 0..ceiling. */
#define STORE_CLIPPED(x)                                 \
    do {                                                 \
        (x) = (x) > 0 ? (x) : 0;                         \
        (x) = (x) < ceiling ? (x) : ceiling;             \
        STORE_SAMPLE(target, i, (unsigned)(int32_t)(x)); \
    } while (0)

#define EXACT(x) (x)

/* `number` is the type the arithmetic runs in; `rounded` is applied after each operation.
 * `quotient` is an expression of x: x itself, or x / span. */
#define SCALE_LOOP(kernel, load, item_bytes, number, rounded, quotient)                          \
    TARGET static void SAMPLED(kernel)(const wb_arithmetic *arithmetic, const void *values,      \
                                       size_t count, uint8_t *restrict target)                   \
    {                                                                                            \
        const uint8_t *source = values;                                                          \
        const number before = (number)arithmetic->before, lo = (number)arithmetic->lo;           \
        const number span = (number)arithmetic->span;                                            \
        const number factor = (number)arithmetic->factor, ceiling = (number)arithmetic->ceiling; \
        (void)span;                                                                              \
        for (size_t i = 0; i < count; i++) {                                                     \
            number x = (number)load(source + i * item_bytes);                                    \
            x = rounded(x * before - lo);                                                        \
            x = rounded((number)(quotient)*factor);                                              \
            STORE_CLIPPED(x);                                                                    \
        }                                                                                        \
    }
#define MULTIPLY(rule, name, load, item_bytes, number, rounded) \
    SCALE_LOOP(rule##_multiply_##name, load, item_bytes, number, rounded, x)
#define DIVIDE(rule, name, load, item_bytes, number, rounded) \
    SCALE_LOOP(rule##_divide_##name, load, item_bytes, number, rounded, rounded(x / span))

#define REPLACE_NAN(name, unsigned_key, infinity)                                              \
    TARGET static void KERNEL(replace_nan_##name)(const void *values, size_t count,            \
                                                  uint8_t nan_value, uint8_t *restrict target) \
    {                                                                                          \
        const uint8_t *source = values;                                                        \
        for (size_t i = 0; i < count; i++) {                                                   \
            unsigned_key bits;                                                                 \
            memcpy(&bits, source + i * sizeof bits, sizeof bits);                              \
            const bool is_nan = MAGNITUDE(unsigned_key) > infinity;                            \
            target[i] = is_nan ? nan_value : target[i];                                        \
        }                                                                                      \
    }

/* `number` holds every value of the dtype and every byte; NaN equals nothing. */
#define EQUALS(name, load, item_bytes, number)                                   \
    TARGET static bool KERNEL(equals_##name)(const void *values, size_t count,   \
                                             const uint8_t *bytes)               \
    {                                                                            \
        const uint8_t *source = values;                                          \
        unsigned differ = 0;                                                     \
        for (size_t i = 0; i < count; i++)                                       \
            differ |= (number)load(source + i * item_bytes) != (number)bytes[i]; \
        return differ == 0;                                                      \
    }

WB_ALWAYS_INLINE void interleave_planes(const uint8_t *const *planes, unsigned channels,
                                        size_t count, uint8_t *restrict target, size_t sample_bytes)
{
    const uint8_t *plane[WB_MAX_CHANNELS] = {NULL};
    for (unsigned c = 0; c < channels; c++)
        plane[c] = planes[c];
    for (size_t i = 0; i < count; i++)
        for (unsigned c = 0; c < channels; c++)
            memcpy(target + (i * channels + c) * sample_bytes, plane[c] + i * sample_bytes,
                   sample_bytes);
}

WB_ALWAYS_INLINE void reverse_pixels(const uint8_t *pixels, unsigned channels, size_t count,
                                     uint8_t *restrict target, size_t sample_bytes)
{
    for (size_t i = 0; i < count; i++)
        for (unsigned c = 0; c < channels; c++)
            memcpy(target + (i * channels + c) * sample_bytes,
                   pixels + (i * channels + channels - 1 - c) * sample_bytes, sample_bytes);
}

/* The count of channels is a constant in each loop, so that it unrolls. */
#define FOR_CONSTANT_CHANNELS(loop, source)                               \
    switch (channels) {                                                   \
    case 3: loop(source, 3, count, target, SAMPLE_BYTES); return;         \
    case 4: loop(source, 4, count, target, SAMPLE_BYTES); return;         \
    default: loop(source, channels, count, target, SAMPLE_BYTES); return; \
    }

#define KERNEL(name) name##_portable
#define TARGET
#include "convert/value_kernels_impl.h"

#if WB_X86_64
#include "convert/x86/value_kernels_avx2.h"
#include "convert/x86/value_kernels_avx512.h"
#endif

const wb_value_kernels *wb_value_kernels_choose(wb_cpu cpu)
{
    WB_SELECT(cpu, AVX512, &kernels_avx512);
    WB_SELECT(cpu, AVX2, &kernels_avx2);
    return &kernels_portable;
}
