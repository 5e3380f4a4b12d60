/* What symbols would cost: entropies in whole numbers, the same on every machine.
 * In: frequencies. Out: bits. Ownership: none. */
#ifndef WB_DEFLATE_COST_H
#define WB_DEFLATE_COST_H

#include "deflate/codes.h"

/* 256 * log2(1 + i / 256), rounded. */
extern const uint8_t wb_log2_fractions[256];

/* 256 * log2(value); value is not 0. Exact to 1/256 bit or so. */
static inline uint32_t wb_log2_fixed(uint32_t value)
{
    unsigned whole = wb_highest_bit(value);
    uint32_t mantissa = value << (31 - whole) >> 23; /* its highest bit and 8 more */
    return whole << 8 | wb_log2_fractions[mantissa & 0xff];
}

/* 1/256 bits that values of these frequencies take together, at best. */
uint64_t wb_entropy(const uint32_t *frequencies, unsigned count);

/* Bits that symbols of these frequencies take, extra bits included, without the block's head and
 * end: in these codes, in the fixed codes, and in the best that codes could be. */
uint64_t wb_deflate_cost(const wb_deflate_codes *codes, const wb_deflate_frequencies *frequencies);
uint64_t wb_deflate_cost_fixed(const wb_deflate_frequencies *frequencies);
uint64_t wb_deflate_entropy(const wb_deflate_frequencies *frequencies);

#endif
