/* Finds matches to the left, above, where the same bytes were seen last, and where the line above
 * found its match. The search itself is in deflate/match_impl.h, once for each way to compare.
 * In: lines of bytes. Out: tokens. Ownership: see deflate/match.h. */
#include "deflate/match.h"

#include "deflate/words.h"

enum {
    MIN_HASH_BITS = 8,
    MAX_HASH_BITS = 15, /* with 13 gray text was 2 percent larger, gray kept as RGB 9 */
    COLUMN_BYTES = 8,   /* what shares an entry of column_distances */
    MIN_NEAR = 3,       /* to the left, a distance of few bits; or checked for its price */
    MIN_FAR = 4,
    /* A match this long is taken without looking for a better one, in whole if it is to the left:
     * there each piece of 258 bytes costs a few bits, above or far away about 14. */
    GOOD_ENOUGH = 32,
    PIECE = WB_DEFLATE_MAX_MATCH,
    /* Positions inside a match go into the tables up to this length: glyphs begin in the middle of
     * matches (gray text gets a tenth smaller). Longer ones are background. */
    INSERT_MAX = 32,
    INSERT_MAX_GRAY = 64,
    /* In gray, shorter ones are compared with what begins a byte later. */
    PATIENT_MAX = 12,
    LATER_MARGIN = 3,
    SURE_BYTES = 24, /* a match this long costs less than any literals */
    HASHED_BYTES = 8 /* the tables look at so many; what lies after the end must not count */
};

/* A slot for every second to fourth byte, up to tables that leave room in a second-level cache. */
static unsigned hash_bits(size_t size_bytes)
{
    unsigned bits = MIN_HASH_BITS;
    while (bits < MAX_HASH_BITS && size_bytes >> bits > 2)
        bits++;
    return bits;
}

size_t wb_deflate_matcher_size(size_t line_bytes, size_t line_count)
{
    size_t slots = (size_t)1 << hash_bits(line_bytes * line_count);
    size_t columns = line_bytes / COLUMN_BYTES + 1;
    return 2 * slots * sizeof(uint16_t) + columns * sizeof(uint16_t);
}

void wb_deflate_matcher_init(wb_deflate_matcher *matcher, void *memory, size_t line_bytes,
                             size_t line_count, unsigned step_bytes)
{
    uint16_t *tables = memory;
    unsigned bits = hash_bits(line_bytes * line_count);
    memset(memory, 0, wb_deflate_matcher_size(line_bytes, line_count));
    *matcher = (wb_deflate_matcher){
        .short_hash = tables,
        .long_hash = tables + ((size_t)1 << bits),
        .column_distances = tables + ((size_t)2 << bits),
        .line_bytes = line_bytes,
        .step_bytes = step_bytes,
        .hash_shift = 64 - bits,
        .short_shift = step_bytes == 1 ? 32 : 16,
    };
}

/* A position in the bytes, and where its line begins and the line that matches above look at: the
 * last one that is no repetition of its predecessor, for those are Up and zeros. */
typedef struct place {
    size_t i, end, line_start, above_start;
} place;

typedef struct match {
    size_t length, distance;
} match;

/* Where the tables keep a place. One product serves both, for shifting it drops the bytes that the
 * short one does not look at, the highest of the word. */
typedef struct slots {
    uint16_t *of_short, *of_long;
} slots;

static inline slots slots_of(const wb_deflate_matcher *matcher, uint64_t word)
{
    uint64_t product = word * WB_HASH_FACTOR, of_short = product << matcher->short_shift;
    return (slots){&matcher->short_hash[of_short >> matcher->hash_shift],
                   &matcher->long_hash[product >> matcher->hash_shift]};
}

static inline void insert(const wb_deflate_matcher *matcher, const uint8_t *bytes, size_t i)
{
    slots to = slots_of(matcher, wb_load_le64(bytes + i));
    *to.of_short = *to.of_long = (uint16_t)(matcher->origin + i);
}

