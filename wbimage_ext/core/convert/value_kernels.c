/* The kernels in portable C, which is their specification, and the choice among all tables.
 * In: WB_CPU_* flags. Out: a constant table. Ownership: none. */
#define TARGET
#define KERNELS wb_value_kernels_portable
#include "convert/value_kernels_impl.h"

const wb_value_kernels *wb_value_kernels_choose(wb_cpu cpu)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (cpu & WB_CPU_AVX512)
        return &wb_value_kernels_avx512;
    if (cpu & WB_CPU_AVX2)
        return &wb_value_kernels_avx2;
#endif
    (void)cpu;
    return &wb_value_kernels_portable;
}
