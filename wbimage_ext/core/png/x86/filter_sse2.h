/* The PNG filters with SSE2.
 * In: rows. Out: scores, filtered bytes. Ownership: see png/filter.h. */
static uint64_t total_sse2(__m128i sum)
{
    uint64_t parts[2];
    _mm_storeu_si128((__m128i *)(void *)parts, sum);
    return parts[0] + parts[1];
}

#define KERNEL(name) name##_sse2
#define TARGET
#define VECTOR __m128i
#define VECTOR_BYTES 16
#define LOAD(from) _mm_loadu_si128((const __m128i *)(const void *)(from))
#define STORE(to, value) _mm_storeu_si128((__m128i *)(void *)(to), value)
#define ZERO() _mm_setzero_si128()
#define AND(a, b) _mm_and_si128(a, b)
#define ADD_SATURATED(a, b) _mm_adds_epu8(a, b)
#define SUB(a, b) _mm_sub_epi8(a, b)
#define SUB_SATURATED(a, b) _mm_subs_epu8(a, b)
#define MIN(a, b) _mm_min_epu8(a, b)
#define EQUAL(a, b) _mm_cmpeq_epi8(a, b)
#define SELECT(mask, yes, no) _mm_or_si128(AND(mask, yes), _mm_andnot_si128(mask, no))
#define DISTANCE(a, b) _mm_or_si128(SUB_SATURATED(a, b), SUB_SATURATED(b, a))
/* (a + b) / 2, rounded down where the instruction rounds up. */
#define AVERAGE(a, b) SUB(_mm_avg_epu8(a, b), AND(_mm_xor_si128(a, b), _mm_set1_epi8(1)))
#define MAGNITUDE(a) MIN(a, SUB(ZERO(), a))
#define ADD_BYTES(sum, a) _mm_add_epi64(sum, _mm_sad_epu8(a, ZERO()))
#define TOTAL(sum) total_sse2(sum)
#include "png/filter_impl.h"
