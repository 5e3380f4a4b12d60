/* Counts a stretch piece by piece: pieces that are alike become one block.
 * In: a stretch. Out: blocks. Ownership: see deflate/split.h. */
#include "deflate/split.h"

#include "base/fitted.h"
#include "deflate/count.h"

typedef struct piece {
    wb_deflate_stretch stretch;
    size_t size_bytes;
    wb_deflate_counts counts;
} piece;

/* Cuts off the next tokens, of at least `symbols` symbols, or all. */
static void take_piece(wb_deflate_stretch *rest, size_t symbols, piece *to)
{
    to->stretch = (wb_deflate_stretch){rest->bytes, rest->tokens, 0};
    to->size_bytes = 0;
    for (size_t seen = 0; seen < symbols && rest->token_count != 0; rest->token_count--) {
        const wb_deflate_token *token = rest->tokens++;
        seen += token->literals + (token->length != 0);
        to->size_bytes += (size_t)token->literals + token->length;
        to->stretch.token_count++;
    }
    rest->bytes += to->size_bytes;
    wb_deflate_count(&to->stretch, to->size_bytes, &to->counts);
}

/* Makes one piece of two unless codes of their own pay. */
static bool join(piece *first, const piece *next)
{
    wb_deflate_counts both = first->counts;
    wb_deflate_counts_add(&both, &next->counts);
    if (first->counts.entropy_bits + next->counts.entropy_bits
            + wb_deflate_codes_cost(&next->counts)
        < both.entropy_bits)
        return false;
    first->counts = both;
    first->stretch.token_count += next->stretch.token_count;
    first->size_bytes += next->size_bytes;
    return true;
}

static wb_status append(wb_deflate *deflate, const piece *from)
{
    return wb_deflate_append(deflate, &from->stretch, from->size_bytes, &from->counts);
}

wb_status wb_deflate_append_split(wb_deflate *deflate, const wb_deflate_stretch *stretch,
                                  size_t size_bytes, size_t symbols)
{
    size_t pieces = symbols / WB_FIT_BLOCK_SYMBOLS, most = size_bytes / WB_FIT_SPLIT_BYTES;
    pieces = pieces < most ? pieces : most;
    if (pieces <= 1)
        return wb_deflate_append(deflate, stretch, size_bytes, NULL);
    wb_deflate_stretch rest = *stretch;
    wb_status status = WB_OK;
    piece first, next;
    take_piece(&rest, symbols / pieces + 1, &first);
    while (rest.token_count != 0 && status == WB_OK) {
        take_piece(&rest, symbols / pieces + 1, &next);
        if (join(&first, &next))
            continue;
        status = append(deflate, &first);
        first = next;
    }
    return status == WB_OK ? append(deflate, &first) : status;
}
