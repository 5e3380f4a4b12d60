/* Matching for flat and repeated content: plots, text, masks, drawings.
 * In: lines of bytes. Out: tokens. Ownership: a matcher borrows its tables and the bytes. */
#ifndef WB_DEFLATE_MATCH_H
#define WB_DEFLATE_MATCH_H

#include <stdbool.h>

#include "deflate/tokens.h"

typedef struct wb_deflate_matcher {
    uint16_t *short_hash; /* where the next 4 or 6 bytes were seen last, and where the next 8: */
    uint16_t *long_hash;  /* positions in the stream, modulo 2^16, twice the window */
    unsigned hash_shift;  /* of a product: leaves the number of a slot */
    unsigned short_shift; /* before that, for short_hash: drops the bytes it does not look at */
    uint16_t *column_distances; /* of the last match that covered a column of the line */
    uint32_t origin;            /* position of bytes[0] in the stream, modulo 2^16 at least */
    size_t line_bytes;          /* distance to the byte above */
    unsigned step_bytes; /* distance to the byte left: a pixel, or 1 where bytes are filtered */
    /* What each literal costs, in 1/256 bits, if the lines are filtered: then a match has to cost
     * less. NULL if their filters are None, or Up in lines that repeat the one above. */
    const uint16_t *literal_costs;
} wb_deflate_matcher;

/* What the tables take for this many lines at a time. */
size_t wb_deflate_matcher_size(size_t line_bytes, size_t line_count);
/* Lays the tables into `memory` of that size and clears them. */
void wb_deflate_matcher_init(wb_deflate_matcher *matcher, void *memory, size_t line_bytes,
                             size_t line_count, unsigned step_bytes);

/* Tokens for bytes[start] to bytes[end - 1], `start` at the beginning of a line. Matches reach back
 * to bytes[0] and no further than DEFLATE's window. After the end there are WB_DEFLATE_SLACK_BYTES
 * that may be read. Needs room for (end - start) / 3 + 1 tokens; returns their number. */
size_t wb_deflate_find_matches(const wb_deflate_matcher *matcher, const uint8_t *bytes,
                               size_t start, size_t end, wb_cpu cpu, wb_deflate_token *tokens);

/* The same for lines whose channels are correlated, filtered and with literal_costs: looks at whole
 * pixels, once each. step_bytes is 3 or 4. */
size_t wb_deflate_find_pixels(const wb_deflate_matcher *matcher, const uint8_t *bytes, size_t start,
                              size_t end, wb_cpu cpu, wb_deflate_token *tokens);

typedef size_t (*wb_deflate_finder)(const wb_deflate_matcher *matcher, const uint8_t *bytes,
                                    size_t start, size_t end, wb_cpu cpu, wb_deflate_token *tokens);

#endif
