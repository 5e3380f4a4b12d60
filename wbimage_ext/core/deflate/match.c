/* Finds matches to the left, above, and where the same bytes were seen last. The search itself is
 * in match_impl.h, once for each way to compare.
 * In: lines of bytes. Out: tokens. Ownership: see deflate/match.h. */
#include "deflate/match.h"

#include "base/bits.h"
#include "base/endian.h"
#include "base/fitted.h"
#include "base/kernel.h"
#include "deflate/cost.h"

typedef size_t find_matches_kernel(wb_deflate_matcher *matcher, const uint8_t *bytes, size_t start,
                                   size_t end, wb_deflate_token *tokens);

enum {
    SHORT_TABLES = 2, /* of few bytes and of some */
    PLACES = 2,       /* that an entry holds, the last one lowest */
    LONG_PLACES = 4,  /* of the long table: the longest match is often not among the last two */
    PLACE_BITS = 16,
    MIN_TABLE_BITS = 7,
    COMPARED_BYTES = 32, /* at once; so long a match is taken without looking for a better one */
    PIECE_BYTES = WB_DEFLATE_MAX_MATCH,
    EXACT_BYTES = 6, /* of a match's literals are priced each, the rest as mean ones */
    /* The long table looks at so many, or at more of sparse content. */
    LONG_BYTES = 16,
    LONGER_BYTES = 32,
    /* Of a search for samples of 16 bits. */
    FINE_HASHED_BYTES = 32,
    FINE_SAMPLES = 400,     /* gray pixels that say how much high bytes vary, about */
    FINE_MORE_BITS = 2,     /* of the tables of few and some bytes */
    FINE_LONG_BYTES = 8,    /* of a match for which more places are compared */
    FINE_INSERTED = 3,      /* places in a match that go into the tables */
    FINE_INSERTED_LONG = 2, /* at the end of a longer one */
    RECENT = 4              /* distances of long matches that are remembered */
};

/* An entry for 8 to 16 bytes, of samples of 16 bits for 4 to 8, up to tables that leave room in a
 * second-level cache. */
static unsigned table_bits(size_t size_bytes, bool is_fine)
{
    unsigned bits = MIN_TABLE_BITS;
    while (bits < WB_FIT_TABLE_BITS && size_bytes >> bits > (is_fine ? 4 : 8))
        bits++;
    return bits;
}

static size_t tables_bytes(unsigned bits, bool is_fine)
{
    return (is_fine ? (2 + (2 << FINE_MORE_BITS)) * sizeof(uint16_t)
                    : SHORT_TABLES * sizeof(uint32_t) + sizeof(uint64_t))
           << bits;
}

size_t wb_deflate_matcher_size(size_t size_bytes)
{
    const size_t coarse = tables_bytes(table_bits(size_bytes, false), false);
    const size_t fine = tables_bytes(table_bits(size_bytes, true), true);
    return coarse > fine ? coarse : fine;
}

void wb_deflate_matcher_init(wb_deflate_matcher *matcher, void *memory, size_t size_bytes,
                             size_t line_bytes, size_t step_bytes, bool is_fine)
{
    *matcher = (wb_deflate_matcher){
        .tables = memory,
        .table_bits = table_bits(size_bytes, is_fine),
        .line_bytes = line_bytes,
        .step_bytes = step_bytes,
        .is_fine = is_fine,
    };
}

void wb_deflate_matcher_clear(wb_deflate_matcher *matcher)
{
    matcher->has_seen = false;
    matcher->origin = 0;
    matcher->searches = 0;
}

/* Multipliers whose products depend, in their highest bits, on all bits of a word. One shifted up
 * does not look at the word's last bytes. */
static const uint64_t FACTOR = UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio */
static const uint64_t FACTOR_2 = UINT64_C(0xD6E8FEB86659FD93);
static const uint64_t FACTOR_3 = UINT64_C(0xA0761D6478BD642F);
static const uint64_t FACTOR_4 = UINT64_C(0xE7037ED1A0B428DB);

/* What the search takes from a matcher, in registers or on the stack where no store can change it.
 * A choice is one number: what the match saves in prices above, its length and distance below. */
enum { DISTANCE_BITS = 16, LENGTH_BITS = 6, NO_GAIN = -4096 /* whatever the literals cost */ };

