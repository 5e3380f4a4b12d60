/* PNG filters: the plain C that defines them, and the choice of a vector kernel.
 * In: rows. Out: scores, filtered bytes. Ownership: see png/filter.h. */
#include "png/filter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"

typedef void scores_kernel(const wb_png_row *row, size_t step,
                           uint64_t scores[WB_PNG_FILTER_COUNT]);
typedef void apply_kernel(const wb_png_row *row, wb_png_filter filter, uint8_t *filtered);

/* The neighbour nearest to left + above - above_left; of equals left goes before above. */
static int paeth_predict(int left, int above, int above_left)
{
    int to_left = abs(above - above_left);
    int to_above = abs(left - above_left);
    int to_above_left = abs(left + above - 2 * above_left);
    int above_or_corner = to_above <= to_above_left ? above : above_left;
    bool left_is_nearest = (to_left <= to_above) & (to_left <= to_above_left);
    return left_is_nearest ? left : above_or_corner;
}

/* One loop a filter, without branches, so that a compiler can make vectors of all but Paeth's. The
 * first pixel has zeros to its left. */
static void filter_portable(wb_png_filter filter, const uint8_t *pixels, const uint8_t *left,
                            const uint8_t *above, const uint8_t *above_left, size_t size_bytes,
                            uint8_t *filtered)
{
    switch (filter) {
    case WB_PNG_NONE: memcpy(filtered, pixels, size_bytes); break;
    case WB_PNG_SUB:
        for (size_t i = 0; i < size_bytes; i++)
            filtered[i] = (uint8_t)(pixels[i] - left[i]);
        break;
    case WB_PNG_UP:
        for (size_t i = 0; i < size_bytes; i++)
            filtered[i] = (uint8_t)(pixels[i] - above[i]);
        break;
    case WB_PNG_AVERAGE:
        for (size_t i = 0; i < size_bytes; i++)
            filtered[i] = (uint8_t)(pixels[i] - (left[i] + above[i]) / 2);
        break;
    default:
        for (size_t i = 0; i < size_bytes; i++)
            filtered[i] = (uint8_t)(pixels[i] - paeth_predict(left[i], above[i], above_left[i]));
    }
}

static void apply_piece(const wb_png_row *row, wb_png_filter filter, size_t start,
                        size_t size_bytes, uint8_t *filtered)
{
    static const uint8_t ZEROS[WB_PNG_MAX_PIXEL_BYTES] = {0};
    size_t pixel_bytes = row->pixel_bytes;
    if (start == 0) {
        start = pixel_bytes < size_bytes ? pixel_bytes : size_bytes;
        filter_portable(filter, row->pixels, ZEROS, row->above, ZEROS, start, filtered);
        filtered += start;
        size_bytes -= start;
    }
    if (size_bytes != 0)
        filter_portable(filter, row->pixels + start, row->pixels + start - pixel_bytes,
                        row->above + start, row->above + start - pixel_bytes, size_bytes, filtered);
}

/* Whether less than a chunk, or a vector, lies behind the first pixel. */
static inline bool is_short(const wb_png_row *row)
{
    return row->size_bytes < row->pixel_bytes + (size_t)WB_PNG_SCORE_CHUNK_BYTES;
}

static void scores_portable(const wb_png_row *row, size_t step,
                            uint64_t scores[WB_PNG_FILTER_COUNT])
{
    uint8_t filtered[WB_PNG_MAX_PIXEL_BYTES + WB_PNG_SCORE_CHUNK_BYTES];
    size_t start = row->pixel_bytes, count = WB_PNG_SCORE_CHUNK_BYTES;
    if (is_short(row)) {
        start = 0;
        count = row->size_bytes;
    }
    memset(scores, 0, WB_PNG_FILTER_COUNT * sizeof *scores);
    for (; start + count <= row->size_bytes; start += step * WB_PNG_SCORE_CHUNK_BYTES) {
        for (int filter = WB_PNG_NONE; filter < WB_PNG_FILTER_COUNT; filter++) {
            uint32_t sum = 0;
            apply_piece(row, (wb_png_filter)filter, start, count, filtered);
            for (size_t i = 0; i < count; i++)
                sum += (uint32_t)(filtered[i] < 128 ? filtered[i] : 256 - filtered[i]);
            scores[filter] += sum;
        }
    }
}

static void apply_portable(const wb_png_row *row, wb_png_filter filter, uint8_t *filtered)
{
    apply_piece(row, filter, 0, row->size_bytes, filtered);
}

#if WB_X86_64
#include "png/x86/filter_sse2.h"
#include "png/x86/filter_avx2.h"
#elif WB_ARM64
#include "png/arm/filter_neon.h"
#endif

static scores_kernel *select_scores(wb_cpu cpu)
{
    WB_SELECT(cpu, AVX2, scores_avx2);
    WB_SELECT(cpu, SSE2, scores_sse2);
    WB_SELECT(cpu, NEON, scores_neon);
    return scores_portable;
}

static apply_kernel *select_apply(wb_cpu cpu)
{
    WB_SELECT(cpu, AVX2, apply_avx2);
    WB_SELECT(cpu, SSE2, apply_sse2);
    WB_SELECT(cpu, NEON, apply_neon);
    return apply_portable;
}

void wb_png_filter_scores(const wb_png_row *row, size_t step, wb_cpu cpu,
                          uint64_t scores[WB_PNG_FILTER_COUNT])
{
    select_scores(cpu)(row, step, scores);
}

void wb_png_filter_apply(const wb_png_row *row, wb_png_filter filter, wb_cpu cpu, uint8_t *filtered)
{
    if (filter == WB_PNG_NONE)
        memcpy(filtered, row->pixels, row->size_bytes);
    else
        select_apply(cpu)(row, filter, filtered);
}
