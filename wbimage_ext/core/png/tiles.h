/* Tiles of a part of an image, all as wide as the rows are cut, and what is seen in them.
 * In: rows. Out: places, counts. Ownership: none; works in the rows' buffers. */
#ifndef WB_PNG_TILES_H
#define WB_PNG_TILES_H

#include <stdbool.h>

#include "png/rows.h"

enum { WB_PNG_TILES_MAX_BYTES = 24 << 10 /* lines of all tiles of a part */ };

/* Where the tiles of a part lie: each in other columns than the one before. */
typedef struct wb_png_tiles {
    size_t y, row_count; /* of the part */
    size_t count, rows;  /* of each tile */
    size_t number;       /* of the first */
} wb_png_tiles;

wb_png_tiles wb_png_tiles_lay_out(const wb_png_rows *rows, size_t number, size_t y,
                                  size_t row_count);

/* One tile in the middle of the part, of lines of so many bytes, about. */
wb_png_tiles wb_png_tiles_take_one(const wb_png_rows *rows, const wb_png_tiles *all,
                                   size_t size_bytes);

/* Whether the one tile is the part. */
bool wb_png_tiles_are_whole(const wb_png_rows *rows, const wb_png_tiles *all);

/* Makes the first row of tile `k` the next. */
void wb_png_tiles_seek(wb_png_rows *rows, const wb_png_tiles *all, size_t k);

/* What tiles look like, in 256ths: how many pixels equal one of their neighbours; and how many of
 * the others belong to a pair, or have a colour, that was seen before. */
typedef struct wb_png_look {
    unsigned flat, seen, known;
} wb_png_look;

wb_png_look wb_png_tiles_look(wb_png_rows *rows, const wb_png_tiles *all);

/* How many of the bytes that change do so at a steady rate, in 256ths: from row to row, and along
 * the rows. Up makes the former repeat, Sub the latter. Slopes change at a steady rate, and some
 * smooth content that was enlarged or was a JPEG. */
typedef struct wb_png_steady {
    unsigned down, along;
} wb_png_steady;

wb_png_steady wb_png_tiles_are_steady(wb_png_rows *rows, const wb_png_tiles *all);

/* Whether some rows, over all their columns, repeat in themselves or each other, as one row does in
 * a mosaic or a grid of samples whose pictures are wider than the tiles. */
bool wb_png_do_rows_repeat(const wb_png_rows *rows, size_t y, size_t row_count);

#endif
