/* The numbers of DEFLATE (RFC 1951, 3.2.5 to 3.2.7): symbols of lengths and distances.
 * In: match lengths and distances. Out: symbols and extra bits. Ownership: none. */
#ifndef WB_DEFLATE_FORMAT_H
#define WB_DEFLATE_FORMAT_H

#include <stdint.h>

#include "base/bits.h"

enum {
    WB_DEFLATE_LITERALS = 256,
    WB_DEFLATE_END_OF_BLOCK = 256,
    WB_DEFLATE_FIRST_LENGTH = 257,
    WB_DEFLATE_LITLEN_SYMBOLS = 286,
    WB_DEFLATE_DISTANCE_SYMBOLS = 30,
    WB_DEFLATE_MIN_MATCH = 3,
    WB_DEFLATE_MAX_MATCH = 258,
    WB_DEFLATE_WINDOW_BYTES = 32768,
    WB_DEFLATE_STORED_MAX_BYTES = 65535,
    WB_DEFLATE_FIXED_DISTANCE_BITS = 5
};

/* The fixed code's lengths (RFC 1951, 3.2.6). */
static inline uint8_t wb_deflate_fixed_litlen_bits(unsigned symbol)
{
    return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
}

typedef struct wb_deflate_symbol {
    uint16_t symbol; /* of the literal/length alphabet, or of the distance alphabet */
    uint8_t extra_bits;
    uint16_t extra; /* their value */
} wb_deflate_symbol;

/* Lengths beyond 10 come in groups of four symbols that share a number of extra bits; so do
 * distances beyond 4 in groups of two. The smallest have none, which needs no branch. */
static inline wb_deflate_symbol wb_deflate_length_symbol(unsigned length)
{
    unsigned above = length - WB_DEFLATE_MIN_MATCH;
    if (length == WB_DEFLATE_MAX_MATCH)
        return (wb_deflate_symbol){WB_DEFLATE_LITLEN_SYMBOLS - 1, 0, 0};
    unsigned extra_bits = wb_highest_bit(above | 4) - 2;
    return (wb_deflate_symbol){
        (uint16_t)(WB_DEFLATE_FIRST_LENGTH + 4 * extra_bits + (above >> extra_bits)),
        (uint8_t)extra_bits, (uint16_t)(above & ((1u << extra_bits) - 1))};
}

static inline wb_deflate_symbol wb_deflate_distance_symbol(unsigned distance)
{
    unsigned above = distance - 1;
    unsigned extra_bits = wb_highest_bit(above | 2) - 1;
    return (wb_deflate_symbol){(uint16_t)(2 * extra_bits + (above >> extra_bits)),
                               (uint8_t)extra_bits, (uint16_t)(above & ((1u << extra_bits) - 1))};
}

#endif
