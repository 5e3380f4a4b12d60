/* Lays tiles over a part and looks at them.
 * In: rows. Out: places, counts. Ownership: see png/tiles.h. */
#include "png/tiles.h"

#include "base/endian.h"
#include "base/fitted.h"

enum {
    MIN_BYTES = 8 << 10,
    WHOLE_BYTES = 16 << 10, /* parts of so many are one tile */
    MIN_ROWS = 4,
    LOOK_ROWS = 4, /* of all tiles together */
    LOOK_TABLE_BITS = 10,
    STEADY_ROWS = 8, /* of a tile */
    WORD_BYTES = 8
};

/* Whether the rows of a tile are whole. */
static bool has_all_columns(const wb_png_rows *rows)
{
    return rows->size_bytes == rows->raster->width * wb_raster_pixel_bytes(rows->raster);
}

wb_png_tiles wb_png_tiles_lay_out(const wb_png_rows *rows, size_t number, size_t y,
                                  size_t row_count)
{
    const wb_raster *raster = rows->raster;
    size_t line_bytes = rows->size_bytes + 1, most_rows = WB_PNG_TILES_MAX_BYTES / line_bytes;
    size_t tile_count = raster->is_16_bit ? 1 : WB_FIT_TILES;
    size_t share = raster->is_16_bit ? WB_FIT_TILE_SHARE_16 : WB_FIT_TILES_SHARE;
    size_t wanted_bytes = raster->width * wb_raster_pixel_bytes(raster) * row_count / share;
    wanted_bytes = wanted_bytes < MIN_BYTES ? MIN_BYTES : wanted_bytes;
    if (has_all_columns(rows) && row_count <= WHOLE_BYTES / line_bytes)
        wanted_bytes = SIZE_MAX;
    wb_png_tiles all = {y, row_count, tile_count, wanted_bytes / tile_count / line_bytes, number};
    all.rows = all.rows < MIN_ROWS ? MIN_ROWS : all.rows;
    all.rows = all.rows * all.count < most_rows ? all.rows : most_rows / all.count;
    /* Of wide rows, tiles in several columns tell more than one of all rows. */
    const bool is_one_enough = has_all_columns(rows) || row_count < MIN_ROWS;
    if (is_one_enough && all.rows * all.count >= row_count) {
        all.count = 1;
        all.rows = row_count < most_rows ? row_count : most_rows;
    }
    all.rows = all.rows < row_count ? all.rows : row_count;
    return all;
}

wb_png_tiles wb_png_tiles_take_one(const wb_png_rows *rows, const wb_png_tiles *all,
                                   size_t size_bytes)
{
    wb_png_tiles one = *all;
    one.count = 1;
    one.rows = size_bytes / (rows->size_bytes + 1);
    one.rows = one.rows < MIN_ROWS ? MIN_ROWS : one.rows;
    one.rows = one.rows < all->row_count ? one.rows : all->row_count;
    return one;
}

bool wb_png_tiles_are_whole(const wb_png_rows *rows, const wb_png_tiles *all)
{
    return all->rows == all->row_count && has_all_columns(rows);
}

void wb_png_tiles_seek(wb_png_rows *rows, const wb_png_tiles *all, size_t k)
{
    const uint64_t golden_ratio = 40503; /* in 65536ths: columns that are spread evenly */
    size_t pixel_bytes = wb_raster_pixel_bytes(rows->raster);
    uint64_t free_pixels = rows->raster->width - rows->size_bytes / pixel_bytes;
    uint64_t column = (free_pixels + 1) * ((all->number + k) * golden_ratio & 0xffff) >> 16;
    rows->first_byte = (size_t)column * pixel_bytes;
    size_t row = (2 * k + 1) * (all->row_count - all->rows) / (2 * all->count);
    /* The first row of an image has none above it, which may cost more than all others. */
    bool is_first = all->y == 0 && k == 0 && !rows->raster->is_16_bit;
    wb_png_rows_seek(rows, is_first ? 0 : all->y + row);
}

typedef struct look_counts {
    uint32_t pixels, flat, seen, known;
    uint32_t pairs[1 << LOOK_TABLE_BITS], colours[1 << LOOK_TABLE_BITS];
} look_counts;

