/* Lines as PNG compresses them: a filter's number, then the filtered row; and their tokens.
 * In: rows. Out: a block of lines with tokens. Ownership: borrows the raster and the buffers. */
#ifndef WB_PNG_LINES_H
#define WB_PNG_LINES_H

#include <stdbool.h>

#include "deflate/count.h"
#include "deflate/emit.h"
#include "deflate/match.h"
#include "png/rows.h"
#include "png/scratch.h"

/* How some rows are coded. */
typedef enum wb_png_plan {
    WB_PNG_RUNS,      /* filtered, with runs of one byte: photographs */
    WB_PNG_FILTERED,  /* filtered, with matches: smooth drawings */
    WB_PNG_PLAIN,     /* not filtered, with matches: text, plots, colour maps */
    WB_PNG_NONE_RUNS, /* not filtered, with runs: sparse masks */
    /* With one filter for all rows; Paeth's for samples of 16 bits only. */
    WB_PNG_PAETH_RUNS,
    WB_PNG_SUB_MATCHES,
    WB_PNG_UP_MATCHES,
    WB_PNG_PLANS
} wb_png_plan;

/* Some plans: bit n stands for plan n. */
typedef unsigned wb_png_plans;

/* A window of lines: what is coded lies before `start`, the open block from there to `end`. */
typedef struct wb_png_lines {
    wb_png_rows rows;
    wb_cpu cpu;
    size_t line_bytes;
    uint8_t *bytes;
    size_t start, end;
    wb_deflate_token *tokens;
    size_t token_count;
    size_t symbols;                  /* literals and matches of the open block */
    const wb_deflate_counts *counts; /* of the open block; NULL where nobody counted it */
    wb_deflate_matcher matcher;
    bool has_prices;                      /* the matcher; else it guesses them from the next rows */
    uint64_t scores[WB_PNG_FILTER_COUNT]; /* of the rows above, the nearest counting most */
    uint64_t sums[WB_PNG_FILTER_COUNT];   /* of all rows' scores, where filters were chosen */
} wb_png_lines;

/* How much has to fit: what is added at once, and what the open block may hold before. */
typedef struct wb_png_room {
    size_t part_bytes, open_bytes, open_symbols;
} wb_png_room;

/* For rows of the first `size_bytes`. The room is for one line at least. */
wb_status wb_png_lines_init(wb_png_lines *lines, const wb_raster *raster, size_t size_bytes,
                            wb_png_room room, wb_cpu cpu, wb_png_buffers *buffers);

/* Forgets all lines. The next row is row `y`, from `first_byte` on. */
void wb_png_lines_restart(wb_png_lines *lines, size_t y);

/* Filters the next rows and finds their tokens, at the end of the open block. */
void wb_png_lines_add(wb_png_lines *lines, wb_png_plan plan, size_t row_count);

/* The same, by a plan or by one of its rivals, whatever takes least. */
void wb_png_lines_add_shortest(wb_png_lines *lines, wb_png_plan plan, wb_png_plans rivals,
                               size_t row_count);

/* Makes the open block of one that has room for it that of another with rows of the same size. */
void wb_png_lines_copy(wb_png_lines *to, const wb_png_lines *from);

/* The open block, valid until the next call, and its size. */
wb_deflate_stretch wb_png_lines_block(const wb_png_lines *lines);
size_t wb_png_lines_block_bytes(const wb_png_lines *lines);

/* Begins a new block behind it. */
void wb_png_lines_close_block(wb_png_lines *lines);

#endif
