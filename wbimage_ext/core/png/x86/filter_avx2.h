/* The PNG filters with AVX2.
 * In: rows. Out: scores, filtered bytes. Ownership: see png/filter.h. */
WB_TARGET_AVX2 static uint64_t total_avx2(__m256i sum)
{
    uint64_t parts[4];
    _mm256_storeu_si256((__m256i *)(void *)parts, sum);
    return parts[0] + parts[1] + parts[2] + parts[3];
}

#define KERNEL(name) name##_avx2
#define TARGET WB_TARGET_AVX2
#define VECTOR __m256i
#define VECTOR_BYTES 32
#define LOAD(from) _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define STORE(to, value) _mm256_storeu_si256((__m256i *)(void *)(to), value)
#define ZERO() _mm256_setzero_si256()
#define AND(a, b) _mm256_and_si256(a, b)
#define ADD_SATURATED(a, b) _mm256_adds_epu8(a, b)
#define SUB(a, b) _mm256_sub_epi8(a, b)
#define SUB_SATURATED(a, b) _mm256_subs_epu8(a, b)
#define MIN(a, b) _mm256_min_epu8(a, b)
#define EQUAL(a, b) _mm256_cmpeq_epi8(a, b)
#define SELECT(mask, yes, no) _mm256_blendv_epi8(no, yes, mask)
#define DISTANCE(a, b) _mm256_or_si256(SUB_SATURATED(a, b), SUB_SATURATED(b, a))
/* (a + b) / 2, rounded down where the instruction rounds up. */
#define AVERAGE(a, b) SUB(_mm256_avg_epu8(a, b), AND(_mm256_xor_si256(a, b), _mm256_set1_epi8(1)))
#define MAGNITUDE(a) MIN(a, SUB(ZERO(), a))
#define ADD_BYTES(sum, a) _mm256_add_epi64(sum, _mm256_sad_epu8(a, ZERO()))
#define TOTAL(sum) total_avx2(sum)
#include "png/filter_impl.h"
