/* What symbols would cost: entropies in whole numbers, the same on every machine.
 * In: frequencies. Out: bits. Ownership: none. */
#ifndef WB_DEFLATE_COST_H
#define WB_DEFLATE_COST_H

#include "deflate_codes.h"

/* 256 * log2(value); value is not 0. Exact to 1/256 bit or so. */
uint32_t wb_log2_fixed(uint32_t value);

/* Bits that the best code would spend, extra bits included. */
uint64_t wb_deflate_entropy(const wb_deflate_frequencies *frequencies);

#endif
