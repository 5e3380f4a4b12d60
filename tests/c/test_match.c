/* Tests of the search for runs and matches.
 * In: nothing. Out: an exit code. Ownership: each test frees what it makes. */
#include "deflate/match.h"
#include "deflate/tokens.h"

#include "check.h"
#include "support.h"

static const char *const DISABLED[] = {"", "avx512", "avx2", "sse2,neon"};
enum { CPUS = sizeof DISABLED / sizeof DISABLED[0] };

/* Among zeros a piece, far behind it the same but for one byte, and soon the piece again. The
 * nearer place costs less, but its match is not long enough. */
static uint8_t *nearly_copied_bytes(size_t size_bytes, uint64_t seed)
{
    enum { FAR_BYTES = 20000, NEAR_BYTES = 64, LAST_BYTES = 48 };
    uint8_t *bytes = repetitive_bytes(size_bytes, seed);
    memset(bytes, 0, size_bytes);
    for (size_t start = 8; start + FAR_BYTES + NEAR_BYTES + LAST_BYTES < size_bytes;
         start += FAR_BYTES + 1000) {
        uint8_t *first = bytes + start, *near = first + FAR_BYTES, *last = near + NEAR_BYTES;
        const size_t length = 33 + random_next(&seed) % 4;
        for (size_t k = 0; k < length; k++)
            first[k] = (uint8_t)random_next(&seed);
        memcpy(near, first, length);
        memcpy(last, first, length);
        near[28 + random_next(&seed) % 4] ^= 1;
        first[length] = 1;
        near[length] = last[length] = 2;
    }
    return bytes;
}

/* Replays tokens: each match has to be there, and all have to cover the bytes. */
static void check_tokens(const wb_deflate_token *tokens, size_t count, const uint8_t *bytes,
                         size_t start, size_t end)
{
    size_t at = start;
    for (size_t i = 0; i < count; i++) {
        at += tokens[i].literals;
        CHECK(tokens[i].length == 0 ? i + 1 == count : tokens[i].length >= 3);
        CHECK(tokens[i].length == 0 || (tokens[i].distance >= 1 && tokens[i].distance <= 32768));
        CHECK(tokens[i].length == 0 || tokens[i].distance <= at);
        for (uint32_t k = 0; k < tokens[i].length; k++, at++)
            CHECK(bytes[at] == bytes[at - tokens[i].distance]);
    }
    CHECK_EQUAL(at, end);
}

static void test_runs(void)
{
    enum { SIZE_BYTES = 5000 };
    wb_deflate_token *first = wb_allocate((SIZE_BYTES / 3 + 2) * sizeof *first);
    wb_deflate_token *tokens = wb_allocate((SIZE_BYTES / 3 + 2) * sizeof *tokens);
    CHECK(first != NULL && tokens != NULL);
    for (size_t size_bytes = 1; size_bytes < SIZE_BYTES; size_bytes += size_bytes < 300 ? 1 : 499) {
        uint8_t *bytes = repetitive_bytes(size_bytes, size_bytes);
        for (unsigned min_run = 5; min_run <= 8; min_run++) {
            size_t first_count = wb_deflate_find_runs(bytes + 1, size_bytes - 1, min_run,
                                                      WB_CPU_PORTABLE, first);
            check_tokens(first, first_count, bytes, 1, size_bytes);
            for (int i = 0; i < CPUS; i++) {
                size_t count = wb_deflate_find_runs(bytes + 1, size_bytes - 1, min_run,
                                                    wb_cpu_detect(DISABLED[i]), tokens);
                CHECK_EQUAL(count, first_count);
                CHECK_BYTES(tokens, first, count * sizeof *tokens);
            }
        }
        wb_release(bytes);
    }
    wb_release(first);
    wb_release(tokens);
}

enum { FOUND_BYTES = 60000 };

/* Some lengths cost much; content is sparse or not. */
static void change_prices(wb_deflate_prices *prices, uint64_t seed)
{
    for (size_t length = WB_DEFLATE_MIN_MATCH; length <= WB_DEFLATE_MAX_MATCH; length++)
        prices->length[length] = (uint8_t)(1 + random_next(&seed) % 80);
    prices->bytes_per_symbol = seed % 2 != 0 ? 100 : 0;
}

/* Every kernel finds the same matches, in pixels of any size and up to any end: none goes on behind
 * it. */
