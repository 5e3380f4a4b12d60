/* The pattern of a kernel: one function in plain C, and again for each instruction set worth it.
 * In: what the CPU has (base/cpu.h). Out: one function pointer. Ownership: none.
 *
 *   NAME.c             The portable version stands first and is the specification. Behind it come
 *                      the headers below, and behind them select_NAME, which chooses.
 *   x86/NAME_avx2.h    The version for one instruction set, and nothing else; so NAME_sse2.h,
 *                      NAME_avx512.h and arm/NAME_neon.h. Its functions end in _avx2 and begin with
 *                      WB_TARGET_AVX2, which lets compilers use the instructions.
 *   NAME_impl.h        Where versions differ in a few operations: their common body. The file that
 *                      includes it defines KERNEL(name), TARGET and the operations as macros; the
 *                      body undefines them at its end.
 *
 *   #if WB_X86_64
 *   #include "png/x86/filter_avx2.h"
 *   #elif WB_ARM64
 *   #include "png/arm/filter_neon.h"
 *   #endif
 *
 *   static apply_kernel *select_apply(wb_cpu cpu)
 *   {
 *       WB_SELECT(cpu, AVX2, apply_avx2);
 *       WB_SELECT(cpu, NEON, apply_neon);
 *       return apply_portable;
 *   }
 *
 * A choice is made once a row, a strip or an image, outside the inner loop. Every version gives the
 * same bytes, and the tests run each in turn. */
#ifndef WB_BASE_KERNEL_H
#define WB_BASE_KERNEL_H

#include "base/cpu.h"

#if WB_X86_64
#include <immintrin.h>
#if defined(__clang__) && defined(_MSC_VER)
/* As MSVC's target, clang's immintrin.h leaves out what the whole file is not compiled for. */
#include <tmmintrin.h>
#include <smmintrin.h>
#include <popcntintrin.h>
#include <bmiintrin.h>
#include <bmi2intrin.h>
#include <avxintrin.h>
#include <avx2intrin.h>
#include <avx512fintrin.h>
#include <avx512bwintrin.h>
#include <avx512dqintrin.h>
#include <avx512vlintrin.h>
#include <avx512vlbwintrin.h>
#include <avx512vldqintrin.h>
#include <avx512vbmiintrin.h>
#include <avx512vbmivlintrin.h>
#endif
#elif WB_ARM64
#include <arm_neon.h>
#endif

/* Returns `kernel` where `cpu` has the set; nothing where this architecture does not know the set,
 * so that `kernel` need not exist there. */
#define WB_SELECT(cpu, set, kernel) WB_SELECT_##set(cpu, WB_CPU_##set, kernel)
#define WB_SELECT_IF(cpu, flag, kernel) \
    if ((cpu) & (flag))                 \
    return (kernel)
#define WB_SELECT_NOT(cpu, flag, kernel) (void)(cpu)

#if WB_X86_64
#define WB_SELECT_SSE2 WB_SELECT_IF
#define WB_SELECT_AVX2 WB_SELECT_IF
#define WB_SELECT_AVX512 WB_SELECT_IF
#else
#define WB_SELECT_SSE2 WB_SELECT_NOT
#define WB_SELECT_AVX2 WB_SELECT_NOT
#define WB_SELECT_AVX512 WB_SELECT_NOT
#endif
#if WB_ARM64
#define WB_SELECT_NEON WB_SELECT_IF
#else
#define WB_SELECT_NEON WB_SELECT_NOT
#endif

/* What a function of a set begins with: the features that wb_cpu_detect checks for that set. MSVC
 * takes intrinsics of every set anywhere. gcc keeps to vectors of 256 bits unless it is told. */
#if !defined(__GNUC__) && !defined(__clang__)
#define WB_TARGET_AVX2
#define WB_TARGET_AVX512
#else
#define WB_TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#ifdef __clang__
#define WB_TARGET_AVX512 \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi,bmi2,popcnt")))
#else
#define WB_TARGET_AVX512                                                            \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi,bmi2," \
                          "popcnt,prefer-vector-width=512")))
#endif
#endif

/* For functions of an inner loop, where a call, or a struct in memory, would cost too much.
 * Compilers decide by the size of a function alone. */
#if defined(__GNUC__) || defined(__clang__)
#define WB_ALWAYS_INLINE static inline __attribute__((always_inline))
#define WB_NEVER_INLINE static __attribute__((noinline))
#elif defined(_MSC_VER)
#define WB_ALWAYS_INLINE static __forceinline
#define WB_NEVER_INLINE static __declspec(noinline)
#else
#define WB_ALWAYS_INLINE static inline
#define WB_NEVER_INLINE static
#endif

#endif