/* The line below will look here. */
static inline void remember_column(const wb_deflate_matcher *matcher, place at, match found)
{
    size_t column = (at.i - at.line_start) / COLUMN_BYTES;
    size_t last = (at.i - at.line_start + found.length) / COLUMN_BYTES;
    size_t line_last = matcher->line_bytes / COLUMN_BYTES;
    uint16_t *columns = matcher->column_distances, distance = (uint16_t)found.distance;
    const uint16_t four[4] = {distance, distance, distance, distance};
    last = last < line_last ? last : line_last;
    if (last - column < 3) { /* one to three, without a branch */
        columns[column] = columns[(column + last) / 2] = columns[last] = distance;
        return;
    }
    for (; column + 3 < last; column += 4)
        memcpy(columns + column, four, sizeof four);
    memcpy(columns + last - 3, four, sizeof four);
}

/* Whether a match costs less than its literals, by a rough price of its two symbols. */
static inline bool is_worth(const uint16_t *literal_costs, const uint8_t *here, match found)
{
    enum { SYMBOLS_COST = 5 << 8 }; /* of both symbols, beside the distance's bits */
    if (literal_costs == NULL || found.length >= SURE_BYTES)
        return true;
    uint32_t price = SYMBOLS_COST + (wb_log2_floor((uint32_t)found.distance) << 8);
    uint32_t cost = 0;
    for (size_t k = 0; k < found.length; k++)
        cost += literal_costs[here[k]];
    return cost > price;
}

static inline size_t equal_bytes_portable(const uint8_t *a, const uint8_t *b, size_t most)
{
    return wb_equal_bytes(a, b, most);
}

static inline unsigned lowest_bit_or_64_portable(uint64_t value)
{
    return value != 0 ? wb_lowest_bit(value) : 64;
}

#define KERNEL(name) name##_portable
#define TARGET
#include "deflate/match_impl.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2")))

TARGET_AVX2 static inline __m256i equal_mask(const uint8_t *a, const uint8_t *b)
{
    return _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)a),
                             _mm256_loadu_si256((const __m256i *)(const void *)b));
}

/* From `i` on, for long ones: 128 at a time, then as below. */
TARGET_AVX2 static __attribute__((noinline)) size_t equal_bytes_long(const uint8_t *a,
                                                                     const uint8_t *b, size_t i,
                                                                     size_t most)
{
    for (; i + 128 <= most; i += 128) {
        __m256i first = _mm256_and_si256(equal_mask(a + i, b + i),
                                         equal_mask(a + i + 32, b + i + 32));
        __m256i last = _mm256_and_si256(equal_mask(a + i + 64, b + i + 64),
                                        equal_mask(a + i + 96, b + i + 96));
        if (_mm256_movemask_epi8(_mm256_and_si256(first, last)) != -1)
            break;
    }
    for (; i < most; i += 32) {
        unsigned differs = ~(unsigned)_mm256_movemask_epi8(equal_mask(a + i, b + i));
        if (differs != 0) {
            i += (unsigned)__builtin_ctz(differs);
            return i < most ? i : most;
        }
    }
    return most;
}

TARGET_AVX2 WB_ALWAYS_INLINE size_t equal_bytes_avx2(const uint8_t *a, const uint8_t *b,
                                                     size_t most)
{
    for (size_t i = 0; i < most; i += 32) {
        unsigned differs = ~(unsigned)_mm256_movemask_epi8(equal_mask(a + i, b + i));
        if (differs != 0) {
            i += (unsigned)__builtin_ctz(differs);
            return i < most ? i : most;
        }
        if (i == 96)
            return equal_bytes_long(a, b, 128, most);
    }
    return most;
}

TARGET_AVX2 WB_ALWAYS_INLINE unsigned lowest_bit_or_64_avx2(uint64_t value)
{
    return (unsigned)_tzcnt_u64(value);
}

#define KERNEL(name) name##_avx2
#define TARGET TARGET_AVX2
#include "deflate/match_impl.h"
#define HAVE_AVX2
#endif

size_t wb_deflate_find_matches(const wb_deflate_matcher *matcher, const uint8_t *bytes,
                               size_t start, size_t end, wb_cpu cpu, wb_deflate_token *tokens)
{
#ifdef HAVE_AVX2
    if (cpu & WB_CPU_AVX2)
        return find_matches_avx2(matcher, bytes, start, end, tokens);
#endif
    (void)cpu;
    return find_matches_portable(matcher, bytes, start, end, tokens);
}
