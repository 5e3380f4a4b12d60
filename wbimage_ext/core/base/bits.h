/* Positions of bits in a word, by the instruction that each compiler has for it.
 * In: a word that is not 0. Out: a position, 0 for the lowest bit. Ownership: none. */
#ifndef WB_BASE_BITS_H
#define WB_BASE_BITS_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

static inline unsigned wb_highest_bit(uint64_t value)
{
#if defined(__GNUC__) || defined(__clang__)
    return 63u - (unsigned)__builtin_clzll(value);
#elif defined(_M_X64) || defined(_M_ARM64)
    unsigned long bit;
    _BitScanReverse64(&bit, value);
    return (unsigned)bit;
#else
    unsigned bit = 0;
    while (value >>= 1)
        bit++;
    return bit;
#endif
}

/* Not by the highest bit of value & -value: it stands in the innermost loops. */
static inline unsigned wb_lowest_bit(uint64_t value)
{
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_ctzll(value);
#elif defined(_M_X64) || defined(_M_ARM64)
    unsigned long bit;
    _BitScanForward64(&bit, value);
    return (unsigned)bit;
#else
    return wb_highest_bit(value & (0 - value));
#endif
}

#endif
