/* Lines as PNG compresses them: a filter's number, then the filtered row; and tokens for lines.
 * In: rows. Out: lines, tokens. Ownership: borrows; the buffers are the scratch's. */
#ifndef WB_PNG_LINES_H
#define WB_PNG_LINES_H

#include <stdbool.h>

#include "deflate/emit.h"
#include "deflate/match.h"
#include "png/plan.h"
#include "png/rows.h"

/* A window of lines: what was written lies before `filled_bytes`, the next strip goes there. */
typedef struct wb_png_lines {
    wb_png_rows rows;
    wb_png_plan plan;
    wb_cpu cpu;
    size_t line_bytes;
    uint8_t *bytes;
    size_t filled_bytes;
    wb_deflate_matcher matcher;
    wb_deflate_token *tokens;
    uint16_t literal_costs[WB_DEFLATE_LITERALS];
    /* Whether filters are chosen by what the rows above told, too; not where few rows are tried. */
    bool remember;
    uint64_t scores[WB_PNG_FILTER_COUNT]; /* of the rows above, the nearest counting most */
} wb_png_lines;

/* Room for strips of `strip_rows`. */
wb_status wb_png_lines_init(wb_png_lines *lines, const wb_raster *raster, const wb_png_plan *plan,
                            wb_cpu cpu, size_t strip_rows, wb_png_scratch *scratch);

/* Filters the next `row_count` rows and finds their tokens; returns the stretch, whose size is
 * row_count * line_bytes. It is valid until wb_png_lines_advance, which keeps the window. */
wb_deflate_stretch wb_png_lines_next(wb_png_lines *lines, size_t row_count);
void wb_png_lines_advance(wb_png_lines *lines, size_t row_count);

#endif
