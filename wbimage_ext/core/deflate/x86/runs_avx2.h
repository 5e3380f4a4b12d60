/* The search for runs with AVX2.
 * In: filtered bytes. Out: tokens. Ownership: see deflate/tokens.h. */
#define KERNEL(name) name##_avx2
#define TARGET WB_TARGET_AVX2
#define VECTOR_BYTES 32
#define EQUAL_MASK(a, b)                                                          \
    (uint64_t)(unsigned) _mm256_movemask_epi8(                                    \
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(a)), \
                          _mm256_loadu_si256((const __m256i *)(const void *)(b))))
#include "deflate/runs_impl.h"
