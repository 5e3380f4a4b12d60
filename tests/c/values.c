/* Makes the values of values.h.
 * In: dtype, kind, seed. Out: packed elements. Ownership: fills the caller's memory. */
#include "values.h"

#include "check.h"
#include "pixels/elements.h"
#include "support.h"

/* Where a float type keeps its parts. */
typedef struct float_format {
    unsigned exponent_bits;
    unsigned mantissa_bits;
} float_format;

static float_format format_of(wb_dtype dtype)
{
    switch (dtype) {
    case WB_FLOAT16: return (float_format){5, 10};
    case WB_BFLOAT16: return (float_format){8, 7};
    case WB_FLOAT32: return (float_format){8, 23};
    default: return (float_format){11, 52};
    }
}

static uint64_t mask_of(unsigned bits)
{
    return ((uint64_t)1 << bits) - 1;
}

static uint64_t pack(float_format f, uint64_t sign, uint64_t exponent, uint64_t mantissa)
{
    return sign << (f.exponent_bits + f.mantissa_bits) | exponent << f.mantissa_bits
           | (mantissa & mask_of(f.mantissa_bits));
}

/* A whole number that the mantissa can hold. */
static uint64_t pack_integer(float_format f, uint64_t number)
{
    if (number == 0)
        return 0;
    unsigned top = 0;
    while (number >> top > 1)
        top++;
    const uint64_t bias = mask_of(f.exponent_bits - 1);
    return pack(f, 0, bias + top, number << (f.mantissa_bits - top));
}

/* Evenly spread exponents from 2^-8 on, random mantissas: all magnitudes below `top` are met. */
static uint64_t pack_below(float_format f, uint64_t random, uint64_t sign, unsigned top_exponent)
{
    const uint64_t bias = mask_of(f.exponent_bits - 1);
    return pack(f, sign, bias + top_exponent - 1 - (random >> 60) % 8, random);
}

static uint64_t float_value(wb_dtype dtype, value_kind kind, size_t i, uint64_t random)
{
    const float_format f = format_of(dtype);
    const uint64_t all_ones = mask_of(f.exponent_bits);
    switch (kind) {
    case VALUES_ZERO_ONE: return pack_integer(f, random >> 63);
    case VALUES_BYTES: return pack_integer(f, random >> 56);
    case VALUES_UNIT: return i < 2 ? pack_integer(f, i) : pack_below(f, random, 0, 0);
    case VALUES_SIGNED: return pack_below(f, random, random >> 59 & 1, 1);
    case VALUES_WIDE: return pack(f, random >> 63, (random >> 8) % all_ones, random);
    case VALUES_NOT_FINITE:
        if (i % 7 == 3)
            return pack(f, random >> 63, all_ones, i % 2);
        return pack_below(f, random, random >> 59 & 1, 1);
    default: return pack_integer(f, 77);
    }
}

static uint64_t integer_value(wb_dtype dtype, value_kind kind, size_t i, uint64_t random)
{
    const unsigned bits = 8 * (unsigned)wb_dtype_size_bytes(dtype);
    const bool is_signed = dtype == WB_INT8 || dtype == WB_INT16 || dtype == WB_INT32
                           || dtype == WB_INT64;
    const uint64_t largest = mask_of(bits - 1) * (is_signed ? 1 : 2) + (is_signed ? 0 : 1);
    switch (kind) {
    case VALUES_ZERO_ONE: return random >> 63;
    case VALUES_BYTES: return (random >> 56) & largest;
    case VALUES_UNIT: return i == 0 ? 0 : i == 1 ? largest : (random >> 1) & largest;
    case VALUES_SIGNED:
        return is_signed ? (random >> 56 & 0x7F) - 50 : (random >> 56) * (random >> 61 & 1);
    case VALUES_CONSTANT: return 77;
    default: return random;
    }
}

const char *value_kind_name(value_kind kind)
{
    static const char *const names[VALUE_KINDS] = {"zero-one", "bytes",      "unit",    "signed",
                                                   "wide",     "not-finite", "constant"};
    return names[kind];
}

const char *dtype_name(wb_dtype dtype)
{
    static const char *const names[] = {"bool",     "uint8",   "int8",   "uint16", "int16",
                                        "uint32",   "int32",   "uint64", "int64",  "float16",
                                        "bfloat16", "float32", "float64"};
    return names[dtype];
}

void values_fill(void *target, size_t count, wb_dtype dtype, value_kind kind, bool is_swapped,
                 uint64_t seed)
{
    uint64_t random = seed;
    uint8_t *bytes = target;
    const size_t item = wb_dtype_size_bytes(dtype);
    for (size_t i = 0; i < count; i++) {
        const uint64_t number = random_next(&random);
        const uint64_t bits = dtype == WB_BOOL      ? number >> 63
                              : dtype >= WB_FLOAT16 ? float_value(dtype, kind, i, number)
                                                    : integer_value(dtype, kind, i, number);
        const uint8_t u8 = (uint8_t)bits;
        const uint16_t u16 = (uint16_t)bits;
        const uint32_t u32 = (uint32_t)bits;
        switch (item) {
        case 1: bytes[i] = u8; break;
        case 2: memcpy(bytes + 2 * i, &u16, 2); break;
        case 4: memcpy(bytes + 4 * i, &u32, 4); break;
        default: memcpy(bytes + 8 * i, &bits, 8); break;
        }
    }
    if (is_swapped)
        wb_elements_swap(bytes, count, item);
}
