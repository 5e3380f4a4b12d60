/* Prices from frequencies, by their logarithms.
 * In: how often symbols occur. Out: prices. Ownership: see deflate/prices.h. */
#include "deflate/prices.h"

#include "deflate/cost.h"
#include "deflate/count.h"

#include <string.h>

enum {
    /* The most that a symbol costs, in bits without its extra ones. A symbol that did not occur
     * would have about these lengths in codes that keep a place for it. */
    LITERAL_MAX_BITS = 13,
    LENGTH_MAX_BITS = 10,
    DISTANCE_MAX_BITS = 9,
    /* What a length and a distance cost before any was counted. */
    LENGTH_GUESS_BITS = 4,
    DISTANCE_GUESS_BITS = 4,
    /* Each symbol counts as if it had occurred an eighth of a time more. */
    COUNT_UNITS = 8,
    LENGTH_SYMBOLS = WB_DEFLATE_LITLEN_SYMBOLS - WB_DEFLATE_FIRST_LENGTH
};

static unsigned distance_extra_bits(unsigned symbol)
{
    return symbol < 4 ? 0 : symbol / 2 - 1;
}

/* What turns counts into prices: -log2(count / total). */
typedef struct price_scale {
    uint32_t log_total; /* of counts in COUNT_UNITS */
    uint32_t most;      /* also the price of what did not occur */
} price_scale;

static uint8_t price_of(const price_scale *scale, uint32_t count)
{
    if (count == 0)
        return (uint8_t)scale->most;
    uint32_t cost = scale->log_total - wb_log2_fixed(count * COUNT_UNITS + 1);
    uint32_t price = cost * WB_DEFLATE_PRICE_BIT >> 8;
    price = price < scale->most ? price : scale->most;
    return (uint8_t)(price > 1 ? price : 1);
}

static price_scale scale_of(uint64_t total, unsigned max_bits)
{
    uint32_t log_total = wb_log2_fixed((uint32_t)total), most = max_bits * WB_DEFLATE_PRICE_BIT;
    uint32_t none = log_total * WB_DEFLATE_PRICE_BIT >> 8;
    return (price_scale){log_total, none < most ? none : most};
}

static uint64_t total_of(const uint32_t *frequencies, unsigned count)
{
    uint64_t total = 1;
    for (unsigned i = 0; i < count; i++)
        total += (uint64_t)frequencies[i] * COUNT_UNITS + 1;
    return total;
}

/* Of all lengths, from the prices of their symbols without extra bits. */
static void set_lengths(wb_deflate_prices *prices, const uint8_t *by_symbol)
{
    for (unsigned length = WB_DEFLATE_MIN_MATCH; length < WB_DEFLATE_MAX_MATCH; by_symbol++) {
        const unsigned extra_bits = wb_deflate_length_symbol(length).extra_bits;
        /* That of the last symbol but one holds the longest match, too, which is set below. */
        memset(prices->length + length, *by_symbol + (int)(WB_DEFLATE_PRICE_BIT * extra_bits),
               (size_t)1 << extra_bits);
        length += 1u << extra_bits;
    }
    prices->length[WB_DEFLATE_MAX_MATCH] = *by_symbol;
}

static void set_distance_logs(wb_deflate_prices *prices)
{
    for (unsigned log = 0; log < WB_DEFLATE_DISTANCE_LOGS; log++) {
        unsigned first = log < 2 ? log : 2 * log - 2, second = log < 2 ? log : 2 * log - 1;
        if (second >= WB_DEFLATE_DISTANCE_SYMBOLS)
            first = second = WB_DEFLATE_DISTANCE_SYMBOLS - 1;
        prices->distance_log[log] = (uint8_t)((prices->distance[first] + prices->distance[second])
                                              / 2);
    }
}

