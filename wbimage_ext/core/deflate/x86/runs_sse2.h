/* The search for runs with SSE2.
 * In: filtered bytes. Out: tokens. Ownership: see deflate/tokens.h. */
#define KERNEL(name) name##_sse2
#define TARGET
#define VECTOR_BYTES 16
#define EQUAL_MASK(a, b)                                                                      \
    (uint64_t)(unsigned)                                                                      \
        _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(a)), \
                                         _mm_loadu_si128((const __m128i *)(const void *)(b))))
#include "deflate/runs_impl.h"
