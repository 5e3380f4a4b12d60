/* The value kernels compiled for AVX-512.
 * In: see convert/value_kernels.h. Out: wb_value_kernels_avx512. Ownership: none. */
#if defined(__x86_64__) && defined(__GNUC__)
#ifdef __clang__
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#else /* gcc keeps to 256 bits unless it is told */
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#define KERNELS wb_value_kernels_avx512
#include "convert/value_kernels_impl.h"
#else
typedef int wb_not_x86; /* a file must not be empty */
#endif