/* Whether the first `size_bytes` of a word are in the table, where they are put. */
static inline bool is_in_table(uint32_t *table, uint64_t word, size_t size_bytes)
{
    size_bytes = size_bytes < WORD_BYTES ? size_bytes : WORD_BYTES;
    uint64_t hash = word * (UINT64_C(0x9E3779B97F4A7C15) << (64 - 8 * size_bytes));
    uint32_t *slot = &table[hash >> (64 - LOOK_TABLE_BITS)], tag = (uint32_t)(hash >> 20) | 1;
    bool is_in = *slot == tag;
    *slot = tag;
    return is_in;
}

/* In gray a pair is of two bytes each. In 16 bits, where every byte of high bits repeats two bytes
 * on, only flat pixels are looked for. */
static void look_at_row(const wb_png_row *row, bool is_16_bit, look_counts *counts)
{
    size_t step = row->pixel_bytes, before = step == 1 ? 3 : step < 4 ? step : 4;
    size_t first = before > step ? before : step;
    /* Of a word, behind the pixel. */
    const unsigned unused_bits = 8 * (WORD_BYTES - (unsigned)step);
    size_t run_bytes = 0;                               /* like those a pixel before */
    uint32_t pixels = 0, flat = 0, seen = 0, known = 0; /* in registers */
    for (size_t i = first; i + WORD_BYTES <= row->size_bytes; i += step) {
        const uint8_t *pixel = row->pixels + i;
        const uint64_t word = wb_load_le64(pixel);
        const bool is_like_left = (word ^ wb_load_le64(pixel - step)) << unused_bits == 0;
        run_bytes = is_like_left ? run_bytes + step : 0;
        pixels++;
        if (run_bytes >= before + step) { /* the last pair was the same and is in the table */
            flat++;
            continue;
        }
        const bool is_flat = is_like_left
                             | ((word ^ wb_load_le64(row->above + i)) << unused_bits == 0);
        flat += is_flat;
        if (is_16_bit)
            continue;
        seen += is_in_table(counts->pairs, wb_load_le64(pixel - before), before + step) & !is_flat;
        known += is_in_table(counts->colours, word, step) & !is_flat;
    }
    counts->pixels += pixels;
    counts->flat += flat;
    counts->seen += seen;
    counts->known += known;
}

wb_png_look wb_png_tiles_look(wb_png_rows *rows, const wb_png_tiles *all)
{
    look_counts counts = {0};
    size_t look_rows = LOOK_ROWS / all->count < all->rows ? LOOK_ROWS / all->count : all->rows;
    for (size_t k = 0; k < all->count; k++) {
        wb_png_tiles_seek(rows, all, k);
        for (size_t r = 0; r < look_rows; r++) {
            wb_png_row row = wb_png_rows_next(rows);
            look_at_row(&row, rows->raster->is_16_bit, &counts);
        }
    }
    uint32_t others = counts.pixels - counts.flat;
    wb_png_look look = {counts.pixels != 0 ? counts.flat * 256 / counts.pixels : 256, 0, 0};
    if (others != 0) {
        look.seen = counts.seen * 256 / others;
        /* Of gray nearly every value is known. */
        look.known = rows->raster->channels < 3 ? 0 : counts.known * 256 / others;
    }
    return look;
}

/* Of all groups of four bytes, those that differ from the ones before (above or to the left), and
 * those of them that do so by as much as the ones before differ from theirs. */
typedef struct change_counts {
    uint32_t changed, steady;
} change_counts;

/* Of `count` groups, which fit a byte, the first of whose bytes are changes[0] and turns[0]. */
static void count_some_changes(const uint8_t *changes, const uint8_t *turns, size_t count,
                               change_counts *counts)
{
    uint8_t changed = 0, steady = 0; /* of a byte, so that vectors count sixteen groups at once */
    for (size_t i = 0; i < count; i++) {
        const uint8_t change = changes[i] | changes[i + 1] | changes[i + 2] | changes[i + 3];
        const uint8_t turn = turns[i] | turns[i + 1] | turns[i + 2] | turns[i + 3];
        changed = (uint8_t)(changed + (change != 0));
        steady = (uint8_t)(steady + ((change != 0) & (turn == 0)));
    }
    counts->changed += changed;
    counts->steady += steady;
}

