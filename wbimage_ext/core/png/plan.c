/* Chooses the plan: a quick look at how flat the image is, then a contest on bands of it.
 * In: a raster. Out: a plan. Ownership: see png/plan.h. */
#include "png/plan.h"

#include "deflate/cost.h"
#include "deflate/count.h"
#include "png/lines.h"

enum {
    LOOK_ROWS = 12,
    FLAT_PERCENT = 50,
    VERY_FLAT_PERCENT = 90,
    BANDS = 4,
    BAND_MIN_ROWS = 3,
    /* A contest looks at a 48th of the image, at most at BANDS_MAX_BYTES. */
    BANDS_PART = 48,
    BANDS_MIN_BYTES = 4 << 10,
    BANDS_MAX_BYTES = 16 << 10,
    TINY_BYTES = 4 << 10, /* a contest would take as long as the rest */
    /* In photographs at most 30 percent of the pixels, where channels are correlated 50 to 80. */
    ECHO_PERCENT = 40,
    ECHO_STEP = 4,
    /* A candidate that has fallen back by this part of the best one's cost is not looked at on more
     * bands: matching takes long where there is nothing to match. */
    HOPELESS_PART = 16,
    RUN_LONG = 8,
    RUN_SHORT = 5
};

/* Counts the bytes that equal the same of the pixel to their left or above, or the byte before: in
 * gray pictures kept as RGB two of three do. */
static size_t count_equal(const uint8_t *row, const uint8_t *above, size_t row_bytes,
                          size_t pixel_bytes)
{
    uint32_t equal = 0;
    for (size_t i = pixel_bytes; i < row_bytes; i++)
        equal += (uint32_t)((row[i] == row[i - pixel_bytes]) | (row[i] == above[i])
                            | (row[i] == row[i - 1]));
    return equal;
}

/* Counts the pixels that differ from the one to their left, and alike in three channels: gray kept
 * as RGB, or gray but for what JPEG made of it. Looks at every ECHO_STEPth. */
static size_t count_echoes(const uint8_t *row, size_t row_bytes, size_t pixel_bytes)
{
    if (pixel_bytes < 3)
        return 0;
    uint32_t echoes = 0;
    for (size_t i = pixel_bytes; i < row_bytes; i += ECHO_STEP * pixel_bytes) {
        const uint8_t *pixel = row + i, *left = pixel - pixel_bytes;
        uint8_t first = (uint8_t)(pixel[0] - left[0]);
        echoes += (uint32_t)((first != 0) & ((uint8_t)(pixel[1] - left[1]) == first)
                             & ((uint8_t)(pixel[2] - left[2]) == first));
    }
    return echoes * pixel_bytes * ECHO_STEP;
}

/* What a look at some rows tells, in percent. */
typedef struct look {
    unsigned flat; /* how much equals its neighbours; in most photographs 10 to 30 */
    unsigned echo; /* how much differs from them alike in all channels */
} look;

static look look_at(const wb_raster *raster, wb_png_rows *rows)
{
    size_t equal = 0, echoes = 0, seen = 0;
    for (size_t k = 0; k < LOOK_ROWS; k++) {
        wb_png_rows_seek(rows, (2 * k + 1) * raster->height / (2 * LOOK_ROWS));
        wb_png_row row = wb_png_rows_next(rows);
        equal += count_equal(row.pixels, row.above, row.size_bytes, raster->channels);
        echoes += count_echoes(row.pixels, row.size_bytes, raster->channels);
        seen += row.size_bytes;
    }
    return (look){(unsigned)(equal * 100 / seen), (unsigned)(echoes * 100 / seen)};
}

/* What a plan would take for the bands, times its weight: after each band for all so far. */
typedef struct band_costs {
    uint64_t after[BANDS];
    size_t count;
} band_costs;

typedef struct candidate {
    wb_png_plan plan;
    unsigned weight;
} candidate;

/* `best` has no bands before the first plan was tried. */
static bool is_hopeless(const band_costs *costs, const band_costs *best)
{
    if (best->count == 0)
        return false;
    size_t last = costs->count - 1;
    return costs->after[last] > best->after[last] + best->after[best->count - 1] / HOPELESS_PART;
}

typedef struct band_layout {
    size_t rows, count;
} band_layout;

static band_layout lay_out_bands(const wb_raster *raster)
{
    size_t line_bytes = raster->width * raster->channels + 1;
    size_t image_bytes = line_bytes * raster->height, wanted_bytes = image_bytes / BANDS_PART;
    wanted_bytes = wanted_bytes < BANDS_MIN_BYTES ? BANDS_MIN_BYTES : wanted_bytes;
    wanted_bytes = wanted_bytes > BANDS_MAX_BYTES ? BANDS_MAX_BYTES : wanted_bytes;
    band_layout bands = {wanted_bytes / BANDS / line_bytes, BANDS};
    if (bands.rows < BAND_MIN_ROWS) { /* wide rows: rather fewer bands */
        bands.rows = BAND_MIN_ROWS;
        bands.count = 1 + wanted_bytes / (bands.rows * line_bytes);
        bands.count = bands.count < BANDS ? bands.count : BANDS;
    }
    if (bands.rows * BANDS >= raster->height)
        bands = (band_layout){raster->height, 1};
    return bands;
}

