/* The search for matches with SSE2.
 * In: lines of bytes. Out: tokens. Ownership: see deflate/match.h. */
static inline uint32_t equal_16_sse2(const uint8_t *a, const uint8_t *b)
{
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)a);
    __m128i second = _mm_loadu_si128((const __m128i *)(const void *)b);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(first, second));
}

static inline uint64_t differs_sse2(const uint8_t *a, const uint8_t *b)
{
    return ~(uint64_t)(equal_16_sse2(a, b) | equal_16_sse2(a + 16, b + 16) << 16);
}

#define KERNEL(name) name##_sse2
#define TARGET
#include "deflate/match_impl.h"
