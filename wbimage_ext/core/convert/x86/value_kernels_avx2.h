/* The value kernels compiled for AVX2.
 * In: see convert/value_kernels.h. Out: kernels_avx2. Ownership: none. */
#define KERNEL(name) name##_avx2
#define TARGET WB_TARGET_AVX2
#include "convert/value_kernels_impl.h"
