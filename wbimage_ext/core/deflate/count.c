/* Counts symbols, on a sample where that is enough.
 * In: bytes and tokens. Out: frequencies. Ownership: none. */
#include "deflate/count.h"

#include "base/endian.h"
#include "deflate/cost.h"

#include <string.h>

enum {
    SAMPLED_MIN_BYTES = 8192,  /* shorter stretches are quickly counted, and a sample says little */
    SAMPLE_PERIOD_BYTES = 256, /* of each period a piece is counted */
    SAMPLE_PIECE_BYTES = SAMPLE_PERIOD_BYTES / WB_DEFLATE_SAMPLE_RATE,
    /* Where tokens are many, each of them costs more than what it tells. */
    SAMPLED_MIN_TOKENS = 28 << 10,
    SAMPLE_PERIOD_TOKENS = 256,
    SAMPLE_PIECE_TOKENS = 64,
    TOKEN_RATE = SAMPLE_PERIOD_TOKENS / SAMPLE_PIECE_TOKENS
};

static size_t count_matches(const wb_deflate_stretch *stretch, wb_deflate_frequencies *frequencies)
{
    size_t matched = 0;
    for (size_t i = 0; i < stretch->token_count; i++) {
        uint32_t length = stretch->tokens[i].length, pieces = 1;
        if (length == 0)
            continue;
        matched += length;
        if (length > WB_DEFLATE_MAX_MATCH) { /* whole pieces all at once */
            uint32_t whole = (length - WB_DEFLATE_MIN_MATCH) / WB_DEFLATE_MAX_MATCH;
            frequencies->litlen[WB_DEFLATE_LITLEN_SYMBOLS - 1] += whole;
            pieces += whole;
            length -= whole * WB_DEFLATE_MAX_MATCH;
            if (length > WB_DEFLATE_MAX_MATCH) {
                frequencies->litlen[WB_DEFLATE_FIRST_LENGTH]++;
                pieces++;
                length -= WB_DEFLATE_MIN_MATCH;
            }
        }
        frequencies->litlen[wb_deflate_length_symbol(length).symbol]++;
        frequencies->distance[wb_deflate_distance_symbol(stretch->tokens[i].distance).symbol] +=
            pieces;
    }
    return matched;
}

/* Four tables, so that a byte that repeats does not wait for its own last count. In 16 bits every
 * second byte does: four in a row of those go into four tables. */
typedef uint32_t literal_counts[4][WB_DEFLATE_LITERALS];

static void count_literals(const uint8_t *bytes, size_t size_bytes, literal_counts counts)
{
    size_t i = 0;
    for (; i + 8 <= size_bytes; i += 8)
        for (size_t k = 0; k < 8; k++)
            counts[(k ^ k >> 2) & 3][bytes[i + k]]++;
    for (; i < size_bytes; i++)
        counts[0][bytes[i]]++;
}

static void count_all(const wb_deflate_stretch *stretch, literal_counts counts)
{
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        count_literals(bytes, stretch->tokens[i].literals, counts);
        bytes += (size_t)stretch->tokens[i].literals + stretch->tokens[i].length;
    }
}

static void sum_literals(literal_counts counts, uint32_t *litlen)
{
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++)
        litlen[i] = counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
}

/* Of a sample, for all: what it did not see may come, too. */
static void scale(uint32_t *frequencies, unsigned count, uint32_t rate)
{
    for (unsigned i = 0; i < count; i++)
        frequencies[i] = frequencies[i] * rate + (frequencies[i] == 0);
}

/* A sample of the tokens, with their literals. */
static void count_some(const wb_deflate_stretch *stretch, wb_deflate_frequencies *frequencies,
                       literal_counts counts)
{
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        const wb_deflate_token *token = &stretch->tokens[i];
        size_t left = stretch->token_count - i;
        if (i % SAMPLE_PERIOD_TOKENS == 0) {
            size_t count = left < SAMPLE_PIECE_TOKENS ? left : SAMPLE_PIECE_TOKENS;
            wb_deflate_stretch piece = {bytes, token, count};
            count_matches(&piece, frequencies);
            count_all(&piece, counts);
        }
        bytes += (size_t)token->literals + token->length;
    }
}

/* The piece of a period wanders, lest its distance fall in step with the rows. */
static void count_sample(const uint8_t *bytes, size_t size_bytes, literal_counts counts)
{
    size_t wander = 0;
    for (size_t i = 0; i + SAMPLE_PERIOD_BYTES <= size_bytes; i += SAMPLE_PERIOD_BYTES) {
        wander = (wander + 5 * SAMPLE_PIECE_BYTES / 2) % (SAMPLE_PERIOD_BYTES - SAMPLE_PIECE_BYTES);
        count_literals(bytes + i + wander, SAMPLE_PIECE_BYTES, counts);
    }
}

/* What a sample saw of matched bytes is taken away again; these are runs, of the byte before. */
static void subtract_runs(const wb_deflate_stretch *stretch, uint32_t *litlen)
{
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        bytes += (size_t)stretch->tokens[i].literals + stretch->tokens[i].length;
        uint32_t *count = &litlen[bytes[-1]], length = stretch->tokens[i].length;
        *count = *count > length ? *count - length : 0;
    }
}

