/* Tests of the entropy coder's parts: Huffman lengths, bits, blocks, filters.
 * In: nothing. Out: an exit code. Ownership: each test frees what it makes. */
#include <zlib.h>

#include "deflate/bit_writer.h"
#include "deflate/cost.h"
#include "deflate/blocks.h"
#include "deflate/split.h"
#include "deflate/tokens.h"
#include "deflate/huffman.h"
#include "png/filter.h"

#include "check.h"
#include "support.h"

static const char *const DISABLED[] = {"", "avx512", "avx2", "sse2,neon"};
enum { CPUS = sizeof DISABLED / sizeof DISABLED[0] };

/* ---- Huffman codes */

/* Complete, within the limit, and the rarer symbol never has the shorter code. */
static void check_lengths(const uint32_t *frequencies, unsigned count, unsigned max_bits)
{
    uint8_t lengths[WB_HUFFMAN_MAX_SYMBOLS];
    uint16_t codes[WB_HUFFMAN_MAX_SYMBOLS];
    wb_huffman_lengths(frequencies, count, max_bits, lengths);
    wb_huffman_codes(lengths, count, codes);
    unsigned used = 0, claimed = 0;
    for (unsigned i = 0; i < count; i++) {
        CHECK((lengths[i] != 0) == (frequencies[i] != 0));
        CHECK(lengths[i] <= max_bits);
        CHECK(codes[i] >> lengths[i] == 0);
        used += lengths[i] != 0;
        claimed += lengths[i] != 0 ? 1u << (max_bits - lengths[i]) : 0;
        for (unsigned j = 0; j < i; j++)
            if (lengths[i] != 0 && lengths[j] != 0 && frequencies[i] < frequencies[j])
                CHECK(lengths[i] >= lengths[j]);
    }
    CHECK_EQUAL(claimed, used == 0 ? 0 : used == 1 ? 1u << (max_bits - 1) : 1u << max_bits);
}

static void test_huffman(void)
{
    uint32_t frequencies[WB_HUFFMAN_MAX_SYMBOLS] = {0};
    check_lengths(frequencies, 286, 14);
    frequencies[100] = 5; /* one symbol */
    check_lengths(frequencies, 286, 14);
    frequencies[285] = 1;
    check_lengths(frequencies, 286, 14);
    for (unsigned i = 0; i < 256; i++) /* all equally often */
        frequencies[i] = 1000;
    check_lengths(frequencies, 256, 8);
    check_lengths(frequencies, 286, 14);
    uint32_t a = 1, b = 1;
    memset(frequencies, 0, sizeof frequencies);
    for (unsigned i = 0; i < 30; i++) { /* Fibonacci: without a limit 29 bits */
        frequencies[i * 3] = a;
        b += a;
        a = b - a;
    }
    check_lengths(frequencies, 286, 14);
    check_lengths(frequencies, 90, 7);
    uint64_t state = 5;
    for (int round = 0; round < 200; round++) {
        unsigned count = 2 + (unsigned)(random_next(&state) % 285);
        for (unsigned i = 0; i < count; i++) /* many magnitudes, and zeros */
            frequencies[i] = (uint32_t)(random_next(&state) >> (44 + random_next(&state) % 20));
        check_lengths(frequencies, count, 9 + (unsigned)round % 7);
    }
}

static void test_symbols_and_pieces(void)
{
    static const uint16_t FIRST_LENGTHS[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                             15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                             67, 83, 99, 115, 131, 163, 195, 227, 258};
    for (unsigned length = 3; length <= 258; length++) {
        wb_deflate_symbol symbol = wb_deflate_length_symbol(length);
        CHECK_EQUAL(FIRST_LENGTHS[symbol.symbol - 257] + symbol.extra, length);
        CHECK(symbol.extra >> symbol.extra_bits == 0);
    }
    for (unsigned distance = 1; distance <= 32768; distance++) {
        wb_deflate_symbol symbol = wb_deflate_distance_symbol(distance);
        unsigned bits = symbol.symbol < 4 ? 0 : symbol.symbol / 2u - 1;
        unsigned first = symbol.symbol < 4 ? symbol.symbol + 1u
                                           : ((2u + symbol.symbol % 2u) << bits) + 1;
        CHECK_EQUAL(symbol.extra_bits, bits);
        CHECK_EQUAL(first + symbol.extra, distance);
    }
    for (uint32_t length = 3; length < 2000; length++)
        for (uint32_t rest = length; rest != 0;) {
            uint32_t piece = wb_deflate_piece(rest);
            CHECK(piece >= 3 && piece <= 258 && piece <= rest);
            rest -= piece;
        }
}

