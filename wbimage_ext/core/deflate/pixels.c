/* Finds matches in photographs that are gray, or nearly: filtered, all channels of a pixel are the
 * same byte, and a pair of pixels holds only two bytes, so that it was often seen before.
 * First every pixel of a piece of a line asks a table where its pair was seen last, which needs no
 * branch and waits for nothing; then the matches are picked from the answers.
 * In: filtered lines of bytes. Out: tokens. Ownership: see deflate/match.h. */
#include "deflate/match.h"

#include "deflate/words.h"

enum {
    WORD_BYTES = 8,
    PIECE_PIXELS = 1024, /* so that the answers stay in the first-level cache */
    GROUP_PIXELS = 8     /* whose answers share a byte */
};

/* Two pixels, of RGBA without the last alpha: then their first and their second word overlap, and
 * a match in which only that alpha differs is found, too. */
WB_ALWAYS_INLINE size_t pair_bytes(size_t step)
{
    return step == 3 ? 6 : 7;
}

/* The table's slots: a position, modulo 2^16, in the high half; below it more bits of the pair's
 * hash, which tell nearly all other pairs of the slot apart without a look at their bytes. Takes the
 * place of both of the other search's tables, cleared: position 0. */
static inline uint32_t *slots_of(const wb_deflate_matcher *matcher)
{
    return (uint32_t *)(void *)matcher->short_hash;
}

/* A pixel's distance to where its pair was seen, and a bit that is set if that is in the window. */
typedef struct answers {
    uint16_t distances[PIECE_PIXELS];
    uint8_t seen[PIECE_PIXELS / GROUP_PIXELS + WORD_BYTES];
} answers;

/* Asks for `pixels` of them and enters them, in whole groups: up to 7 more, which nobody looks at.
 * What those enter is no pair, or one whose bytes are yet to come. */
WB_ALWAYS_INLINE void ask(const wb_deflate_matcher *matcher, const uint8_t *bytes, size_t i,
                          size_t step, size_t pixels, answers *to)
{
    /* The best of 260 at random: with WB_HASH_FACTOR photographs are 0.4 percent larger. */
    const uint64_t factor = UINT64_C(0xF87EB8A09B27EC71) << (64 - 8 * pair_bytes(step));
    uint32_t *slots = slots_of(matcher), position = (uint32_t)(matcher->origin + i) << 16;
    for (size_t k = 0; k < pixels; k += GROUP_PIXELS) {
        unsigned seen = 0;
        for (unsigned bit = 0; bit < GROUP_PIXELS; bit++) {
            uint64_t hash = wb_load_le64(bytes + i) * factor;
            uint32_t *slot = &slots[hash >> matcher->hash_shift];
            uint32_t entry = position | (uint16_t)(hash >> 32);
            uint32_t difference = entry - *slot;
            *slot = entry;
            /* Other hash bits end up above the distance and make it too large. */
            uint32_t distance = difference << 16 | difference >> 16;
            to->distances[k + bit] = (uint16_t)distance;
            seen |= (unsigned)(distance - 1 < WB_DEFLATE_WINDOW_BYTES) << bit;
            position += (uint32_t)step << 16;
            i += step;
        }
        to->seen[k / GROUP_PIXELS] = (uint8_t)seen;
    }
    if (pixels % GROUP_PIXELS != 0)
        to->seen[pixels / GROUP_PIXELS] &= (uint8_t)((1u << pixels % GROUP_PIXELS) - 1);
    memset(to->seen + (pixels + GROUP_PIXELS - 1) / GROUP_PIXELS, 0, WORD_BYTES);
}

/* The first pixel from `k` on whose pair was seen, if it is one of the next 57. */
static inline bool skip_to_seen(const answers *from, size_t *k)
{
    uint64_t ahead = wb_load_le64(from->seen + *k / GROUP_PIXELS) >> *k % GROUP_PIXELS;
    *k += ahead != 0 ? wb_lowest_bit(ahead) : 64 - (GROUP_PIXELS - 1);
    return ahead != 0;
}

typedef struct found {
    wb_deflate_token *tokens;
    size_t count, literals_start;
} found;

/* Takes the matches that begin in a piece of a line; they may end behind it. Most are one pair
 * long: where the next one begins is guessed by a branch, before the bytes are there. */
WB_ALWAYS_INLINE void take(const uint8_t *bytes, size_t i, size_t step, size_t pixels, size_t end,
                           const answers *from, found *to)
{
    found out = *to; /* in registers */
    const size_t pair = pair_bytes(step), words = pair + WORD_BYTES;
    size_t k = i < out.literals_start ? (out.literals_start - i + step - 1) / step : 0;
    while (k < pixels) {
        if (!skip_to_seen(from, &k))
            continue;
        size_t start = i + k * step, distance = from->distances[k];
        const uint8_t *here = bytes + start, *there = here - distance;
        if (distance > start
            || (wb_load_le64(here) ^ wb_load_le64(there)) << (64 - 8 * pair) != 0) {
            k++; /* an empty slot, or the hashes alone were the same */
            continue;
        }
        uint64_t differs = wb_load_le64(here + pair) ^ wb_load_le64(there + pair);
        size_t length = differs != 0 ? pair + wb_lowest_bit(differs) / 8 : words;
        k += 2;
        if (length > 2 * step) {
            if (length == words && start + words < end)
                length += wb_equal_bytes(here + words, there + words, end - start - words);
            k += (length - step - 1) / step;
        }
        out.tokens[out.count++] = (wb_deflate_token){(uint32_t)(start - out.literals_start),
                                                     (uint32_t)length, (uint32_t)distance};
        out.literals_start = start + length;
    }
    *to = out;
}

/* The last match may go on into what lies after the end. */
static void cut_at(size_t end, found *to)
{
    if (to->literals_start <= end)
        return;
    wb_deflate_token *last = &to->tokens[to->count - 1];
    last->length -= (uint32_t)(to->literals_start - end);
    to->literals_start = end;
    if (last->length < WB_DEFLATE_MIN_MATCH) {
        to->literals_start -= last->length + last->literals;
        to->count--;
    }
}

WB_ALWAYS_INLINE size_t find_pixels(const wb_deflate_matcher *matcher, const uint8_t *bytes,
                                    size_t start, size_t end, size_t step, wb_deflate_token *tokens)
{
    answers seen;
    found to = {tokens, 0, start};
    for (size_t line = start; line < end; line += matcher->line_bytes) {
        size_t line_end = end - line < matcher->line_bytes ? end : line + matcher->line_bytes;
        for (size_t i = line + 1; i < line_end; i += PIECE_PIXELS * step) {
            size_t left = (line_end - i + step - 1) / step;
            size_t pixels = left < PIECE_PIXELS ? left : PIECE_PIXELS;
            ask(matcher, bytes, i, step, pixels, &seen);
            take(bytes, i, step, pixels, end, &seen, &to);
        }
    }
    cut_at(end, &to);
    if (to.literals_start < end)
        tokens[to.count++] = (wb_deflate_token){(uint32_t)(end - to.literals_start), 0, 0};
    return to.count;
}

size_t wb_deflate_find_pixels(const wb_deflate_matcher *matcher, const uint8_t *bytes, size_t start,
                              size_t end, wb_cpu cpu, wb_deflate_token *tokens)
{
    (void)cpu;
    return matcher->step_bytes == 3 ? find_pixels(matcher, bytes, start, end, 3, tokens)
                                    : find_pixels(matcher, bytes, start, end, 4, tokens);
}
