/* What the symbols of a block cost: how a search for matches judges them.
 * In: how often symbols occur. Out: prices. Ownership: none; plain data. */
#ifndef WB_DEFLATE_PRICES_H
#define WB_DEFLATE_PRICES_H

#include "deflate/codes.h"

/* 1 bit costs so many units. All prices below are in this unit. */
enum { WB_DEFLATE_PRICE_BIT = 4, WB_DEFLATE_DISTANCE_LOGS = 17 };

typedef struct wb_deflate_prices {
    uint8_t literal[WB_DEFLATE_LITERALS];
    uint8_t mean_literal;
    /* With their extra bits. */
    uint8_t length[WB_DEFLATE_MAX_MATCH + 1];
    uint8_t distance[WB_DEFLATE_DISTANCE_SYMBOLS];
    /* The same by wb_deflate_distance_log: the mean of the two symbols that share a logarithm. */
    uint8_t distance_log[WB_DEFLATE_DISTANCE_LOGS];
    /* Bytes that a literal or a match stands for, on average; 0 before any was counted. */
    unsigned bytes_per_symbol;
} wb_deflate_prices;

/* The logarithm of a distance, rounded up. */
static inline unsigned wb_deflate_distance_log(uint32_t distance)
{
    return wb_highest_bit(2 * distance - 1);
}

/* A symbol that did not occur gets the price of a rare one. */
void wb_deflate_prices_set(wb_deflate_prices *prices, const wb_deflate_frequencies *frequencies);

/* Before anything was coded: literals by a sample of the bytes, matches by a rule. */
void wb_deflate_prices_guess(wb_deflate_prices *prices, const uint8_t *bytes, size_t size_bytes);

#endif