static void check_matches(const uint8_t *bytes, size_t step, bool is_fine, size_t line_bytes,
                          size_t size_bytes, uint64_t price_seed)
{
    void *memory = wb_allocate(wb_deflate_matcher_size(FOUND_BYTES));
    wb_deflate_token *first = wb_allocate((FOUND_BYTES / 3 + 2) * sizeof *first);
    wb_deflate_token *tokens = wb_allocate((FOUND_BYTES / 3 + 2) * sizeof *tokens);
    CHECK(memory != NULL && first != NULL && tokens != NULL);
    size_t first_count = 0;
    for (int i = CPUS - 1; i >= 0; i--) { /* the portable one first */
        wb_deflate_matcher matcher;
        wb_deflate_matcher_init(&matcher, memory, FOUND_BYTES, line_bytes, step, is_fine);
        wb_deflate_matcher_clear(&matcher);
        wb_deflate_prices_guess(&matcher.prices, bytes, FOUND_BYTES);
        if (price_seed != 0)
            change_prices(&matcher.prices, price_seed);
        size_t count = wb_deflate_find_matches(&matcher, bytes, line_bytes, size_bytes,
                                               wb_cpu_detect(DISABLED[i]), tokens);
        if (i == CPUS - 1) {
            first_count = count;
            memcpy(first, tokens, count * sizeof *tokens);
            check_tokens(tokens, count, bytes, line_bytes, size_bytes);
        }
        CHECK_EQUAL(count, first_count);
        CHECK_BYTES(tokens, first, count * sizeof *tokens);
    }
    wb_release(memory);
    wb_release(first);
    wb_release(tokens);
}

static void test_matches(void)
{
    enum { COPIES = 20 };
    static const struct {
        size_t step;
        bool is_fine;
    } SEARCHES[] = {{1, false}, {2, false}, {3, false}, {4, false},
                    {2, true},  {6, true},  {8, true}};
    uint8_t *bytes = repetitive_bytes(FOUND_BYTES, 77);
    for (size_t i = 0; i < sizeof SEARCHES / sizeof SEARCHES[0]; i++) {
        const size_t step = SEARCHES[i].step;
        const bool is_fine = SEARCHES[i].is_fine;
        check_matches(bytes, step, is_fine, 241, FOUND_BYTES, 0);
        check_matches(bytes, step, is_fine, WB_DEFLATE_WINDOW_BYTES, FOUND_BYTES, 0);
        check_matches(bytes, step, is_fine, WB_DEFLATE_WINDOW_BYTES + 1, FOUND_BYTES, 0);
        for (size_t less = 1; less < 40; less++)
            check_matches(bytes, step, is_fine, 241, FOUND_BYTES - less, less % 2 * less);
        for (uint64_t seed = 1; seed <= COPIES; seed++) {
            uint8_t *copies = nearly_copied_bytes(FOUND_BYTES, seed);
            check_matches(copies, step, is_fine, 241, FOUND_BYTES, seed);
            wb_release(copies);
        }
    }
    wb_release(bytes);
}

/* Literals that cost little are no match's worth, and literals that cost much are. */
static void test_prices_decide(void)
{
    enum { SIZE_BYTES = 512 };
    uint8_t bytes[SIZE_BYTES + WB_DEFLATE_SLACK_BYTES] = {0};
    static uint16_t memory[4 << 15];
    wb_deflate_token tokens[SIZE_BYTES / 3 + 2];
    wb_deflate_frequencies frequencies = {.litlen[WB_DEFLATE_FIRST_LENGTH] = 1, .distance[9] = 1};
    for (size_t i = 0; i < SIZE_BYTES; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    memcpy(bytes + 400, bytes + 100, 4); /* which comes again once */
    for (int is_cheap = 0; is_cheap < 2; is_cheap++) {
        for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++)
            frequencies.litlen[i] = 1;
        for (unsigned i = 100; i < 104; i++)
            frequencies.litlen[bytes[i]] = is_cheap ? 4000 : 1;
        wb_deflate_matcher matcher;
        wb_deflate_matcher_init(&matcher, memory, sizeof memory, SIZE_BYTES, 1, false);
        wb_deflate_matcher_clear(&matcher);
        wb_deflate_prices_set(&matcher.prices, &frequencies);
        size_t count = wb_deflate_find_matches(&matcher, bytes, 0, SIZE_BYTES, WB_CPU_PORTABLE,
                                               tokens);
        bool is_found = false;
        for (size_t i = 0; i < count; i++)
            is_found = is_found || (tokens[i].length != 0 && tokens[i].distance == 300);
        CHECK_EQUAL(is_found, !is_cheap);
    }
}

/* A match that was cut at 258 bytes goes on at its distance, although only its last pixels are in
 * the tables: one distance takes fewer bits than several. */
static void test_cut_matches_go_on(void)
{
    enum { PERIOD = 36, SIZE_BYTES = 20 * WB_DEFLATE_MAX_MATCH };
    uint8_t *bytes = repetitive_bytes(SIZE_BYTES, 3);
    uint64_t seed = 11;
    random_fill(&seed, bytes, PERIOD);
    for (size_t i = PERIOD; i < SIZE_BYTES; i++)
        bytes[i] = bytes[i - PERIOD];
    void *memory = wb_allocate(wb_deflate_matcher_size(SIZE_BYTES));
    wb_deflate_token *tokens = wb_allocate((SIZE_BYTES / 3 + 2) * sizeof *tokens);
    CHECK(memory != NULL && tokens != NULL);
    wb_deflate_matcher matcher;
    wb_deflate_matcher_init(&matcher, memory, SIZE_BYTES, SIZE_BYTES, 4, false);
    wb_deflate_matcher_clear(&matcher);
    wb_deflate_prices_guess(&matcher.prices, bytes, SIZE_BYTES);
    size_t count = wb_deflate_find_matches(&matcher, bytes, 0, SIZE_BYTES, WB_CPU_PORTABLE, tokens);
    check_tokens(tokens, count, bytes, 0, SIZE_BYTES);
    for (size_t i = 0; i < count; i++)
        CHECK(tokens[i].length == 0 || tokens[i].distance == PERIOD);
    wb_release(memory);
    wb_release(tokens);
    wb_release(bytes);
}

