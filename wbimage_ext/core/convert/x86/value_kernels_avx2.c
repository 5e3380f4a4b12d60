/* The value kernels compiled for AVX2.
 * In: see convert/value_kernels.h. Out: wb_value_kernels_avx2. Ownership: none. */
#if defined(__x86_64__) && defined(__GNUC__)
#define TARGET __attribute__((target("avx2")))
#define KERNELS wb_value_kernels_avx2
#include "convert/value_kernels_impl.h"
#else
typedef int wb_not_x86; /* a file must not be empty */
#endif