/* Tries the bands, or the first ones where those show already that it is far from the best. */
static wb_status try_plan(const wb_raster *raster, const candidate *tried, const band_costs *best,
                          wb_cpu cpu, wb_png_scratch *scratch, band_costs *costs)
{
    /* From the first half to the second and back: pages are often one thing above, another below. */
    static const uint8_t ORDER[BANDS] = {0, 2, 1, 3};
    band_layout bands = lay_out_bands(raster);
    wb_png_lines lines;
    wb_status status = wb_png_lines_init(&lines, raster, &tried->plan, cpu, bands.rows, scratch);
    if (status != WB_OK)
        return status;
    uint64_t cost = 0;
    wb_deflate_frequencies frequencies;
    for (costs->count = 0; costs->count < bands.count;) {
        size_t band = bands.count == BANDS ? ORDER[costs->count] : costs->count;
        size_t y = (2 * band + 1) * (raster->height - bands.rows) / (2 * bands.count);
        wb_png_rows_seek(&lines.rows, y == 0 ? 0 : y - 1);
        if (y != 0) { /* a row that is not counted, so that matches find something above */
            wb_png_lines_next(&lines, 1);
            wb_png_lines_advance(&lines, 1);
        }
        wb_deflate_stretch stretch = wb_png_lines_next(&lines, bands.rows);
        wb_deflate_count(&stretch, bands.rows * lines.line_bytes, &frequencies);
        cost += wb_deflate_entropy(&frequencies) * tried->weight;
        costs->after[costs->count++] = cost;
        if (is_hopeless(costs, best))
            return WB_OK;
        wb_png_lines_advance(&lines, bands.rows);
    }
    return WB_OK;
}

/* Their bits are weighted: the slow have to earn it. Plain matching gains more on the image than on
 * the bands, where it has seen little yet. */
enum { RUNS_LONG, RUNS_SHORT, RUNS_UP, MATCHES_PLAIN, MATCHES_FILTERED, CANDIDATES };
static const candidate CANDIDATE[CANDIDATES] = {
    [RUNS_LONG] = {{.filters = WB_PNG_FILTERS_ADAPTIVE, .min_run = RUN_LONG}, 64},
    [RUNS_SHORT] = {{.filters = WB_PNG_FILTERS_ADAPTIVE, .min_run = RUN_SHORT}, 66},
    [RUNS_UP] = {{.filters = WB_PNG_FILTERS_UP, .min_run = RUN_SHORT}, 65},
    [MATCHES_PLAIN] = {{.filters = WB_PNG_FILTERS_NONE, .matched = true}, 60},
    [MATCHES_FILTERED] = {{.filters = WB_PNG_FILTERS_ADAPTIVE, .matched = true}, 68},
};

static const wb_png_plan CORRELATED = {
    .filters = WB_PNG_FILTERS_ADAPTIVE, .matched = true, .correlated = true};

/* Who takes part in a contest, from the fastest to the slowest. */
static const uint8_t FLAT[] = {RUNS_LONG, RUNS_SHORT, MATCHES_PLAIN, MATCHES_FILTERED};
/* Masks: of a label's edge Up leaves a few bytes. */
static const uint8_t VERY_FLAT_GRAY[] = {RUNS_UP, MATCHES_PLAIN};

static wb_status hold_contest(const wb_raster *raster, const uint8_t *entrants, size_t count,
                              wb_cpu cpu, wb_png_scratch *scratch, wb_png_plan *plan)
{
    band_costs best = {.count = 0}, costs = {.count = 0};
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const candidate *tried = &CANDIDATE[entrants[i]];
        wb_status status = try_plan(raster, tried, &best, cpu, scratch, &costs);
        if (status != WB_OK)
            return status;
        uint64_t cost = costs.after[costs.count - 1];
        if (costs.count < best.count || cost >= least)
            continue;
        bool is_clear = cost < least - least / 4;
        best = costs;
        least = cost;
        *plan = tried->plan;
        if (entrants[i] == MATCHES_PLAIN && is_clear)
            break; /* text: filters would only tear it apart */
    }
    return WB_OK;
}

wb_status wb_png_plan_choose(const wb_raster *raster, const wb_png_options *options,
                             wb_png_scratch *scratch, wb_png_plan *plan)
{
    wb_png_rows rows;
    wb_status status = wb_png_rows_init(&rows, raster, scratch);
    if (status != WB_OK)
        return status;
    look seen = look_at(raster, &rows);
    bool is_tiny = raster->width * raster->channels < TINY_BYTES / raster->height;
    bool is_flat = seen.flat >= (is_tiny ? FLAT_PERCENT : VERY_FLAT_PERCENT);
    if (is_flat && (is_tiny || raster->channels != 1))
        *plan = CANDIDATE[MATCHES_PLAIN].plan;
    else if (is_flat)
        status = hold_contest(raster, VERY_FLAT_GRAY, sizeof VERY_FLAT_GRAY, options->cpu, scratch,
                              plan);
    else if (seen.echo >= ECHO_PERCENT)
        *plan = CORRELATED;
    else if (seen.flat >= FLAT_PERCENT)
        status = hold_contest(raster, FLAT, sizeof FLAT, options->cpu, scratch, plan);
    else
        *plan = CANDIDATE[RUNS_LONG].plan;
    return status;
}