/* Where literals take less than a bit, 32 bytes of a match save nothing, and 258 much. */
static void test_long_matches_pay(void)
{
    enum { SIZE_BYTES = 4 * WB_DEFLATE_MAX_MATCH, PERIOD = 200 };
    static const struct {
        size_t step;
        bool is_fine;
    } SEARCHES[] = {{1, false}, {8, true}};
    uint8_t *bytes = repetitive_bytes(SIZE_BYTES, 3);
    for (size_t i = 0; i < SIZE_BYTES; i++)
        bytes[i] = (uint8_t)(i % PERIOD * 2654435761u >> 13 & 1);
    void *memory = wb_allocate(wb_deflate_matcher_size(SIZE_BYTES));
    wb_deflate_token *tokens = wb_allocate((SIZE_BYTES / 3 + 2) * sizeof *tokens);
    CHECK(memory != NULL && tokens != NULL);
    /* Literals of 0 and 1 take a quarter of a bit, matches many. */
    wb_deflate_prices prices;
    wb_deflate_prices_guess(&prices, bytes, SIZE_BYTES);
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++)
        prices.literal[i] = 1;
    prices.mean_literal = 1;
    for (size_t i = 0; i < sizeof SEARCHES / sizeof SEARCHES[0]; i++) {
        wb_deflate_matcher matcher;
        wb_deflate_matcher_init(&matcher, memory, SIZE_BYTES, SIZE_BYTES, SEARCHES[i].step,
                                SEARCHES[i].is_fine);
        wb_deflate_matcher_clear(&matcher);
        matcher.prices = prices;
        size_t count = wb_deflate_find_matches(&matcher, bytes, 0, SIZE_BYTES, WB_CPU_PORTABLE,
                                               tokens);
        check_tokens(tokens, count, bytes, 0, SIZE_BYTES);
        bool is_found = false;
        for (size_t k = 0; k < count; k++)
            is_found = is_found || tokens[k].length >= WB_DEFLATE_MAX_MATCH;
        CHECK(is_found);
    }
    wb_release(memory);
    wb_release(tokens);
    wb_release(bytes);
}

/* Of black and white pixels many places agree in five of them, and one in ten goes on. Where a
 * literal or match stands for many bytes, that one is found. */
static void test_sparse_content_is_told_by_more_bytes(void)
{
    enum { HALF_BYTES = 3 * 2000, SIZE_BYTES = 2 * HALF_BYTES };
    uint8_t *bytes = repetitive_bytes(SIZE_BYTES, 3);
    uint64_t seed = 5;
    for (size_t i = 0; i < HALF_BYTES; i += 3)
        memset(bytes + i, random_next(&seed) % 2 != 0 ? 255 : 0, 3);
    memcpy(bytes + HALF_BYTES, bytes, HALF_BYTES);
    void *memory = wb_allocate(wb_deflate_matcher_size(SIZE_BYTES));
    wb_deflate_token *tokens = wb_allocate((SIZE_BYTES / 3 + 2) * sizeof *tokens);
    CHECK(memory != NULL && tokens != NULL);
    for (int is_sparse = 0; is_sparse < 2; is_sparse++) {
        wb_deflate_frequencies frequencies = {.litlen = {[0] = 60, [255] = 60}, .distance[9] = 10};
        frequencies.litlen[is_sparse ? WB_DEFLATE_LITLEN_SYMBOLS - 1 : WB_DEFLATE_FIRST_LENGTH] =
            10;
        wb_deflate_matcher matcher;
        wb_deflate_matcher_init(&matcher, memory, SIZE_BYTES, SIZE_BYTES, 3, false);
        wb_deflate_matcher_clear(&matcher);
        wb_deflate_prices_set(&matcher.prices, &frequencies);
        CHECK_EQUAL(matcher.prices.bytes_per_symbol, is_sparse ? (120 + 2580) / 130 : 150 / 130);
        size_t count = wb_deflate_find_matches(&matcher, bytes, 0, SIZE_BYTES, WB_CPU_PORTABLE,
                                               tokens);
        check_tokens(tokens, count, bytes, 0, SIZE_BYTES);
        size_t copied = 0;
        for (size_t i = 0; i < count; i++)
            copied += tokens[i].distance == HALF_BYTES ? tokens[i].length : 0;
        CHECK_EQUAL(copied > HALF_BYTES / 2, is_sparse);
    }
    wb_release(memory);
    wb_release(tokens);
    wb_release(bytes);
}

int main(void)
{
    RUN(test_runs);
    RUN(test_matches);
    RUN(test_prices_decide);
    RUN(test_cut_matches_go_on);
    RUN(test_long_matches_pay);
    RUN(test_sparse_content_is_told_by_more_bytes);
    return 0;
}
