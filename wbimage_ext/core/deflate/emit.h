/* Writes tokens in a block's codes: the inner loop of the encoder.
 * In: bytes, tokens, codes. Out: bits. Ownership: borrows all; the output has room for all bits and
 * WB_BIT_WRITER_SLACK_BYTES, and after the bytes WB_DEFLATE_SLACK_BYTES may be read. */
#ifndef WB_DEFLATE_EMIT_H
#define WB_DEFLATE_EMIT_H

#include <stdbool.h>

#include "deflate/codes.h"
#include "deflate/tokens.h"

typedef struct wb_deflate_stretch {
    const uint8_t *bytes;
    const wb_deflate_token *tokens;
    size_t token_count;
} wb_deflate_stretch;

/* `short_codes` promises nothing; it says that eight literals mostly take at most 56 bits. */
void wb_deflate_emit(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                     bool short_codes, wb_cpu cpu, wb_bit_writer *writer);

#endif
