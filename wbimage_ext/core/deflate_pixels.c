/* Finds matches in photographs that are gray, or nearly: filtered, all channels of a pixel are the
 * same byte, and a pair of pixels holds only two bytes, so that it was often seen before.
 * In: filtered lines of bytes. Out: tokens. Ownership: see deflate_match.h. */
#include "deflate_match.h"

#include "deflate_words.h"

enum {
    RUN_BYTES = 5,
    PAIR_BYTES = 6,
    WORD_BYTES = 8,
    SURE_BYTES = 16,      /* a match this long costs less than any literals */
    SYMBOLS_COST = 5 << 8 /* of a match's two symbols, in 1/256 bits, beside the distance's bits */
};

/* A pair costs less as a match than as literals, which of six bytes are looked up. */
static inline bool is_worth(const uint16_t *costs, const uint8_t *here, size_t distance)
{
    uint32_t cost = 0;
    for (int k = 0; k < PAIR_BYTES; k++)
        cost += costs[here[k]];
    return cost > SYMBOLS_COST + (wb_log2_floor((uint32_t)distance) << 8);
}

static inline uint16_t *slot_of(const wb_deflate_matcher *matcher, uint64_t word)
{
    return &matcher->short_hash[wb_hash_word(word << (8 * (WORD_BYTES - PAIR_BYTES)),
                                             matcher->hash_bits)];
}

/* Enters a pair that ends behind a match, which the search leaves out. */
static inline void remember(const wb_deflate_matcher *matcher, const uint8_t *bytes, size_t i)
{
    *slot_of(matcher, wb_load_le64(bytes + i)) = (uint16_t)(matcher->origin + i);
}

/* The match at `i`, behind which there is at least a byte, or one of length 0. */
static inline wb_deflate_token find(const wb_deflate_matcher *matcher, const uint8_t *bytes,
                                    size_t i, size_t end)
{
    const uint8_t *here = bytes + i;
    uint64_t word = wb_load_le64(here);
    uint64_t differs = word ^ wb_load_le64(here - 1);
    if (differs << (8 * (WORD_BYTES - RUN_BYTES)) == 0)
        return (wb_deflate_token){0, (uint32_t)wb_equal_bytes(here, here - 1, end - i), 1};
    uint16_t position = (uint16_t)(matcher->origin + i);
    uint16_t *slot = slot_of(matcher, word);
    size_t distance = (uint16_t)(position - *slot);
    *slot = position;
    size_t reach = i < WB_DEFLATE_WINDOW_BYTES ? i : WB_DEFLATE_WINDOW_BYTES;
    if (distance - 1 >= reach)
        return (wb_deflate_token){0};
    differs = word ^ wb_load_le64(here - distance);
    if (differs << (8 * (WORD_BYTES - PAIR_BYTES)) != 0)
        return (wb_deflate_token){0};
    size_t most = end - i < WB_DEFLATE_MAX_MATCH ? end - i : WB_DEFLATE_MAX_MATCH;
    size_t length = wb_equal_bytes(here, here - distance, most);
    if (length < SURE_BYTES && !is_worth(matcher->literal_costs, here, distance))
        return (wb_deflate_token){0};
    return (wb_deflate_token){0, (uint32_t)length, (uint32_t)distance};
}

size_t wb_deflate_find_pixels(const wb_deflate_matcher *matcher, const uint8_t *bytes, size_t start,
                              size_t end, wb_cpu cpu, wb_deflate_token *tokens)
{
    (void)cpu;
    size_t count = 0, literals_start = start, step = matcher->step_bytes, i = start;
    for (size_t line = start; line < end; line += matcher->line_bytes) {
        size_t pixels = line + 1, line_end = line + matcher->line_bytes;
        if (i < pixels)
            i = pixels;
        else if (i < line_end) /* a match that began above covers some of the line */
            i += (step - (i - pixels) % step) % step;
        while (i < line_end && i + WORD_BYTES <= end) {
            wb_deflate_token token = find(matcher, bytes, i, end);
            if (token.length == 0) {
                i += step;
                continue;
            }
            token.literals = (uint32_t)(i - literals_start);
            tokens[count++] = token;
            literals_start = i + token.length;
            i += (token.length + step - 1) / step * step;
            if (i - step + PAIR_BYTES <= end)
                remember(matcher, bytes, i - step);
        }
    }
    if (literals_start < end)
        tokens[count++] = (wb_deflate_token){(uint32_t)(end - literals_start), 0, 0};
    return count;
}
