/* SSE2, AVX2 and AVX-512 versions of the search for runs, all made from deflate/x86/runs_impl.h.
 * In: filtered bytes. Out: where runs begin and end. Ownership: see deflate/tokens.h. */
#include <immintrin.h>

#define WB_DEFLATE_RUNS_SSE2
#define KERNEL(name) name##_sse2
#define TARGET
#define VECTOR_BYTES 16
#define EQUAL_MASK(a, b)                                                                      \
    (uint64_t)(unsigned)                                                                      \
        _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(a)), \
                                         _mm_loadu_si128((const __m128i *)(const void *)(b))))
#include "deflate/x86/runs_impl.h"

#define WB_DEFLATE_RUNS_AVX2
#define KERNEL(name) name##_avx2
#define TARGET __attribute__((target("avx2,bmi,bmi2")))
#define VECTOR_BYTES 32
#define EQUAL_MASK(a, b)                                                          \
    (uint64_t)(unsigned) _mm256_movemask_epi8(                                    \
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(a)), \
                          _mm256_loadu_si256((const __m256i *)(const void *)(b))))
#include "deflate/x86/runs_impl.h"

#define WB_DEFLATE_RUNS_AVX512
#define KERNEL(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,bmi,bmi2")))
#define VECTOR_BYTES 64
#define EQUAL_MASK(a, b) _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(a), _mm512_loadu_si512(b))
#include "deflate/x86/runs_impl.h"