static inline int64_t gain_of(int price)
{
    return price * ((int64_t)1 << 32);
}

static inline size_t length_of(int64_t choice)
{
    return (size_t)choice >> DISTANCE_BITS & ((1 << LENGTH_BITS) - 1);
}

static inline size_t distance_of(int64_t choice)
{
    return (size_t)choice & ((1 << DISTANCE_BITS) - 1);
}

/* A match of all bytes that are compared may be longer, and then save something although so many
 * of its bytes do not. One from beyond the window has no gain at all. */
static inline bool does_pay(int64_t choice)
{
    return choice > (length_of(choice) == COMPARED_BYTES ? gain_of(NO_GAIN / 2) : 0);
}

typedef struct search {
    uint32_t *tables[SHORT_TABLES];
    uint64_t *long_table;
    uint64_t factors[2];
    size_t hashed_bytes; /* that the tables look at; what lies after the end must not count */
    unsigned shift;
    size_t step;
    int64_t by_length[COMPARED_BYTES + 1];
    int64_t by_byte; /* what each byte of a match saves */
    int64_t by_distance_log[WB_DEFLATE_DISTANCE_LOGS];
    int64_t literals_over[WB_DEFLATE_LITERALS];
    const uint8_t *distance_prices;
} search;

static void search_init(search *to, const wb_deflate_matcher *matcher)
{
    const wb_deflate_prices *prices = &matcher->prices;
    size_t entries = (size_t)1 << matcher->table_bits, step = matcher->step_bytes;
    for (int k = 0; k < SHORT_TABLES; k++)
        to->tables[k] = matcher->tables + (size_t)k * entries;
    to->long_table = (uint64_t *)(void *)(matcher->tables + SHORT_TABLES * entries);
    /* The first table looks at a pixel and at least 3 bytes, the second at two pixels. */
    size_t few = step < 3 ? 4 - step % 2 : step < 8 ? step : 8, some = few * 2 < 8 ? few * 2 : 8;
    to->factors[0] = FACTOR << (64 - 8 * few);
    to->factors[1] = FACTOR << (64 - 8 * some);
    /* Of few colours many places agree in five pixels, and few of them go on. */
    const bool is_sparse = step >= 3 && prices->bytes_per_symbol >= WB_FIT_SPARSE_BYTES;
    to->hashed_bytes = is_sparse ? LONGER_BYTES : LONG_BYTES;
    to->shift = 64 - matcher->table_bits;
    to->step = step;
    to->by_byte = gain_of(prices->mean_literal);
    for (int length = 0; length <= COMPARED_BYTES; length++) {
        int gain = length < WB_DEFLATE_MIN_MATCH
                       ? NO_GAIN
                       : length * prices->mean_literal - prices->length[length];
        to->by_length[length] = gain_of(gain) + (length << DISTANCE_BITS);
    }
    for (int log = 0; log < WB_DEFLATE_DISTANCE_LOGS; log++)
        to->by_distance_log[log] = gain_of(-prices->distance_log[log] - WB_FIT_FAR_MARGIN);
    to->by_distance_log[WB_DEFLATE_DISTANCE_LOGS - 1] = gain_of(NO_GAIN); /* beyond the window */
    for (int i = 0; i < WB_DEFLATE_LITERALS; i++)
        to->literals_over[i] = gain_of(prices->literal[i] - prices->mean_literal);
    to->distance_prices = prices->distance;
}

/* A choice's part that its distance tells, by the exact price. */
static int64_t near_part(const search *in, size_t distance)
{
    unsigned symbol = wb_deflate_distance_symbol((unsigned)distance).symbol;
    return gain_of(-in->distance_prices[symbol]) + (int64_t)distance;
}

static inline int64_t far_part(const search *in, size_t distance)
{
    return in->by_distance_log[wb_deflate_distance_log((uint32_t)distance)] + (int64_t)distance;
}

/* Where the line of a place begins, and what matches above look at: the line before, or if the
 * filter is None the last such line. Between them lie lines that repeat it: Up and zeros. */
typedef struct line_place {
    size_t start, next, above;
    int64_t above_part;
} line_place;

