/* Numbers that C has no type for, and conversions that vectorise on every CPU.
 * In: bits. Out: float or double, exact or rounded to nearest even. Ownership: none. */
#ifndef WB_BASE_FLOATS_H
#define WB_BASE_FLOATS_H

#include <stdint.h>
#include <string.h>

static inline float wb_float_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t wb_bits_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double wb_double_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE binary16, exact. Exponent and fraction move to their places in a float; multiplying by
 * 2^(127 - 15) corrects the bias, subnormal numbers included. An exponent of all ones stays one. */
static inline float wb_float_from_half(uint16_t half)
{
    const uint32_t magnitude = half & 0x7fffu;
    const uint32_t special = magnitude >= 0x7c00u ? 0x7f800000u : 0;
    const float scaled = wb_float_from_bits(magnitude << 13) * 0x1p112f;
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    return wb_float_from_bits(wb_bits_from_float(scaled) | special | sign);
}

/* Rounds to a binary16 number, to nearest even, and keeps it as a float. Adding and subtracting
 * 1.5 * 2^(e + 13) leaves the 11 bits from 2^e down to 2^(e - 10); below 2^-14 the last bit stays
 * 2^-24. Exponents over 15 do not become infinite: what overflows a binary16 keeps 11 bits. */
static inline float wb_round_to_half(float value)
{
    const uint32_t smallest = 113u << 23; /* 2^-14 */
    const uint32_t largest = 200u << 23;  /* far over binary16, so that infinity stays itself */
    uint32_t exponent = wb_bits_from_float(value) & 0x7f800000u;
    exponent = exponent < smallest ? smallest : exponent;
    exponent = exponent > largest ? largest : exponent;
    const float magic = wb_float_from_bits(exponent + (13u << 23) + (1u << 22));
    const float sum = value + magic; /* as a float, also where expressions have a wider type */
    return sum - magic;
}

/* bfloat16 is the upper half of a float. */
static inline float wb_float_from_bfloat(uint16_t bfloat)
{
    return wb_float_from_bits((uint32_t)bfloat << 16);
}

/* Rounds to a bfloat16 number, to nearest even, and keeps it as a float. NaN may become zero. */
static inline float wb_round_to_bfloat(float value)
{
    const uint32_t bits = wb_bits_from_float(value);
    return wb_float_from_bits((bits + 0x7fffu + ((bits >> 16) & 1)) & 0xffff0000u);
}

/* 64-bit integers to double, rounded once. Each half is put into the fraction of a number whose
 * last bit is worth 1 or 2^32; both are exact, their sum rounds. 2^52 and 2^84 cancel. */
static inline double wb_double_from_uint64(uint64_t value)
{
    const double low = wb_double_from_bits((value & 0xffffffffu) | 0x4330000000000000u);
    const double high = wb_double_from_bits((value >> 32) | 0x4530000000000000u);
    return (high - (0x1p84 + 0x1p52)) + low;
}

static inline double wb_double_from_int64(int64_t value)
{
    const uint64_t bits = (uint64_t)value ^ 0x8000000000000000u; /* value + 2^63 */
    const double low = wb_double_from_bits((bits & 0xffffffffu) | 0x4330000000000000u);
    const double high = wb_double_from_bits((bits >> 32) | 0x4530000000000000u);
    return (high - (0x1p84 + 0x1p63 + 0x1p52)) + low;
}

#endif
