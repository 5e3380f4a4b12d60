/* Asks the CPU itself, in the same way under every compiler.
 * In: a list of names to leave out. Out: WB_CPU_* flags. Ownership: none. */
#include "base/cpu.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if WB_X86_64
#ifdef _MSC_VER
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

typedef struct cpu_set {
    const char *name;
    wb_cpu flag;
    wb_cpu turned_off_with_it;
} cpu_set;

static const cpu_set CPU_SETS[] = {
    {"sse2", WB_CPU_SSE2, WB_CPU_SSE2 | WB_CPU_AVX2 | WB_CPU_AVX512},
    {"avx2", WB_CPU_AVX2, WB_CPU_AVX2 | WB_CPU_AVX512},
    {"avx512", WB_CPU_AVX512, WB_CPU_AVX512},
    {"neon", WB_CPU_NEON, WB_CPU_NEON},
};
enum { CPU_SET_COUNT = sizeof CPU_SETS / sizeof CPU_SETS[0] };

#if WB_X86_64

static bool has_all(uint64_t word, uint64_t bits)
{
    return (word & bits) == bits;
}

enum { EAX, EBX, ECX, EDX, REGISTER_COUNT };

/* One leaf of CPUID, its first subleaf; zeros where the CPU does not have it. */
static void read_cpuid(unsigned leaf, unsigned registers[REGISTER_COUNT])
{
    memset(registers, 0, REGISTER_COUNT * sizeof *registers);
#ifdef _MSC_VER
    int values[REGISTER_COUNT];
    __cpuid(values, 0);
    if ((unsigned)values[EAX] >= leaf)
        __cpuidex((int *)registers, (int)leaf, 0);
#else
    __get_cpuid_count(leaf, 0, &registers[EAX], &registers[EBX], &registers[ECX], &registers[EDX]);
#endif
}

/* XCR0: the registers that the operating system saves. Read only where CPUID allows it. */
static uint64_t read_saved_registers(void)
{
#ifdef _MSC_VER
    return _xgetbv(0);
#else
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
#endif
}

/* Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID. */
enum {
    LEAF_1_ECX = 1u << 23 /* POPCNT */ | 1u << 27 /* OSXSAVE */ | 1u << 28 /* AVX */,
    LEAF_7_EBX_AVX2 = 1u << 3 /* BMI1 */ | 1u << 5 /* AVX2 */ | 1u << 8 /* BMI2 */,
    LEAF_7_EBX_AVX512 = 1u << 16 /* F */ | 1u << 17 /* DQ */ | 1u << 30 /* BW */,
    LEAF_7_ECX_AVX512 = 1u << 1, /* VBMI */
    SAVED_AVX = 0x06,            /* XMM, YMM */
    SAVED_AVX512 = 0xe6          /* and ZMM, opmask */
};
static const unsigned LEAF_7_EBX_AVX512VL = 1u << 31; /* no enum holds it */

static wb_cpu cpu_supported(void)
{
    wb_cpu cpu = WB_CPU_SSE2;
    unsigned leaf_1[REGISTER_COUNT], leaf_7[REGISTER_COUNT];
    read_cpuid(1, leaf_1);
    read_cpuid(7, leaf_7);
    if (!has_all(leaf_1[ECX], LEAF_1_ECX))
        return cpu;
    const uint64_t saved = read_saved_registers();
    if (!has_all(leaf_7[EBX], LEAF_7_EBX_AVX2) || !has_all(saved, SAVED_AVX))
        return cpu;
    cpu |= WB_CPU_AVX2;
    if (has_all(leaf_7[EBX], LEAF_7_EBX_AVX512 | LEAF_7_EBX_AVX512VL)
        && has_all(leaf_7[ECX], LEAF_7_ECX_AVX512) && has_all(saved, SAVED_AVX512))
        cpu |= WB_CPU_AVX512;
    return cpu;
}

#else

static wb_cpu cpu_supported(void)
{
    return WB_ARM64 ? WB_CPU_NEON : WB_CPU_PORTABLE;
}

#endif

/* The set of this name, or NULL. */
static const cpu_set *set_named(const char *name, size_t length)
{
    for (int i = 0; i < CPU_SET_COUNT; i++)
        if (strlen(CPU_SETS[i].name) == length && strncmp(name, CPU_SETS[i].name, length) == 0)
            return &CPU_SETS[i];
    return NULL;
}

/* Takes the sets of a list off `cpu`; false where a name is not known. */
static bool take_off(wb_cpu *cpu, const char *list)
{
    bool are_known = true;
    for (const char *word = list + strspn(list, ", "); *word != '\0';) {
        const size_t length = strcspn(word, ", ");
        const cpu_set *set = set_named(word, length);
        if (set == NULL)
            are_known = false;
        else
            *cpu &= ~set->turned_off_with_it;
        word += length;
        word += strspn(word, ", ");
    }
    return are_known;
}

wb_cpu wb_cpu_detect(const char *disabled)
{
    wb_cpu cpu = cpu_supported();
    if (disabled != NULL)
        take_off(&cpu, disabled);
    return cpu;
}

bool wb_cpu_list_is_known(const char *list)
{
    wb_cpu cpu = WB_CPU_PORTABLE;
    return list == NULL || take_off(&cpu, list);
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