static void line_advance(const search *in, const uint8_t *bytes, size_t i, size_t line_bytes,
                         line_place *at)
{
    while (i >= at->next) {
        at->start = at->next;
        at->next += line_bytes;
    }
    size_t reach = at->start < WB_DEFLATE_WINDOW_BYTES ? at->start : WB_DEFLATE_WINDOW_BYTES;
    size_t above = line_bytes;
    if (bytes[at->start] == 0)
        while (above + line_bytes <= reach && bytes[at->start - above] != 0)
            above += line_bytes;
    at->above = above <= reach ? above : in->step;
    at->above_part = near_part(in, at->above);
}

/* Where in the tables the bytes of a place are. */
typedef struct table_slots {
    uint32_t *of[SHORT_TABLES];
    uint64_t *of_long;
} table_slots;

WB_ALWAYS_INLINE table_slots slots_of(const search *in, const uint8_t *here)
{
    uint64_t word = wb_load_le64(here), many = word * FACTOR + wb_load_le64(here + 8) * FACTOR_2;
    if (in->hashed_bytes == LONGER_BYTES)
        many += wb_load_le64(here + 16) * FACTOR_3 + wb_load_le64(here + 24) * FACTOR_4;
    return (table_slots){
        {&in->tables[0][word * in->factors[0] >> in->shift],
         &in->tables[1][word * in->factors[1] >> in->shift]},
        &in->long_table[many >> in->shift],
    };
}

static inline void insert(table_slots slots, size_t position)
{
    for (int k = 0; k < SHORT_TABLES; k++)
        *slots.of[k] = *slots.of[k] << PLACE_BITS | (uint16_t)position;
    *slots.of_long = *slots.of_long << PLACE_BITS | (uint16_t)position;
}

/* What the literals of a place cost more than as many mean ones. */
WB_ALWAYS_INLINE void sum_literals(const search *in, const uint8_t *here,
                                   int64_t over[EXACT_BYTES + 1])
{
    over[0] = 0;
    for (int k = 0; k < EXACT_BYTES; k++)
        over[k + 1] = over[k] + in->literals_over[here[k]];
}

WB_ALWAYS_INLINE int64_t by_length(const search *in, const int64_t over[EXACT_BYTES + 1],
                                   unsigned length)
{
    return in->by_length[length] + over[length < EXACT_BYTES ? length : EXACT_BYTES];
}

/* The tables of a search for samples of 16 bits: where few, 8, 16, 32 bytes were seen last, as
 * positions modulo 2^16. */
typedef struct fine_tables {
    uint16_t *few, *some, *many, *most;
    size_t few_bytes;
    uint64_t few_factor;
    unsigned shift, long_shift;
} fine_tables;

/* Whether the high bytes of gray residuals vary so much that two pixels at once tell much more than
 * their bytes, or more than the low bytes, as in a slope: then matches end before high bytes. Lines
 * without a filter have no residuals. */
static bool do_high_bytes_vary(const uint8_t *bytes, size_t start, size_t end, size_t line_bytes)
{
    uint32_t high[256] = {0}, low[256] = {0}, total = 0;
    const size_t apart = 2 * ((end - start) / (2 * FINE_SAMPLES) + 1); /* bytes */
    size_t i = 3; /* in a line; the first pixel is no residual of Sub */
    for (size_t line = start; line + line_bytes <= end; line += line_bytes) {
        for (; i < line_bytes; i += apart)
            if (bytes[line] != 0) {
                high[bytes[line + i]]++;
                low[bytes[line + i + 1]]++;
                total++;
            }
        i -= line_bytes - 1; /* on as if there were no lines: in other columns */
    }
    const uint64_t high_bits = wb_entropy(high, 256);
    return high_bits > wb_entropy(low, 256)
           || high_bits > (uint64_t)total * (WB_FIT_HIGH_BITS_16 * 256 / 10);
}

static void fine_tables_init(fine_tables *to, const wb_deflate_matcher *matcher, size_t few_bytes)
{
    const unsigned bits = matcher->table_bits + FINE_MORE_BITS;
    to->few = (uint16_t *)(void *)matcher->tables;
    to->some = to->few + ((size_t)1 << bits);
    to->many = to->some + ((size_t)1 << bits);
    to->most = to->many + ((size_t)1 << matcher->table_bits);
    to->few_bytes = few_bytes;
    to->few_factor = FACTOR << (64 - 8 * few_bytes);
    to->shift = 64 - bits;
    to->long_shift = 64 - matcher->table_bits;
}