/* Returns whether the frequencies are exact. */
static bool count_symbols(const wb_deflate_stretch *stretch, size_t size_bytes,
                          wb_deflate_frequencies *frequencies)
{
    literal_counts counts = {{0}};
    memset(frequencies, 0, sizeof *frequencies);
    if (stretch->token_count >= SAMPLED_MIN_TOKENS) {
        count_some(stretch, frequencies, counts);
        sum_literals(counts, frequencies->litlen);
        scale(frequencies->litlen, WB_DEFLATE_LITLEN_SYMBOLS, TOKEN_RATE);
        scale(frequencies->distance, WB_DEFLATE_DISTANCE_SYMBOLS, TOKEN_RATE);
        return false;
    }
    size_t matched = count_matches(stretch, frequencies);
    bool only_runs = frequencies->distance[0] != 0;
    for (unsigned i = 1; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        only_runs = only_runs && frequencies->distance[i] == 0;
    bool sampled = size_bytes >= SAMPLED_MIN_BYTES && (matched == 0 || only_runs)
                   && matched <= size_bytes / 2;
    if (!sampled) {
        count_all(stretch, counts);
        sum_literals(counts, frequencies->litlen);
        return true;
    }
    count_sample(stretch->bytes, size_bytes, counts);
    sum_literals(counts, frequencies->litlen);
    scale(frequencies->litlen, WB_DEFLATE_LITERALS, WB_DEFLATE_SAMPLE_RATE);
    subtract_runs(stretch, frequencies->litlen);
    scale(frequencies->litlen, WB_DEFLATE_END_OF_BLOCK + 1, 1); /* of lengths none was missed */
    scale(frequencies->distance, 1, 1);                         /* runs may come later */
    return false;
}

void wb_deflate_count(const wb_deflate_stretch *stretch, size_t size_bytes,
                      wb_deflate_counts *counts)
{
    counts->is_exact = count_symbols(stretch, size_bytes, &counts->frequencies);
    counts->entropy_bits = wb_deflate_entropy(&counts->frequencies);
}

/* A 1 of a sample may stand for a symbol that it did not see: that is added once. */
static void add_frequencies(uint32_t *to, const uint32_t *next, unsigned count, bool is_exact)
{
    for (unsigned i = 0; i < count; i++) {
        const bool is_mark = !is_exact && to[i] != 0 && next[i] != 0
                             && (to[i] == 1 || next[i] == 1);
        to[i] += next[i] - is_mark;
    }
}

void wb_deflate_counts_add(wb_deflate_counts *to, const wb_deflate_counts *next)
{
    const wb_deflate_frequencies *from = &next->frequencies;
    to->is_exact = to->is_exact && next->is_exact;
    add_frequencies(to->frequencies.litlen, from->litlen, WB_DEFLATE_LITLEN_SYMBOLS, to->is_exact);
    add_frequencies(to->frequencies.distance, from->distance, WB_DEFLATE_DISTANCE_SYMBOLS,
                    to->is_exact);
    to->entropy_bits = wb_deflate_entropy(&to->frequencies);
}

/* The header of the block. Where a sample was counted, its entropy is too low by half a nat for
 * each symbol that it saw (Miller and Madow, 1955), times the rate. Codes that fit the sample take
 * as much more for the rest, so that this counts twice. */
uint64_t wb_deflate_codes_cost(const wb_deflate_counts *counts)
{
    enum {
        HEADER_BITS = 80,
        SYMBOL_BITS = 4,
        SAMPLED_BITS = 2 * WB_DEFLATE_SAMPLE_RATE * 72 / 100 /* half a nat is 0.72 bits */
    };
    const uint32_t unseen = counts->is_exact ? 0 : 1;
    uint64_t seen = 0;
    for (unsigned i = 0; i < WB_DEFLATE_LITLEN_SYMBOLS; i++)
        seen += counts->frequencies.litlen[i] > unseen;
    const uint64_t symbol_bits = counts->is_exact ? SYMBOL_BITS : SYMBOL_BITS + SAMPLED_BITS;
    return HEADER_BITS + seen * symbol_bits;
}

void wb_deflate_literal_costs(const uint8_t *bytes, size_t size_bytes,
                              uint16_t costs[WB_DEFLATE_LITERALS])
{
    literal_counts counts = {{0}};
    if (size_bytes < SAMPLED_MIN_BYTES)
        count_literals(bytes, size_bytes, counts);
    else
        count_sample(bytes, size_bytes, counts);
    uint32_t total = WB_DEFLATE_LITERALS;
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++) {
        counts[0][i] += counts[1][i] + counts[2][i] + counts[3][i] + 1;
        total += counts[0][i] - 1;
    }
    uint32_t log_total = wb_log2_fixed(total);
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++)
        costs[i] = (uint16_t)(log_total - wb_log2_fixed(counts[0][i]));
}

bool wb_deflate_do_literals_repeat(const wb_deflate_stretch *stretch, size_t share)
{
    enum { TABLE_BITS = 12, WORD_BITS = 32 };
    uint32_t table[1 << TABLE_BITS] = {0};
    const uint8_t *bytes = stretch->bytes;
    size_t literals = 0, places = 0, repeats = 0;
    for (size_t i = 0; i < stretch->token_count; i++)
        literals += stretch->tokens[i].literals;
    /* Of many literals some, chosen by what is there: a table of all forgets too soon. */
    uint32_t every = 1;
    while (literals >> TABLE_BITS >= every)
        every *= 2;
    for (size_t i = 0; i < stretch->token_count; i++) {
        const wb_deflate_token *token = &stretch->tokens[i];
        for (size_t k = 0; k < token->literals; k++) {
            const uint32_t word = wb_load_le32(bytes + k), hash = word * UINT32_C(0x9E3779B1);
            if ((hash >> 8 & (every - 1)) != 0)
                continue;
            uint32_t *slot = &table[hash >> (WORD_BITS - TABLE_BITS)];
            places++;
            repeats += *slot == word;
            *slot = word;
        }
        bytes += (size_t)token->literals + token->length;
    }
    return repeats * share >= places;
}
