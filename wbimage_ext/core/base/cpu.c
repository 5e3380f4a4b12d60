/* CPU detection through the compiler's run-time support.
 * In: a list of names to leave out. Out: WB_CPU_* flags. Ownership: none. */
#include "base/cpu.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    wb_cpu flag;
    wb_cpu turned_off_with_it;
} CPU_SETS[] = {
    {"sse2", WB_CPU_SSE2, WB_CPU_SSE2 | WB_CPU_AVX2 | WB_CPU_AVX512},
    {"avx2", WB_CPU_AVX2, WB_CPU_AVX2 | WB_CPU_AVX512},
    {"avx512", WB_CPU_AVX512, WB_CPU_AVX512},
    {"neon", WB_CPU_NEON, WB_CPU_NEON},
};
enum { CPU_SET_COUNT = sizeof CPU_SETS / sizeof CPU_SETS[0] };

static wb_cpu cpu_supported(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    wb_cpu cpu = WB_CPU_SSE2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")
        && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt"))
        cpu |= WB_CPU_AVX2;
    if ((cpu & WB_CPU_AVX2) && __builtin_cpu_supports("avx512f")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi")
        && __builtin_cpu_supports("avx512vbmi2"))
        cpu |= WB_CPU_AVX512;
    return cpu;
#elif defined(__aarch64__)
    return WB_CPU_NEON;
#else
    return WB_CPU_PORTABLE;
#endif
}

static bool list_has(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *word = list; *word != '\0';) {
        size_t word_length = strcspn(word, ", ");
        if (word_length == length && strncmp(word, name, length) == 0)
            return true;
        word += word_length;
        word += strspn(word, ", ");
    }
    return false;
}

wb_cpu wb_cpu_detect(const char *disabled)
{
    wb_cpu cpu = cpu_supported();
    for (int i = 0; disabled != NULL && i < CPU_SET_COUNT; i++)
        if (list_has(disabled, CPU_SETS[i].name))
            cpu &= ~CPU_SETS[i].turned_off_with_it;
    return cpu;
}

void wb_cpu_names(wb_cpu cpu, char *text, size_t size_bytes)
{
    size_t used = 0;
    snprintf(text, size_bytes, "portable");
    for (int i = 0; i < CPU_SET_COUNT; i++) {
        if (!(cpu & CPU_SETS[i].flag) || used >= size_bytes)
            continue;
        int written = snprintf(text + used, size_bytes - used, "%s%s", used ? " " : "",
                               CPU_SETS[i].name);
        used += written > 0 ? (size_t)written : 0;
    }
}
