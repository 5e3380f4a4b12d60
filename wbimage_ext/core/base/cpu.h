/* What this CPU can do, as far as a kernel here makes use of it.
 * In: the CPU, and a list of names to leave out. Out: a set of WB_CPU_* flags.
 * Ownership: none; nothing is cached, so that a test may ask for any subset. */
#ifndef WB_BASE_CPU_H
#define WB_BASE_CPU_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned wb_cpu;

enum {
    WB_CPU_PORTABLE = 0,    /* plain C, the specification of every kernel */
    WB_CPU_SSE2 = 1 << 0,   /* x86-64 baseline */
    WB_CPU_AVX2 = 1 << 1,   /* AVX2, BMI1, BMI2, POPCNT */
    WB_CPU_AVX512 = 1 << 2, /* AVX-512 F, BW, DQ, VL, VBMI, VBMI2; implies AVX2 */
    WB_CPU_NEON = 1 << 3    /* AArch64 baseline */
};

/* `disabled` is NULL or a list of names such as "avx512,avx2"; an unknown name is ignored.
 * Turning a set off turns those off that build on it. */
wb_cpu wb_cpu_detect(const char *disabled);

/* Writes the names of `cpu`, such as "sse2 avx2", or "portable". */
void wb_cpu_names(wb_cpu cpu, char *text, size_t size_bytes);

/* For what would cost a call, or a struct in memory, in an inner loop: compilers judge by size. */
#if defined(__GNUC__)
#define WB_ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define WB_ALWAYS_INLINE static inline
#endif

#endif