/* The slots of few and of 8 bytes, and those of 16 and 32. */
WB_ALWAYS_INLINE void short_slots_of(const fine_tables *in, const uint8_t *here, uint16_t *slots[2])
{
    const uint64_t word = wb_load_le64(here);
    slots[0] = &in->few[word * in->few_factor >> in->shift];
    slots[1] = &in->some[word * FACTOR >> in->shift];
}

WB_ALWAYS_INLINE void long_slots_of(const fine_tables *in, const uint8_t *here, uint16_t *slots[2])
{
    uint64_t many = wb_load_le64(here) * FACTOR + wb_load_le64(here + 8) * FACTOR_2;
    slots[0] = &in->many[many >> in->long_shift];
    many += wb_load_le64(here + 16) * FACTOR_3 + wb_load_le64(here + 24) * FACTOR_4;
    slots[1] = &in->most[many >> in->long_shift];
}

typedef struct fine_place {
    size_t position, reach, most; /* of its match, in bytes */
} fine_place;

/* The distance to what a table tells, or `step` if that is out of reach. Computed without a branch:
 * half are. */
static inline size_t distance_to(size_t seen, fine_place at, size_t step)
{
    size_t far = (at.position - seen) & 0xffff;
    return step ^ ((far ^ step) & (0 - (size_t)(far - 1 < at.reach)));
}

/* Puts `count` places, a pixel apart, into the tables, none behind `last`. The count is always the
 * same: the end of a loop that changes would cost as much as the loop. */
WB_ALWAYS_INLINE void insert_fine(const fine_tables *in, const uint8_t *bytes, size_t origin,
                                  size_t first, size_t last, size_t step, int count)
{
    for (int n = 0; n < count; n++) {
        size_t k = first + (size_t)n * step;
        uint16_t *slots[2];
        k = k < last ? k : last;
        short_slots_of(in, bytes + k, slots);
        *slots[0] = *slots[1] = (uint16_t)(origin + k);
        long_slots_of(in, bytes + k, slots);
        *slots[0] = *slots[1] = (uint16_t)(origin + k);
    }
}

/* Makes a distance the most recent one. */
static void remember(size_t recent[RECENT], size_t distance)
{
    size_t k = 0;
    while (k < RECENT - 1 && recent[k] != distance)
        k++;
    for (; k > 0; k--)
        recent[k] = recent[k - 1];
    recent[0] = distance;
}

/* A bit for each of 32 bytes that differs, and bit 32. */
static inline uint64_t differs_portable(const uint8_t *a, const uint8_t *b)
{
    const uint64_t low_7 = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t mask = UINT64_C(1) << COMPARED_BYTES;
    for (unsigned i = 0; i < COMPARED_BYTES; i += 8) {
        uint64_t x = wb_load_le64(a + i) ^ wb_load_le64(b + i);
        uint64_t high = (((x & low_7) + low_7) | x) & ~low_7; /* of each byte that differs */
        mask |= ((high >> 7) * UINT64_C(0x0102040810204080) >> 56) << i;
    }
    return mask;
}

#define KERNEL(name) name##_portable
#define TARGET
#include "deflate/match_impl.h"

#if WB_X86_64
#include "deflate/x86/match_sse2.h"
#include "deflate/x86/match_avx2.h"
#elif WB_ARM64
#include "deflate/arm/match_neon.h"
#endif

static find_matches_kernel *select_find_matches(wb_cpu cpu)
{
    WB_SELECT(cpu, AVX2, find_matches_avx2);
    WB_SELECT(cpu, SSE2, find_matches_sse2);
    WB_SELECT(cpu, NEON, find_matches_neon);
    return find_matches_portable;
}

size_t wb_deflate_find_matches(wb_deflate_matcher *matcher, const uint8_t *bytes, size_t start,
                               size_t end, wb_cpu cpu, wb_deflate_token *tokens)
{
    if (!matcher->has_seen)
        memset(matcher->tables, 0, tables_bytes(matcher->table_bits, matcher->is_fine));
    matcher->has_seen = true;
    return select_find_matches(cpu)(matcher, bytes, start, end, tokens);
}
