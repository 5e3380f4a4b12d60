/* The search for matches with AVX2.
 * In: lines of bytes. Out: tokens. Ownership: see deflate/match.h. */
WB_TARGET_AVX2 static inline uint64_t differs_avx2(const uint8_t *a, const uint8_t *b)
{
    __m256i first = _mm256_loadu_si256((const __m256i *)(const void *)a);
    __m256i second = _mm256_loadu_si256((const __m256i *)(const void *)b);
    return ~(uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(first, second));
}

#define KERNEL(name) name##_avx2
#define TARGET WB_TARGET_AVX2
#include "deflate/match_impl.h"
