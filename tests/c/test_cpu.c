/* Tests of the CPU sets: what can be turned off, and their names.
 * In: this CPU. Out: an exit code. Ownership: none. */
#include "base/cpu.h"

#include "check.h"

static void test_sets_turn_off(void)
{
    wb_cpu all = wb_cpu_detect(NULL);
    CHECK_EQUAL(wb_cpu_detect(""), all);
    CHECK_EQUAL(wb_cpu_detect("no-such-set"), all);
    CHECK_EQUAL(wb_cpu_detect("avx512"), all & ~(wb_cpu)WB_CPU_AVX512);
    CHECK_EQUAL(wb_cpu_detect("avx2"), all & ~(wb_cpu)(WB_CPU_AVX2 | WB_CPU_AVX512));
    CHECK_EQUAL(wb_cpu_detect("sse2, neon"), WB_CPU_PORTABLE);
    CHECK_EQUAL(wb_cpu_detect("avx2,sse2,avx512,neon"), WB_CPU_PORTABLE);
    CHECK(!(all & WB_CPU_AVX512) || (all & WB_CPU_AVX2));
}

/* The compiler's run-time library asks the CPU in its own way. */
static void test_sets_are_what_the_compiler_finds(void)
{
    wb_cpu expected = WB_CPU_PORTABLE;
#if WB_X86_64 && defined(__GNUC__)
    __builtin_cpu_init();
    expected = WB_CPU_SSE2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")
        && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt"))
        expected |= WB_CPU_AVX2;
    if ((expected & WB_CPU_AVX2) && __builtin_cpu_supports("avx512f")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi"))
        expected |= WB_CPU_AVX512;
#elif WB_ARM64
    expected = WB_CPU_NEON;
#endif
    CHECK_EQUAL(wb_cpu_detect(NULL), expected);
}

static void test_names(void)
{
    char text[64];
    wb_cpu_names(WB_CPU_PORTABLE, text, sizeof text);
    CHECK_TEXT(text, "portable");
    wb_cpu_names(WB_CPU_SSE2 | WB_CPU_AVX2, text, sizeof text);
    CHECK(strcmp(text, "sse2 avx2") == 0);
    char small[6];
    wb_cpu_names(WB_CPU_SSE2 | WB_CPU_AVX2 | WB_CPU_AVX512, small, sizeof small);
    CHECK(strlen(small) < sizeof small);
}

static void test_unknown_names(void)
{
    CHECK(wb_cpu_list_is_known(NULL));
    CHECK(wb_cpu_list_is_known(""));
    CHECK(wb_cpu_list_is_known(" avx512, sse2,neon"));
    CHECK(!wb_cpu_list_is_known("avx"));
    CHECK(!wb_cpu_list_is_known("sse2 avx5120"));
    CHECK_EQUAL(wb_cpu_detect("foo,sse2"), wb_cpu_detect("sse2"));
}

int main(void)
{
    RUN(test_sets_turn_off);
    RUN(test_sets_are_what_the_compiler_finds);
    RUN(test_names);
    RUN(test_unknown_names);
    return 0;
}