/* Where lengths share a symbol the least of them counts. */
static unsigned count_bytes_per_symbol(const uint32_t *litlen, uint64_t literals)
{
    uint64_t bytes = literals, symbols = literals;
    unsigned length = WB_DEFLATE_MIN_MATCH;
    for (unsigned i = WB_DEFLATE_FIRST_LENGTH; i < WB_DEFLATE_LITLEN_SYMBOLS - 1; i++) {
        bytes += (uint64_t)litlen[i] * length;
        symbols += litlen[i];
        length += 1u << wb_deflate_length_symbol(length).extra_bits;
    }
    const uint32_t longest = litlen[WB_DEFLATE_LITLEN_SYMBOLS - 1];
    bytes += (uint64_t)longest * WB_DEFLATE_MAX_MATCH;
    symbols += longest;
    return symbols != 0 ? (unsigned)(bytes / symbols) : 0;
}

void wb_deflate_prices_set(wb_deflate_prices *prices, const wb_deflate_frequencies *frequencies)
{
    const uint32_t *litlen = frequencies->litlen, *distance = frequencies->distance;
    const uint64_t total = total_of(litlen, WB_DEFLATE_LITLEN_SYMBOLS);
    const price_scale scale = scale_of(total, LITERAL_MAX_BITS);
    const price_scale length_scale = scale_of(total, LENGTH_MAX_BITS);
    const price_scale distance_scale = scale_of(total_of(distance, WB_DEFLATE_DISTANCE_SYMBOLS),
                                                DISTANCE_MAX_BITS);
    uint64_t literals = 0, spent = 0;
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++) {
        prices->literal[i] = price_of(&scale, litlen[i]);
        literals += litlen[i];
        spent += (uint64_t)litlen[i] * prices->literal[i];
    }
    prices->mean_literal = (uint8_t)(literals != 0 ? spent / literals : 8 * WB_DEFLATE_PRICE_BIT);
    uint8_t by_symbol[LENGTH_SYMBOLS];
    for (unsigned i = 0; i < LENGTH_SYMBOLS; i++)
        by_symbol[i] = price_of(&length_scale, litlen[WB_DEFLATE_FIRST_LENGTH + i]);
    set_lengths(prices, by_symbol);
    for (unsigned i = 0; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        prices->distance[i] = (uint8_t)(price_of(&distance_scale, distance[i])
                                        + WB_DEFLATE_PRICE_BIT * distance_extra_bits(i));
    set_distance_logs(prices);
    prices->bytes_per_symbol = count_bytes_per_symbol(litlen, literals);
}

void wb_deflate_prices_guess(wb_deflate_prices *prices, const uint8_t *bytes, size_t size_bytes)
{
    enum { MEAN_STEP_BYTES = 37 };
    uint16_t costs[WB_DEFLATE_LITERALS];
    uint32_t spent = 0, seen = 0;
    wb_deflate_literal_costs(bytes, size_bytes, costs);
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++) {
        unsigned price = costs[i] * WB_DEFLATE_PRICE_BIT / 256u;
        unsigned most = LITERAL_MAX_BITS * WB_DEFLATE_PRICE_BIT;
        price = price < most ? price : most;
        prices->literal[i] = (uint8_t)(price > WB_DEFLATE_PRICE_BIT ? price : WB_DEFLATE_PRICE_BIT);
    }
    for (size_t i = 0; i < size_bytes; i += MEAN_STEP_BYTES, seen++)
        spent += prices->literal[bytes[i]];
    prices->mean_literal = (uint8_t)(seen != 0 ? spent / seen : 8 * WB_DEFLATE_PRICE_BIT);
    uint8_t by_symbol[LENGTH_SYMBOLS];
    memset(by_symbol, LENGTH_GUESS_BITS * WB_DEFLATE_PRICE_BIT, sizeof by_symbol);
    set_lengths(prices, by_symbol);
    for (unsigned i = 0; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        prices->distance[i] = (uint8_t)(WB_DEFLATE_PRICE_BIT
                                        * (DISTANCE_GUESS_BITS + distance_extra_bits(i)));
    set_distance_logs(prices);
    prices->bytes_per_symbol = 0;
}
