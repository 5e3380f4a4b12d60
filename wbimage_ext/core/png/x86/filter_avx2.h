/* The PNG filters with AVX2.
 * In: rows. Out: scores, filtered bytes. Ownership: see png/filter.h. */
#define KERNEL(name) name##_avx2
#define TARGET WB_TARGET_AVX2
#define VECTOR __m256i
#define VECTOR_BYTES 32
#define LOAD(from) _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define STORE(to, value) _mm256_storeu_si256((__m256i *)(void *)(to), value)
#define ZERO() _mm256_setzero_si256()
#define ONES() _mm256_set1_epi8(1)
#define AND(a, b) _mm256_and_si256(a, b)
#define OR(a, b) _mm256_or_si256(a, b)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ADD_SATURATED(a, b) _mm256_adds_epu8(a, b)
#define SUB(a, b) _mm256_sub_epi8(a, b)
#define SUB_SATURATED(a, b) _mm256_subs_epu8(a, b)
#define MIN(a, b) _mm256_min_epu8(a, b)
#define AVERAGE_UP(a, b) _mm256_avg_epu8(a, b)
#define EQUAL(a, b) _mm256_cmpeq_epi8(a, b)
#define SELECT(mask, yes, no) _mm256_blendv_epi8(no, yes, mask)
#define SUM_BYTES(a) _mm256_sad_epu8(a, ZERO())
#define ADD64(a, b) _mm256_add_epi64(a, b)
#include "png/filter_impl.h"