static void test_log2(void)
{
    for (unsigned bit = 0; bit < 32; bit++)
        CHECK_EQUAL(wb_log2_fixed(1u << bit), bit * 256);
    for (uint32_t value = 1; value < 70000; value++)
        CHECK(wb_log2_fixed(value) <= wb_log2_fixed(value + 1));
    CHECK_EQUAL(wb_log2_fixed(3), 406); /* 256 * 1.58496 */
}

static void test_bits(void)
{
    uint8_t bytes[64 + WB_BIT_WRITER_SLACK_BYTES] = {0};
    wb_bit_writer writer = {.next = bytes};
    wb_bits_put(&writer, 1, 1);
    wb_bits_put(&writer, 0x123456789abcde, 56);
    wb_bits_put(&writer, 5, 3);
    wb_bits_align(&writer);
    CHECK_EQUAL(writer.next - bytes, 8);
    static const uint8_t EXPECTED[8] = {0xbd, 0x79, 0x35, 0xf1, 0xac, 0x68, 0x24, 0x0a};
    CHECK_BYTES(bytes, EXPECTED, 8);
}

/* ---- literals and matches */

/* Symbols around zero as residuals are, of a few to 14 bits each. */
static void random_frequencies(uint64_t *state, wb_deflate_frequencies *frequencies)
{
    unsigned steepness = (unsigned)(random_next(state) % 16);
    memset(frequencies, 0, sizeof *frequencies);
    for (unsigned i = 0; i < WB_DEFLATE_LITLEN_SYMBOLS; i++) {
        unsigned from_zero = i < 128 ? i : i < 256 ? 256 - i : 3;
        frequencies->litlen[i] = 1 + (UINT32_C(1) << 24 >> from_zero * steepness % 25);
    }
    for (unsigned i = 0; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        frequencies->distance[i] = 1 + (uint32_t)(random_next(state) % 9);
}

/* Every kernel writes what the plain loop below does, one symbol after the other. */
static void test_emit(void)
{
    enum { TOKENS = 300, MAX_LITERALS = 5000, MAX_BYTES = TOKENS * (MAX_LITERALS + 600) };
    uint8_t *bytes = wb_allocate(MAX_BYTES + WB_DEFLATE_SLACK_BYTES);
    uint8_t *expected = wb_allocate(4 * MAX_BYTES), *written = wb_allocate(4 * MAX_BYTES);
    wb_deflate_codes *codes = wb_allocate(sizeof *codes);
    CHECK(bytes != NULL && expected != NULL && written != NULL && codes != NULL);
    uint64_t state = 21;
    random_fill(&state, bytes, MAX_BYTES + WB_DEFLATE_SLACK_BYTES);
    for (size_t i = 0; i < MAX_BYTES; i++) /* mostly near zero */
        bytes[i] = (uint8_t)((int8_t)bytes[i] / (random_next(&state) % 50 == 0 ? 1 : 4));
    for (int round = 0; round < 40; round++) {
        wb_deflate_frequencies frequencies;
        random_frequencies(&state, &frequencies);
        wb_deflate_codes_fit(codes, &frequencies);
        wb_deflate_codes_finish(codes);
        wb_deflate_token tokens[TOKENS];
        wb_bit_writer writer = {.next = expected};
        const uint8_t *literal = bytes;
        for (int t = 0; t < TOKENS; t++) {
            uint32_t literals = (uint32_t)(random_next(&state) % MAX_LITERALS);
            uint32_t length = t + 1 == TOKENS ? 0 : 3 + (uint32_t)(random_next(&state) % 597);
            uint32_t distance = 1 + (uint32_t)(random_next(&state) % WB_DEFLATE_WINDOW_BYTES);
            tokens[t] = (wb_deflate_token){literals >> round % 5, length, distance};
            for (uint32_t k = 0; k < tokens[t].literals; k++)
                wb_bits_put(&writer, codes->litlen[literal[k]], codes->litlen_bits[literal[k]]);
            for (uint32_t rest = length, piece; rest != 0; rest -= piece) {
                piece = wb_deflate_piece(rest);
                wb_deflate_put_match(codes, &writer, piece, distance);
            }
            literal += tokens[t].literals + length;
        }
        wb_bits_align(&writer);
        wb_deflate_stretch stretch = {bytes, tokens, TOKENS};
        for (int i = 0; i < CPUS; i++)
            for (int short_codes = 0; short_codes < 2; short_codes++) {
                wb_bit_writer other = {.next = written};
                wb_deflate_emit(&stretch, codes, short_codes != 0, wb_cpu_detect(DISABLED[i]),
                                &other);
                wb_bits_align(&other);
                CHECK_EQUAL(other.next - written, writer.next - expected);
                CHECK_BYTES(written, expected, (size_t)(writer.next - expected));
            }
    }
    wb_release(codes);
    wb_release(written);
    wb_release(expected);
    wb_release(bytes);
}

/* ---- streams */

static void check_inflates(const wb_bytes *deflated, const uint8_t *bytes, size_t size_bytes)
{
    uint8_t *inflated = wb_allocate(size_bytes + 1);
    CHECK(inflated != NULL);
    z_stream stream = {.next_in = deflated->data,
                       .avail_in = (uInt)deflated->size_bytes,
                       .next_out = inflated,
                       .avail_out = (uInt)size_bytes + 1};
    CHECK_EQUAL(inflateInit2(&stream, -MAX_WBITS), Z_OK);
    CHECK_EQUAL(inflate(&stream, Z_FINISH), Z_STREAM_END);
    CHECK_EQUAL(stream.avail_in, 0);
    CHECK_EQUAL(stream.total_out, size_bytes);
    CHECK_BYTES(inflated, bytes, size_bytes);
    inflateEnd(&stream);
    wb_release(inflated);
}

/* A stream that is flushed ends in an empty block; one that is not marks its last block. */
static void test_flush(void)
{
    enum { SIZE_BYTES = 3000 };
    uint8_t *bytes = repetitive_bytes(2 * SIZE_BYTES, 21);
    wb_deflate_token token = {SIZE_BYTES, 0, 0};
    wb_deflate_stretch first = {bytes, &token, 1}, second = {bytes + SIZE_BYTES, &token, 1};
    for (int flushes = 0; flushes < 4; flushes++) {
        wb_bytes out = {0};
        wb_deflate deflate;
        wb_error error = {{0}};
        wb_deflate_init(&deflate, &out, wb_cpu_detect(NULL));
        CHECK_OK(wb_deflate_append(&deflate, &first, SIZE_BYTES, NULL), error);
        if (flushes & 1)
            CHECK_OK(wb_deflate_flush(&deflate), error);
        CHECK_OK(wb_deflate_append(&deflate, &second, SIZE_BYTES, NULL), error);
        if (flushes & 2)
            CHECK_OK(wb_deflate_flush(&deflate), error);
        CHECK_OK(wb_deflate_end(&deflate), error);
        check_inflates(&out, bytes, 2 * SIZE_BYTES);
        CHECK_EQUAL(deflate.adler, adler32(1, bytes, 2 * SIZE_BYTES));
        wb_bytes_free(&out);
    }
    wb_release(bytes);
}

/* Streams that were written apart become one, its checksum too. */
static void test_join(void)
{
    enum { SIZE_BYTES = 70000, CUTS = 5 };
    static const size_t CUT[CUTS] = {0, 1, 65520, 65521, SIZE_BYTES};
    uint8_t *bytes = repetitive_bytes(SIZE_BYTES, 5);
    for (int i = 0; i < CUTS; i++) {
        wb_deflate_token tokens[2] = {{(uint32_t)CUT[i], 0, 0},
                                      {(uint32_t)(SIZE_BYTES - CUT[i]), 0, 0}};
        wb_bytes out = {0}, other_out = {0};
        wb_deflate deflate, other;
        wb_error error = {{0}};
        wb_deflate_init(&deflate, &out, wb_cpu_detect(NULL));
        wb_deflate_init(&other, &other_out, wb_cpu_detect(NULL));
        if (CUT[i] != 0)
            CHECK_OK(
                wb_deflate_append(&deflate, &(wb_deflate_stretch){bytes, tokens, 1}, CUT[i], NULL),
                error);
        if (CUT[i] != SIZE_BYTES)
            CHECK_OK(wb_deflate_append(&other, &(wb_deflate_stretch){bytes + CUT[i], tokens + 1, 1},
                                       SIZE_BYTES - CUT[i], NULL),
                     error);
        CHECK_OK(wb_deflate_flush(&deflate), error);
        CHECK_OK(wb_deflate_flush(&other), error);
        CHECK_OK(wb_deflate_join(&deflate, &other), error);
        CHECK_OK(wb_deflate_end(&deflate), error);
        check_inflates(&out, bytes, SIZE_BYTES);
        CHECK_EQUAL(deflate.adler, adler32(1, bytes, SIZE_BYTES));
        wb_bytes_free(&out);
        wb_bytes_free(&other_out);
    }
    wb_release(bytes);
}

/* Of so many tokens a sample is counted; what it misses needs a code all the same. */
static void test_many_tokens(void)
{
    enum { TOKENS = 50000, RARE = 100, TOKEN_BYTES = 6, SIZE_BYTES = (TOKENS + 7) * TOKEN_BYTES };
    uint8_t *bytes = wb_allocate(SIZE_BYTES + WB_DEFLATE_SLACK_BYTES);
    wb_deflate_token *tokens = wb_allocate(TOKENS * sizeof *tokens);
    CHECK(bytes != NULL && tokens != NULL);
    memset(bytes, 7, SIZE_BYTES + WB_DEFLATE_SLACK_BYTES);
    bytes[RARE * TOKEN_BYTES] = 200;
    for (int i = 0; i < TOKENS; i++)
        tokens[i] = (wb_deflate_token){1, TOKEN_BYTES - 1, 1};
    tokens[RARE] = (wb_deflate_token){4, 8 * TOKEN_BYTES - 4, 3};
    wb_deflate_stretch stretch = {bytes, tokens, TOKENS};
    for (int i = 0; i < CPUS; i++) {
        wb_bytes out = {0};
        wb_deflate deflate;
        wb_error error = {{0}};
        wb_deflate_init(&deflate, &out, wb_cpu_detect(DISABLED[i]));
        CHECK_OK(wb_deflate_append(&deflate, &stretch, SIZE_BYTES, NULL), error);
        CHECK_OK(wb_deflate_end(&deflate), error);
        check_inflates(&out, bytes, SIZE_BYTES);
        wb_bytes_free(&out);
    }
    wb_release(tokens);
    wb_release(bytes);
}

/* Bytes of 16 values, from `change` on of 16 others, as literals in tokens of 100. */
static void make_halves(uint8_t *bytes, size_t size_bytes, size_t change, wb_deflate_token *tokens)
{
    enum { TOKEN_LITERALS = 100 };
    uint64_t state = 11;
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (uint8_t)(random_next(&state) % 16 + (i < change ? 0 : 100));
    for (size_t i = 0; i < size_bytes / TOKEN_LITERALS; i++)
        tokens[i] = (wb_deflate_token){TOKEN_LITERALS, 0, 0};
}

/* Where content changes a block begins, and its literals take 4 bits instead of 5. Where nothing
 * does all is one block, the same as without a look. */
static void test_split(void)
{
    enum { SIZE_BYTES = 240000, TOKENS = SIZE_BYTES / 100, MARGIN_BYTES = SIZE_BYTES / 60 };
    static const size_t CHANGES[] = {0, SIZE_BYTES / 3, SIZE_BYTES / 2};
    uint8_t *bytes = wb_allocate(SIZE_BYTES + WB_DEFLATE_SLACK_BYTES);
    wb_deflate_token *tokens = wb_allocate(TOKENS * sizeof *tokens);
    CHECK(bytes != NULL && tokens != NULL);
    memset(bytes, 0, SIZE_BYTES + WB_DEFLATE_SLACK_BYTES);
    for (int i = 0; i < 3; i++) {
        make_halves(bytes, SIZE_BYTES, CHANGES[i], tokens);
        const wb_deflate_stretch stretch = {bytes, tokens, TOKENS};
        wb_bytes split_out = {0}, one_out = {0};
        wb_deflate split, one;
        wb_error error = {{0}};
        wb_deflate_init(&split, &split_out, wb_cpu_detect(NULL));
        wb_deflate_init(&one, &one_out, wb_cpu_detect(NULL));
        CHECK_OK(wb_deflate_append_split(&split, &stretch, SIZE_BYTES, SIZE_BYTES), error);
        CHECK_OK(wb_deflate_append(&one, &stretch, SIZE_BYTES, NULL), error);
        CHECK_OK(wb_deflate_end(&split), error);
        CHECK_OK(wb_deflate_end(&one), error);
        check_inflates(&split_out, bytes, SIZE_BYTES);
        CHECK_EQUAL(split.adler, adler32(1, bytes, SIZE_BYTES));
        CHECK(split_out.size_bytes < SIZE_BYTES / 2 + MARGIN_BYTES);
        if (CHANGES[i] == 0)
            CHECK(split_out.size_bytes <= one_out.size_bytes);
        else
            CHECK(split_out.size_bytes + SIZE_BYTES / 16 < one_out.size_bytes);
        wb_bytes_free(&split_out);
        wb_bytes_free(&one_out);
    }
    wb_release(tokens);
    wb_release(bytes);
}

/* Counts of pieces that are exact add to those of the whole; of samples they cover what occurs. */
static void test_counts_add(void)
{
    enum { SIZE_BYTES = 40000, TOKENS = SIZE_BYTES / 100 };
    static const size_t CUTS[] = {0, 50, 100, 300, TOKENS};
    uint8_t *bytes = wb_allocate(SIZE_BYTES + WB_DEFLATE_SLACK_BYTES);
    wb_deflate_token *tokens = wb_allocate(TOKENS * sizeof *tokens);
    CHECK(bytes != NULL && tokens != NULL);
    make_halves(bytes, SIZE_BYTES, SIZE_BYTES / 2, tokens);
    for (int with_matches = 0; with_matches < 2; with_matches++) {
        for (int i = 0; with_matches && i < TOKENS; i++) /* far from a run: all is counted */
            tokens[i] = (wb_deflate_token){60, 40, 1 + (uint32_t)i % 3};
        wb_deflate_counts all, whole;
        memset(&all, 0, sizeof all);
        all.is_exact = true;
        for (int k = 0; k + 1 < (int)(sizeof CUTS / sizeof CUTS[0]); k++) {
            wb_deflate_counts counts;
            wb_deflate_stretch piece = {bytes + 100 * CUTS[k], tokens + CUTS[k],
                                        CUTS[k + 1] - CUTS[k]};
            wb_deflate_count(&piece, 100 * piece.token_count, &counts);
            wb_deflate_counts_add(&all, &counts);
        }
        wb_deflate_count(&(wb_deflate_stretch){bytes, tokens, TOKENS}, SIZE_BYTES, &whole);
        CHECK_EQUAL(all.is_exact, with_matches);
        for (int i = 0; i < SIZE_BYTES; i++)
            CHECK(all.frequencies.litlen[bytes[i]] != 0);
        if (!with_matches)
            continue;
        CHECK(memcmp(&all.frequencies, &whole.frequencies, sizeof all.frequencies) == 0);
        CHECK_EQUAL(all.entropy_bits, whole.entropy_bits);
    }
    wb_release(tokens);
    wb_release(bytes);
}

/* ---- filters */

static void test_filters(void)
{
    enum { MAX_BYTES = 300 };
    uint64_t state = 9;
    for (size_t size_bytes = 1; size_bytes <= MAX_BYTES; size_bytes++) {
        guarded pixels = guarded_new(size_bytes, size_bytes % 2 ? GUARD_AFTER : GUARD_BEFORE);
        guarded above = guarded_new(size_bytes, GUARD_AFTER);
        random_fill(&state, pixels.data, size_bytes);
        random_fill(&state, above.data, size_bytes);
        wb_png_row row = {pixels.data, above.data, size_bytes,
                          1 + (unsigned)(size_bytes % (size_bytes < 4 ? size_bytes : 4))};
        for (int i = 0; i < CPUS; i++)
            for (size_t step = 1; step <= 4; step *= 2) {
                uint64_t expected[WB_PNG_FILTER_COUNT], scores[WB_PNG_FILTER_COUNT];
                wb_png_filter_scores(&row, step, WB_CPU_PORTABLE, expected);
                wb_png_filter_scores(&row, step, wb_cpu_detect(DISABLED[i]), scores);
                CHECK_BYTES(scores, expected, sizeof scores);
            }
        for (int filter = WB_PNG_NONE; filter < WB_PNG_FILTER_COUNT; filter++)
            for (int i = 0; i < CPUS; i++) {
                uint8_t expected[MAX_BYTES];
                guarded filtered = guarded_new(size_bytes, GUARD_AFTER);
                wb_png_filter_apply(&row, (wb_png_filter)filter, WB_CPU_PORTABLE, expected);
                wb_png_filter_apply(&row, (wb_png_filter)filter, wb_cpu_detect(DISABLED[i]),
                                    filtered.data);
                CHECK_BYTES(filtered.data, expected, size_bytes);
                guarded_free(&filtered);
            }
        guarded_free(&pixels);
        guarded_free(&above);
    }
}

int main(void)
{
    RUN(test_huffman);
    RUN(test_symbols_and_pieces);
    RUN(test_log2);
    RUN(test_bits);
    RUN(test_emit);
    RUN(test_flush);
    RUN(test_join);
    RUN(test_many_tokens);
    RUN(test_split);
    RUN(test_counts_add);
    RUN(test_filters);
    return 0;
}
