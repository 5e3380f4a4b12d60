/* The value kernels compiled for AVX-512.
 * In: see convert/value_kernels.h. Out: kernels_avx512. Ownership: none. */
#define KERNEL(name) name##_avx512
#define TARGET WB_TARGET_AVX512
#include "convert/value_kernels_impl.h"
