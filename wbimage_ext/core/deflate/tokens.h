/* What DEFLATE says about a stretch of bytes: literals, then a match, and so on.
 * In: bytes. Out: tokens that cover them. Ownership: borrows bytes; a list borrows its memory. */
#ifndef WB_DEFLATE_TOKENS_H
#define WB_DEFLATE_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "deflate/format.h"

/* `literals` bytes as they are, then `length` bytes that equal those `distance` before them. A
 * length is 0 at the end of a stretch, or at least 3 and of any size: see wb_deflate_piece. */
typedef struct wb_deflate_token {
    uint32_t literals;
    uint32_t length;
    uint32_t distance;
} wb_deflate_token;

/* The next match to emit for the rest of a long one: at most 258, and never so many that 1 or 2
 * bytes were left, which no match can say. */
static inline uint32_t wb_deflate_piece(uint32_t rest)
{
    if (rest <= WB_DEFLATE_MAX_MATCH)
        return rest;
    return rest - WB_DEFLATE_MAX_MATCH < WB_DEFLATE_MIN_MATCH ? rest - WB_DEFLATE_MIN_MATCH
                                                              : WB_DEFLATE_MAX_MATCH;
}

/* Runs of one repeated byte, as matches of distance 1: every longest stretch of at least `min_run`
 * (5 to 8) bytes that equal the byte before them. `bytes[-1]` exists, and after the end there are
 * WB_DEFLATE_SLACK_BYTES that may be read. Room for size_bytes / min_run + 1 tokens is needed;
 * returns how many were written, the last one with length 0 if the bytes end in literals. */
size_t wb_deflate_find_runs(const uint8_t *bytes, size_t size_bytes, unsigned min_run, wb_cpu cpu,
                            wb_deflate_token *tokens);

enum { WB_DEFLATE_SLACK_BYTES = 128 };

#endif
