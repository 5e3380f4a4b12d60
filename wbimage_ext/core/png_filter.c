/* PNG filters: the plain C that defines them, and the choice of a vector kernel.
 * In: rows. Out: scores, filtered bytes. Ownership: see png_filter.h. */
#include "png_filter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include "x86/png_filter_kernels.h"
#elif defined(__aarch64__) && defined(__GNUC__)
#include "arm/png_filter_kernels.h"
#endif

static uint8_t paeth_predict(int left, int above, int above_left)
{
    int to_left = abs(above - above_left);
    int to_above = abs(left - above_left);
    int to_above_left = abs(left + above - 2 * above_left);
    if (to_left <= to_above && to_left <= to_above_left)
        return (uint8_t)left;
    return (uint8_t)(to_above <= to_above_left ? above : above_left);
}

static uint8_t filter_byte(const wb_png_row *row, wb_png_filter filter, size_t i)
{
    bool first = i < row->pixel_bytes; /* left of the image everything is 0 */
    int left = first ? 0 : row->pixels[i - row->pixel_bytes];
    int above = row->above[i];
    int above_left = first ? 0 : row->above[i - row->pixel_bytes];
    int prediction = 0;
    switch (filter) {
    case WB_PNG_SUB: prediction = left; break;
    case WB_PNG_UP: prediction = above; break;
    case WB_PNG_AVERAGE: prediction = (left + above) / 2; break;
    case WB_PNG_PAETH: prediction = paeth_predict(left, above, above_left); break;
    default: break;
    }
    return (uint8_t)(row->pixels[i] - prediction);
}

static void scores_portable(const wb_png_row *row, size_t step,
                            uint64_t scores[WB_PNG_FILTER_COUNT])
{
    scores[WB_PNG_NONE] = 0;
    for (int filter = WB_PNG_SUB; filter < WB_PNG_FILTER_COUNT; filter++) {
        uint64_t sum = 0;
        for (size_t start = 0; start < row->size_bytes; start += step * WB_PNG_SCORE_CHUNK_BYTES) {
            size_t end = start + WB_PNG_SCORE_CHUNK_BYTES;
            for (size_t i = start; i < end && i < row->size_bytes; i++) {
                int residual = filter_byte(row, (wb_png_filter)filter, i);
                sum += (unsigned)(residual < 128 ? residual : 256 - residual);
            }
        }
        scores[filter] = sum;
    }
}

static void apply_portable(const wb_png_row *row, wb_png_filter filter, uint8_t *filtered)
{
    for (size_t i = 0; i < row->size_bytes; i++)
        filtered[i] = filter_byte(row, filter, i);
}

void wb_png_filter_scores(const wb_png_row *row, size_t step, wb_cpu cpu,
                          uint64_t scores[WB_PNG_FILTER_COUNT])
{
#ifdef WB_PNG_FILTER_AVX2
    if (cpu & WB_CPU_AVX2) {
        scores_avx2(row, step, scores);
        return;
    }
#endif
#ifdef WB_PNG_FILTER_SSE2
    if (cpu & WB_CPU_SSE2) {
        scores_sse2(row, step, scores);
        return;
    }
#endif
#ifdef WB_PNG_FILTER_NEON
    if (cpu & WB_CPU_NEON) {
        scores_neon(row, step, scores);
        return;
    }
#endif
    (void)cpu;
    scores_portable(row, step, scores);
}

void wb_png_filter_apply(const wb_png_row *row, wb_png_filter filter, wb_cpu cpu, uint8_t *filtered)
{
    if (filter == WB_PNG_NONE) {
        memcpy(filtered, row->pixels, row->size_bytes);
        return;
    }
#ifdef WB_PNG_FILTER_AVX2
    if (cpu & WB_CPU_AVX2) {
        apply_avx2(row, filter, filtered);
        return;
    }
#endif
#ifdef WB_PNG_FILTER_SSE2
    if (cpu & WB_CPU_SSE2) {
        apply_sse2(row, filter, filtered);
        return;
    }
#endif
#ifdef WB_PNG_FILTER_NEON
    if (cpu & WB_CPU_NEON) {
        apply_neon(row, filter, filtered);
        return;
    }
#endif
    (void)cpu;
    apply_portable(row, filter, filtered);
}
