/* The five PNG filters (PNG specification, section 9): which one suits a row, and applying it.
 * In: a row and the row above. Out: the filter's number, the filtered bytes.
 * Ownership: borrows the rows; writes only the output it is given. */
#ifndef WB_PNG_FILTER_H
#define WB_PNG_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

typedef enum wb_png_filter {
    WB_PNG_NONE,
    WB_PNG_SUB,
    WB_PNG_UP,
    WB_PNG_AVERAGE,
    WB_PNG_PAETH,
    WB_PNG_FILTER_COUNT
} wb_png_filter;

enum {
    /* Filters are scored on pieces of a row; see wb_png_filter_scores. */
    WB_PNG_SCORE_CHUNK_BYTES = 32,
    WB_PNG_MAX_PIXEL_BYTES = 8
};

/* A row of `size_bytes` >= `pixel_bytes` packed bytes and the one above it (zeros for the first
 * row). Neither is read past its end or before its start. */
typedef struct wb_png_row {
    const uint8_t *pixels;
    const uint8_t *above;
    size_t size_bytes;
    unsigned pixel_bytes; /* 1 to 8 */
} wb_png_row;

/* Sums the absolute residuals (as signed bytes) that each filter would leave, over every `step`th
 * chunk of WB_PNG_SCORE_CHUNK_BYTES behind the first pixel; what is left at the end is ignored.
 * A row that has no whole chunk there is summed in whole. */
void wb_png_filter_scores(const wb_png_row *row, size_t step, wb_cpu cpu,
                          uint64_t scores[WB_PNG_FILTER_COUNT]);

/* Writes size_bytes filtered bytes, without the filter's number. `filtered` overlaps no row. */
void wb_png_filter_apply(const wb_png_row *row, wb_png_filter filter, wb_cpu cpu,
                         uint8_t *filtered);

#endif
