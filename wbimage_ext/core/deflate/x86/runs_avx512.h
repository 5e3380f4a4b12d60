/* The search for runs with AVX-512.
 * In: filtered bytes. Out: tokens. Ownership: see deflate/tokens.h. */
#define KERNEL(name) name##_avx512
#define TARGET WB_TARGET_AVX512
#define VECTOR_BYTES 64
#define EQUAL_MASK(a, b) _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(a), _mm512_loadu_si512(b))
#include "deflate/runs_impl.h"
