/* The search for matches, for all that is flat or repeats: plots, text, masks, drawings.
 * In: lines of bytes. Out: tokens. Ownership: a matcher borrows its tables and the bytes. */
#ifndef WB_DEFLATE_MATCH_H
#define WB_DEFLATE_MATCH_H

#include <stdbool.h>

#include "deflate/prices.h"
#include "deflate/tokens.h"

typedef struct wb_deflate_matcher {
    /* Three: where a few and some bytes were seen the last two times, and where many were seen the
     * last four times, as positions in the stream modulo 2^16, twice the window. For 16 bits see
     * match.c. */
    uint32_t *tables;
    unsigned table_bits; /* a table has 2^table_bits entries */
    bool has_seen;       /* the tables tell what this stream holds */
    uint32_t origin;     /* position of bytes[0] in the stream, modulo 2^16 at least */
    size_t line_bytes;   /* distance to the byte above */
    size_t step_bytes;   /* distance to the byte left: a pixel */
    bool is_fine;        /* samples have 16 bits: see match_fine_impl.h */
    wb_deflate_prices prices;
    size_t searches; /* made since the tables were cleared: what the time goes with */
} wb_deflate_matcher;

/* What the tables take that suit a search in `size_bytes`. */
size_t wb_deflate_matcher_size(size_t size_bytes);

/* Lays the tables into `memory` of that size, aligned for any type. */
void wb_deflate_matcher_init(wb_deflate_matcher *matcher, void *memory, size_t size_bytes,
                             size_t line_bytes, size_t step_bytes, bool is_fine);

/* Nothing was seen yet. The tables themselves are cleared when a search needs them. */
void wb_deflate_matcher_clear(wb_deflate_matcher *matcher);

/* Tokens for bytes[start] to bytes[end - 1], `start` at the beginning of a line. Matches reach back
 * to bytes[0] and no further than DEFLATE's window. After the end there are WB_DEFLATE_SLACK_BYTES
 * that may be read. Needs room for (end - start) / 3 + 1 tokens; returns their number. */
size_t wb_deflate_find_matches(wb_deflate_matcher *matcher, const uint8_t *bytes, size_t start,
                               size_t end, wb_cpu cpu, wb_deflate_token *tokens);

#endif