/* `turns` are not 0 where a byte changes by another difference than the one before. */
static void count_changes(const uint8_t *changes, const uint8_t *turns, size_t size_bytes,
                          change_counts *counts)
{
    enum { GROUP_BYTES = 4, COUNTED = 240 };
    const size_t groups = size_bytes < GROUP_BYTES ? 0 : size_bytes - GROUP_BYTES + 1;
    for (size_t i = 0, count; i < groups; i += count) {
        count = groups - i < COUNTED ? groups - i : COUNTED;
        count_some_changes(changes + i, turns + i, count, counts);
    }
}

/* `changes` holds how each byte above changed, and gets how those of the row do. */
static void count_changes_down(const wb_png_row *row, uint8_t *changes, change_counts *counts)
{
    uint8_t turns[WB_FIT_TILE_BYTES];
    for (size_t i = 0; i < row->size_bytes; i++) {
        uint8_t change = (uint8_t)(row->pixels[i] - row->above[i]);
        turns[i] = change ^ changes[i];
        changes[i] = change;
    }
    count_changes(changes, turns, row->size_bytes, counts);
}

static void count_changes_along(const wb_png_row *row, change_counts *counts)
{
    const size_t step = row->pixel_bytes;
    const uint8_t *pixels = row->pixels;
    uint8_t changes[WB_FIT_TILE_BYTES], turns[WB_FIT_TILE_BYTES];
    size_t count = 0;
    for (size_t i = 2 * step; i < row->size_bytes; i++, count++) {
        changes[count] = (uint8_t)(pixels[i] - pixels[i - step]);
        turns[count] = changes[count] ^ (uint8_t)(pixels[i - step] - pixels[i - 2 * step]);
    }
    count_changes(changes, turns, count, counts);
}

static unsigned steady_share(const change_counts *counts)
{
    return counts->changed == 0 ? 0 : (unsigned)((uint64_t)counts->steady * 256 / counts->changed);
}

wb_png_steady wb_png_tiles_are_steady(wb_png_rows *rows, const wb_png_tiles *all)
{
    change_counts down = {0, 0}, along = {0, 0};
    wb_png_tiles some = *all;
    if (some.rows > STEADY_ROWS) {
        some.rows = STEADY_ROWS;
        some.y++; /* above the first row there is nothing that it changes from */
        some.row_count--;
    }
    for (size_t k = 0; k < some.count; k++) {
        uint8_t changes[WB_FIT_TILE_BYTES] = {0};
        wb_png_tiles_seek(rows, &some, k);
        for (size_t r = 0; r < some.rows; r++) {
            wb_png_row row = wb_png_rows_next(rows);
            count_changes_down(&row, changes, &down);
            count_changes_along(&row, &along);
        }
    }
    return (wb_png_steady){steady_share(&down), steady_share(&along)};
}

bool wb_png_do_rows_repeat(const wb_png_rows *rows, size_t y, size_t row_count)
{
    enum { TABLE_BITS = 12 };
    uint32_t table[1 << TABLE_BITS] = {0};
    const wb_raster *raster = rows->raster;
    size_t step = wb_raster_pixel_bytes(raster), row_bytes = raster->width * step;
    /* Of long rows some places, chosen by what is there: a table of all forgets too soon. */
    size_t every = 1, places = 0, repeats = 0;
    while (raster->width * row_count >> TABLE_BITS >= every)
        every *= 2;
    for (const size_t end = y + row_count; y < end; y++) {
        const uint8_t *row = raster->row(raster->context, y, rows->buffers[0]);
        for (size_t i = step; i + WORD_BYTES <= row_bytes; i += step) {
            uint64_t word = wb_load_le64(row + i);
            if (word == wb_load_le64(row + i - step)) /* flat */
                continue;
            uint64_t hash = word * UINT64_C(0x9E3779B97F4A7C15);
            if ((hash >> 16 & (every - 1)) != 0)
                continue;
            uint32_t *slot = &table[hash >> (64 - TABLE_BITS)], tag = (uint32_t)(hash >> 16) | 1;
            places++;
            repeats += *slot == tag;
            *slot = tag;
        }
    }
    return repeats * 256 > places * WB_FIT_ROW_REPEATS;
}
