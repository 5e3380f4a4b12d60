/* Finds runs of a repeated byte, which is all the matching that photographs reward.
 * In: filtered bytes. Out: tokens of distance 1. Ownership: see deflate/tokens.h. */
#include "deflate/tokens.h"

#include <stdbool.h>

#include "base/kernel.h"

typedef size_t find_runs_kernel(const uint8_t *bytes, size_t size_bytes, unsigned min_run,
                                wb_deflate_token *tokens);

/* Where the first `min_run` bytes begin that each equal the one before, from `i` on, or `end`.
 * Looks from the back of the window: a byte that differs moves the window past itself. */
static size_t find_run_portable(const uint8_t *bytes, size_t i, size_t end, unsigned min_run)
{
    while (i + min_run <= end) {
        size_t j = i + min_run;
        while (j > i && *(bytes + j - 1) == *(bytes + j - 2)) /* j may be 1 */
            j--;
        if (j == i)
            return i;
        i = j;
    }
    return end;
}

static size_t find_run_end_portable(const uint8_t *bytes, size_t i, size_t end)
{
    while (i < end && bytes[i] == bytes[i - 1])
        i++;
    return i;
}

static size_t find_runs_portable(const uint8_t *bytes, size_t size_bytes, unsigned min_run,
                                 wb_deflate_token *tokens)
{
    size_t count = 0, literals_start = 0;
    while (literals_start < size_bytes) {
        size_t run = find_run_portable(bytes, literals_start, size_bytes, min_run);
        size_t end = run == size_bytes ? run
                                       : find_run_end_portable(bytes, run + min_run, size_bytes);
        tokens[count++] = (wb_deflate_token){(uint32_t)(run - literals_start),
                                             (uint32_t)(end - run), 1};
        literals_start = end;
    }
    return count;
}

#if WB_X86_64
#include "deflate/x86/runs_sse2.h"
#include "deflate/x86/runs_avx2.h"
#include "deflate/x86/runs_avx512.h"
#elif WB_ARM64
#include "deflate/arm/runs_neon.h"
#endif

static find_runs_kernel *select_find_runs(wb_cpu cpu)
{
    WB_SELECT(cpu, AVX512, find_runs_avx512);
    WB_SELECT(cpu, AVX2, find_runs_avx2);
    WB_SELECT(cpu, SSE2, find_runs_sse2);
    WB_SELECT(cpu, NEON, find_runs_neon);
    return find_runs_portable;
}

size_t wb_deflate_find_runs(const uint8_t *bytes, size_t size_bytes, unsigned min_run, wb_cpu cpu,
                            wb_deflate_token *tokens)
{
    return select_find_runs(cpu)(bytes, size_bytes, min_run, tokens);
}
