/* The instruction sets that this CPU has, of those that kernels use (base/kernel.h).
 * In: the CPU, and a list of names to leave out. Out: a set of WB_CPU_* flags.
 * Ownership: none; nothing is cached, so that a test may ask for any subset. */
#ifndef WB_BASE_CPU_H
#define WB_BASE_CPU_H

#include <stdbool.h>
#include <stddef.h>

/* The architectures that have kernels: 1 or 0. MSVC and clang-cl have their own names for them. */
#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))
#define WB_X86_64 1
#else
#define WB_X86_64 0
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
#define WB_ARM64 1
#else
#define WB_ARM64 0
#endif

typedef unsigned wb_cpu;

enum {
    WB_CPU_PORTABLE = 0,    /* plain C, the specification of every kernel */
    WB_CPU_SSE2 = 1 << 0,   /* every x86-64 has it */
    WB_CPU_AVX2 = 1 << 1,   /* AVX2, BMI1, BMI2, POPCNT */
    WB_CPU_AVX512 = 1 << 2, /* AVX-512 F, BW, DQ, VL, VBMI; implies AVX2 */
    WB_CPU_NEON = 1 << 3    /* every AArch64 has it */
};

/* `disabled` is NULL or a list of names such as "avx512,avx2"; an unknown name is ignored.
 * Turning a set off turns those off that build on it. */
wb_cpu wb_cpu_detect(const char *disabled);

/* Whether every name of such a list is that of a set. */
bool wb_cpu_list_is_known(const char *list);

/* Writes the names of `cpu`, such as "sse2 avx2", or "portable". */
void wb_cpu_names(wb_cpu cpu, char *text, size_t size_bytes);

#endif
