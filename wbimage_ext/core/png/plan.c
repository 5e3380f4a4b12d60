/* Looks at tiles of a part; where that does not tell, tries the plans on them and takes the one
 * with the least cost. In: a raster. Out: a plan. Ownership: see png/plan.h. */
#include "png/plan.h"

#include "base/endian.h"
#include "base/fitted.h"
#include "deflate/cost.h"
#include "deflate/count.h"

enum {
    SMALL_TILE_BYTES = 3 << 10,
    TALL_TILE_BYTES = 8 << 10,
    MORE_PLANS_MIN_BYTES = 4 << 10,
    SMALL_BYTES = 64 << 10, /* an image of so many is coded at once if it may be a photograph */
    NOISE_BYTES = 8 << 10   /* of noise, of which so many repeat or not */
};

static const uint64_t WEIGHTS[WB_PNG_PLANS] = {
    [WB_PNG_RUNS] = WB_FIT_WEIGHT_RUNS,
    [WB_PNG_FILTERED] = WB_FIT_WEIGHT_FILTERED,
    [WB_PNG_PLAIN] = WB_FIT_WEIGHT_PLAIN,
    [WB_PNG_NONE_RUNS] = WB_FIT_WEIGHT_RUNS,
    [WB_PNG_SUB_MATCHES] = WB_FIT_WEIGHT_ONE_FILTER,
    [WB_PNG_UP_MATCHES] = WB_FIT_WEIGHT_ONE_FILTER,
};

static const uint64_t WEIGHTS_16[WB_PNG_PLANS] = {
    [WB_PNG_RUNS] = WB_FIT_WEIGHT_RUNS,
    [WB_PNG_FILTERED] = WB_FIT_WEIGHT_RUNS,
    [WB_PNG_PLAIN] = WB_FIT_WEIGHT_RUNS,
    [WB_PNG_NONE_RUNS] = WB_FIT_WEIGHT_NONE_RUNS_16,
    [WB_PNG_PAETH_RUNS] = WB_FIT_WEIGHT_RUNS,
    [WB_PNG_SUB_MATCHES] = WB_FIT_WEIGHT_RUNS,
    [WB_PNG_UP_MATCHES] = WB_FIT_WEIGHT_UP_MATCHES_16,
};

wb_status wb_png_planner_init(wb_png_planner *planner, const wb_raster *raster, wb_cpu cpu,
                              wb_png_buffers *buffers)
{
    size_t pixel_bytes = wb_raster_pixel_bytes(raster), row_bytes = raster->width * pixel_bytes;
    size_t tile_bytes = WB_FIT_TILE_BYTES / pixel_bytes * pixel_bytes;
    tile_bytes = tile_bytes < row_bytes ? tile_bytes : row_bytes;
    wb_png_room room = {.part_bytes = WB_PNG_TILES_MAX_BYTES};
    if (tile_bytes == row_bytes && tile_bytes + 1 <= WB_PNG_TILES_MAX_BYTES / raster->height)
        room.part_bytes = raster->height * (tile_bytes + 1);
    wb_status status = wb_png_lines_init(&planner->trial, raster, tile_bytes, room, cpu, buffers);
    wb_png_planner_restart(planner);
    return status;
}

void wb_png_planner_restart(wb_png_planner *planner)
{
    planner->tile_number = 0;
    planner->has_plan = planner->is_photo = false;
    planner->plan = WB_PNG_RUNS;
    planner->rivals = 0;
    planner->parts_since = 0;
    memset(planner->costs, 0, sizeof planner->costs);
}

static bool is_near(unsigned a, unsigned b, unsigned margin)
{
    return a < b + margin && b < a + margin;
}

/* Bits of a block of its own, about. */
static uint64_t block_cost(const wb_deflate_counts *counts)
{
    const uint64_t dynamic = counts->entropy_bits + wb_deflate_codes_cost(counts);
    const uint64_t fixed = wb_deflate_cost_fixed(&counts->frequencies);
    return dynamic < fixed ? dynamic : fixed;
}

/* Makes the matcher's tables as large as a search in the tiles needs: they are cleared for each. */
static void fit_tables(wb_png_lines *trial, const wb_png_tiles *all)
{
    const wb_deflate_matcher *matcher = &trial->matcher;
    wb_deflate_matcher_init(&trial->matcher, matcher->tables,
                            all->count * all->rows * trial->line_bytes, matcher->line_bytes,
                            matcher->step_bytes, matcher->is_fine);
}

/* A cost with what the search for matches in the tiles takes. */
static uint64_t add_search(const wb_png_lines *trial, uint64_t cost)
{
    uint64_t search = trial->rows.raster->is_16_bit ? WB_FIT_WEIGHT_SEARCH_16
                                                    : WB_FIT_WEIGHT_SEARCH;
    size_t size_bytes = wb_png_lines_block_bytes(trial);
    return cost + cost * trial->matcher.searches / size_bytes * search / 1000;
}

/* What a plan would take for the tiles. Where they are the whole part, that is what it takes. The
 * search in a whole image is not made again. */
static uint64_t try_plan(wb_png_lines *trial, const wb_png_tiles *all, wb_png_plan plan,
                         wb_deflate_counts *counts)
{
    const wb_raster *raster = trial->rows.raster;
    const bool are_whole = wb_png_tiles_are_whole(&trial->rows, all);
    wb_png_lines_restart(trial, all->y);
    for (size_t k = 0; k < all->count; k++) {
        wb_png_tiles_seek(&trial->rows, all, k);
        wb_png_lines_add(trial, plan, all->rows);
    }
    wb_deflate_stretch block = wb_png_lines_block(trial);
    size_t size_bytes = wb_png_lines_block_bytes(trial);
    wb_deflate_count(&block, size_bytes, counts);
    const uint64_t weight = (raster->is_16_bit ? WEIGHTS_16 : WEIGHTS)[plan];
    uint64_t cost = are_whole ? block_cost(counts) * WB_FIT_WEIGHT_RUNS
                              : counts->entropy_bits * weight;
    return are_whole && all->row_count == raster->height ? cost : add_search(trial, cost);
}

static bool looks_like_photo(const wb_raster *raster, const wb_png_look *look)
{
    return !raster->is_16_bit && look->flat < WB_FIT_PHOTO_FLAT && look->seen < WB_FIT_PHOTO_SEEN
           && look->known < WB_FIT_PHOTO_KNOWN;
}

/* Whether what looks like a photograph takes as much. What is smooth looks the same, but takes
 * little, and less with matches. */
static bool takes_much(const wb_png_lines *lines, uint64_t cost_bits)
{
    return cost_bits > wb_png_lines_block_bytes(lines) * (uint64_t)WB_FIT_PHOTO_BITS / 16;
}

/* Whether matches save much, on a small tile: what repeats may look like a photograph, too. */
static bool do_matches_pay(wb_png_lines *trial, const wb_png_tiles *all)
{
    wb_deflate_counts counts;
    const wb_png_tiles one = wb_png_tiles_take_one(&trial->rows, all, SMALL_TILE_BYTES);
    uint64_t runs = try_plan(trial, &one, WB_PNG_RUNS, &counts);
    uint64_t filtered = try_plan(trial, &one, WB_PNG_FILTERED, &counts);
    return filtered < runs / 100 * WB_FIT_PHOTO_PERCENT;
}

/* Whether matches in rows that are filtered alike save much in what looks like a photograph. The
 * planner gets their prices. */
static bool do_steady_matches_pay(wb_png_planner *planner, const wb_png_tiles *all,
                                  wb_png_plan plan)
{
    wb_png_lines *trial = &planner->trial;
    const wb_png_tiles one = wb_png_tiles_take_one(&trial->rows, all, TALL_TILE_BYTES);
    wb_deflate_counts runs, matches;
    try_plan(trial, &one, WB_PNG_RUNS, &runs);
    try_plan(trial, &one, plan, &matches);
    wb_deflate_prices_set(&planner->prices, &matches.frequencies);
    return matches.entropy_bits < runs.entropy_bits / 100 * WB_FIT_STEADY_PERCENT;
}

/* The plans that were tried on some tiles. */
typedef struct contest {
    wb_png_planner *planner;
    const wb_png_tiles *all;
    wb_png_plan last;             /* of the part before */
    uint64_t least;               /* of the costs, with those of earlier parts */
    uint64_t costs[WB_PNG_PLANS]; /* of the tiles; of others UINT64_MAX */
    wb_deflate_counts counts[2];  /* of the best plan so far, and of one more */
    int best;
    wb_png_lines *whole; /* gets the lines and tokens of the best plan, if it is not NULL */
} contest;

static void contest_init(contest *to, wb_png_planner *planner, const wb_png_tiles *all,
                         wb_png_lines *whole)
{
    to->planner = planner;
    to->all = all;
    to->last = planner->plan;
    to->least = UINT64_MAX;
    to->best = 0;
    to->whole = whole;
    for (int plan = 0; plan < WB_PNG_PLANS; plan++)
        to->costs[plan] = UINT64_MAX;
}

/* Of the next part. Returns what a plan costs with earlier parts, the last counting most. */
static uint64_t add_cost(wb_png_planner *planner, wb_png_plan plan, uint64_t cost)
{
    planner->costs[plan] = planner->costs[plan] * WB_FIT_MEMORY_QUARTERS / 4 + cost;
    return planner->costs[plan];
}

/* A plan whose cost here is `cost`, for which counts[1 - best] stand. */
static void judge_plan(contest *in, wb_png_plan plan, uint64_t cost)
{
    wb_png_planner *planner = in->planner;
    in->costs[plan] = cost;
    cost = add_cost(planner, plan, cost);
    if (planner->has_plan && in->last == plan)
        cost -= cost / WB_FIT_CHANGE_SHARE;
    if (cost >= in->least)
        return;
    in->least = cost;
    planner->plan = plan;
    planner->rivals = 0;
    in->best = 1 - in->best;
    if (in->whole != NULL)
        wb_png_lines_copy(in->whole, &planner->trial);
}

static void enter_plan(contest *in, wb_png_plan plan)
{
    uint64_t cost = try_plan(&in->planner->trial, in->all, plan, &in->counts[1 - in->best]);
    judge_plan(in, plan, cost);
}

/* Of c * log2(c), where c, at least 1, grows by one. */
static inline uint32_t gain_of_one(uint32_t c)
{
    return (c + 1) * wb_log2_fixed(c + 1) - c * wb_log2_fixed(c);
}

/* What matches cost where a whole window lies before them, of which a tile shows too little. Few
 * residuals, as of 12 bits that were spread over 16, repeat in some pixels wherever 2^14 pixels are
 * searched: a match takes the place of 14 bits of the pixels' entropy. */
static uint64_t estimate_matches(const wb_png_lines *trial)
{
    enum { TABLE_BITS = 12, PIXEL_BYTES = 2, GAINS = 32 };
    uint16_t counts[1 << TABLE_BITS] = {0};
    uint32_t gains[GAINS] = {0}; /* of c * log2(c), where c grows by one */
    uint32_t pixels = 0;
    uint64_t spent = 0;
    for (uint32_t c = 1; c < GAINS; c++)
        gains[c] = gain_of_one(c);
    for (const uint8_t *line = trial->bytes; line < trial->bytes + trial->end;
         line += trial->line_bytes)
        for (size_t i = 1; i < trial->line_bytes; i += PIXEL_BYTES, pixels++) {
            const uint32_t product = wb_load_le16(line + i) * 40503u & 0xffff;
            const uint32_t c = counts[product >> (16 - TABLE_BITS)]++;
            spent += c < GAINS ? gains[c] : gain_of_one(c);
        }
    uint64_t bits = ((uint64_t)pixels * wb_log2_fixed(pixels) - spent) >> 8;
    return bits * WB_FIT_MATCHED_ENTROPY_16 / 14 * WB_FIT_WEIGHT_RUNS;
}

/* Whether the last plan's matches take the place of more than one in `share` bytes. */
static bool are_many_matched(const wb_png_lines *trial, size_t share)
{
    const size_t size_bytes = wb_png_lines_block_bytes(trial);
    return size_bytes - trial->symbols > size_bytes / share;
}

/* What runs cost at least, of the plans for 16 bits. */
static uint64_t runs_cost_16(const contest *in)
{
    const uint64_t *costs = in->costs;
    uint64_t least = costs[WB_PNG_RUNS];
    least = costs[WB_PNG_PAETH_RUNS] < least ? costs[WB_PNG_PAETH_RUNS] : least;
    return costs[WB_PNG_NONE_RUNS] < least ? costs[WB_PNG_NONE_RUNS] : least;
}

/* Matches in rows that are filtered alike. Where they win in the tile, or find nothing, it tells
 * enough. */
static void enter_matches_16(contest *in, wb_png_plan plan)
{
    const wb_png_lines *trial = &in->planner->trial;
    const wb_raster *raster = trial->rows.raster;
    uint64_t cost = try_plan(&in->planner->trial, in->all, plan, &in->counts[1 - in->best]);
    uint64_t estimate = UINT64_MAX;
    if (raster->channels == 1 && raster->width * in->all->row_count >= WB_DEFLATE_WINDOW_BYTES
        && cost >= runs_cost_16(in) && are_many_matched(trial, WB_FIT_SOME_MATCHED_16))
        estimate = add_search(trial, estimate_matches(trial));
    judge_plan(in, plan, estimate < cost ? estimate : cost);
    in->costs[plan] = cost;
}

static void enter_plan_if(contest *in, bool may_be_best, wb_png_plan plan)
{
    if (may_be_best)
        enter_plan(in, plan);
    else
        add_cost(in->planner, plan, in->costs[WB_PNG_FILTERED]);
}

/* Where each row's own filter is best, or pixels change at a steady rate, one filter for all rows
 * may be better: a change of filters ends what repeats. Elsewhere these plans cost, to later parts,
 * what own filters do. */
static void enter_one_filter(contest *in)
{
    const wb_png_steady steady = wb_png_tiles_are_steady(&in->planner->trial.rows, in->all);
    const uint64_t filtered = in->costs[WB_PNG_FILTERED];
    bool may_be_best = filtered <= in->costs[WB_PNG_PLAIN] && filtered <= in->costs[WB_PNG_RUNS]
                       && wb_png_lines_block_bytes(&in->planner->trial) >= MORE_PLANS_MIN_BYTES;
    may_be_best |= in->last == WB_PNG_UP_MATCHES || in->last == WB_PNG_SUB_MATCHES;
    enter_plan_if(in, may_be_best || steady.down >= WB_FIT_STEADY, WB_PNG_UP_MATCHES);
    enter_plan_if(in, may_be_best || steady.along >= WB_FIT_STEADY, WB_PNG_SUB_MATCHES);
}

/* Whether tiles that take so much with plain matches show more than a flat ground. */
static bool do_tiles_show(const wb_png_lines *trial, uint64_t plain, unsigned bytes_per_bit)
{
    return plain / WB_FIT_WEIGHT_PLAIN * bytes_per_bit > wb_png_lines_block_bytes(trial);
}

/* Adds a plan to the rivals if it takes less than so many bits in the tiles. */
static void add_rival(contest *in, wb_png_plan plan, uint64_t most_bits)
{
    wb_deflate_counts counts;
    try_plan(&in->planner->trial, in->all, plan, &counts);
    if (counts.entropy_bits < most_bits)
        in->planner->rivals |= 1u << plan;
}

/* Where matches won but runs take less: tiles easily miss what repeats, so that the part itself has
 * to tell. */
static void add_rivals(contest *in, bool is_figure)
{
    const wb_png_plan plan = in->planner->plan;
    const uint64_t most_bits = in->costs[plan] / WEIGHTS[plan] * WB_FIT_RIVAL_SHARE / 64;
    if (plan == WB_PNG_PLAIN)
        add_rival(in, WB_PNG_NONE_RUNS, most_bits);
    if (is_figure)
        add_rival(in, WB_PNG_RUNS, most_bits);
}

/* For 8 bits. Returns whether the tiles show enough to tell for the next parts, too. */
static bool hold_contest_8(contest *in, bool is_figure)
{
    wb_png_planner *planner = in->planner;
    wb_png_lines *trial = &planner->trial;
    uint64_t plain = try_plan(trial, in->all, WB_PNG_PLAIN, &in->counts[1 - in->best]);
    const bool do_show = do_tiles_show(trial, plain, WB_FIT_SHOW_BYTES);
    if (is_figure && !do_show) {
        in->best = 1 - in->best;
        if (planner->plan == WB_PNG_RUNS)
            planner->plan = WB_PNG_PLAIN;
        return false;
    }
    judge_plan(in, WB_PNG_PLAIN, plain);
    enter_plan(in, WB_PNG_FILTERED);
    if (!is_figure)
        enter_plan(in, WB_PNG_RUNS);
    enter_one_filter(in);
    if (do_show)
        add_rivals(in, is_figure);
    return do_tiles_show(trial, plain, WB_FIT_SHOW_MUCH_BYTES);
}

/* Whether an image that is tried whole has enough to save: more than a bit for four bytes. */
static bool are_more_plans_worth_it(const contest *in)
{
    return in->least / WB_FIT_WEIGHT_RUNS * 4 > wb_png_lines_block_bytes(&in->planner->trial);
}

/* Whether the last plan chose Paeth for all rows. */
static bool is_all_paeth(const wb_png_lines *trial)
{
    const uint8_t *line = trial->bytes;
    while (line < trial->bytes + trial->end && *line == WB_PNG_PAETH)
        line += trial->line_bytes;
    return line == trial->bytes + trial->end;
}

/* In 16 bits the low bytes are noise to a choice of filters by their residuals, and a change of
 * filters ends what repeats: one filter for all rows is often better. Of plans that cost the same
 * the first wins: above the first row there is nothing to subtract. Matches are tried with the
 * filter that leaves less, and with others where they win or cover most bytes. */
static void hold_contest_16(contest *in, bool is_figure)
{
    wb_png_planner *planner = in->planner;
    const uint64_t *costs = in->costs;
    bool is_up = false;
    if (!is_figure) {
        enter_plan(in, WB_PNG_RUNS);
        is_up = planner->trial.sums[WB_PNG_UP] < planner->trial.sums[WB_PNG_SUB];
        if (is_all_paeth(&planner->trial))
            add_cost(planner, WB_PNG_PAETH_RUNS, costs[WB_PNG_RUNS]);
        else
            enter_plan(in, WB_PNG_PAETH_RUNS);
        enter_plan(in, WB_PNG_NONE_RUNS);
    }
    const wb_png_plan first = is_up ? WB_PNG_UP_MATCHES : WB_PNG_SUB_MATCHES;
    const wb_png_plan second = is_up ? WB_PNG_SUB_MATCHES : WB_PNG_UP_MATCHES;
    enter_matches_16(in, first);
    if (is_figure || planner->plan == first
        || are_many_matched(&planner->trial, WB_FIT_MOST_MATCHED_16)) {
        enter_matches_16(in, second);
        enter_plan(in, WB_PNG_FILTERED);
        enter_plan(in, WB_PNG_PLAIN);
    } else {
        add_cost(planner, second, costs[first]);
        add_cost(planner, WB_PNG_FILTERED, costs[WB_PNG_RUNS]);
        add_cost(planner, WB_PNG_PLAIN, costs[WB_PNG_NONE_RUNS]);
    }
}

static void take_photo(wb_png_planner *planner, wb_png_plan plan)
{
    planner->is_photo = plan != WB_PNG_FILTERED;
    planner->has_plan = true;
    planner->plan = plan;
    planner->rivals = 0;
    planner->parts_since = WB_FIT_KEEP_PARTS;
    memset(planner->costs, 0, sizeof planner->costs);
}

/* Whether tiles that may be of a photograph are. */
static bool are_of_photo(wb_png_planner *planner, const wb_png_tiles *all)
{
    wb_deflate_counts counts;
    uint64_t cost = try_plan(&planner->trial, all, WB_PNG_RUNS, &counts);
    return takes_much(&planner->trial, cost / WB_FIT_WEIGHT_RUNS)
           && (planner->is_photo || !do_matches_pay(&planner->trial, all));
}

/* Codes a small image that may be a photograph as one, and tells whether it is. */
static bool code_small_photo(wb_png_planner *planner, const wb_png_tiles *all, wb_png_lines *lines)
{
    wb_png_lines_add(lines, WB_PNG_RUNS, all->row_count);
    wb_deflate_stretch block = wb_png_lines_block(lines);
    size_t size_bytes = wb_png_lines_block_bytes(lines);
    wb_deflate_count(&block, size_bytes, &planner->counts);
    lines->counts = &planner->counts;
    uint64_t cost_bits = planner->counts.entropy_bits;
    const bool is_noise = cost_bits + cost_bits / 32 >= (uint64_t)8 * size_bytes;
    size_t rows = NOISE_BYTES / lines->line_bytes + 1;
    rows = rows < all->row_count ? rows : all->row_count;
    if (is_noise ? !wb_png_do_rows_repeat(&planner->trial.rows, 0, rows)
                 : takes_much(lines, cost_bits) && !do_matches_pay(&planner->trial, all))
        return true;
    wb_png_lines_restart(lines, 0);
    return false;
}

/* Whether the last plan's runs left bytes that matches may save. */
static bool do_rests_repeat(const wb_png_lines *trial)
{
    const wb_deflate_stretch block = wb_png_lines_block(trial);
    return wb_deflate_do_literals_repeat(&block, WB_FIT_REPEATS_SHARE);
}

/* Of gray. Runs tell, with filters and without, whether what they leave repeats: there matches are
 * searched, with filters or without, or both where runs cost about the same. */
static void hold_contest_gray(contest *in)
{
    const wb_png_lines *trial = &in->planner->trial;
    const uint64_t *costs = in->costs;
    enter_plan(in, WB_PNG_NONE_RUNS);
    const bool does_plain_repeat = do_rests_repeat(trial);
    enter_plan(in, WB_PNG_RUNS);
    const uint64_t filtered = costs[WB_PNG_RUNS], plain = costs[WB_PNG_NONE_RUNS];
    const bool is_filtered_matched = filtered <= plain + plain / WB_FIT_BOTH_SHARE
                                     && do_rests_repeat(trial);
    if (plain < filtered + filtered / WB_FIT_BOTH_SHARE && does_plain_repeat)
        enter_plan(in, WB_PNG_PLAIN);
    if (is_filtered_matched)
        enter_plan(in, WB_PNG_FILTERED);
}

/* Of colours, which repeat where runs do not tell. */
static void hold_contest_colours(contest *in)
{
    wb_png_rows *rows = &in->planner->trial.rows;
    const wb_png_look look = wb_png_tiles_look(rows, in->all);
    enter_plan(in, WB_PNG_RUNS);
    enter_plan(in, WB_PNG_FILTERED);
    if (!looks_like_photo(rows->raster, &look)) {
        enter_plan(in, WB_PNG_PLAIN);
        enter_plan(in, WB_PNG_NONE_RUNS);
    }
}

/* Codes an image that is tried whole by each plan that may suit it; `lines` gets the best. */
static void code_whole(wb_png_planner *planner, const wb_png_tiles *all, wb_png_lines *lines)
{
    const wb_raster *raster = planner->trial.rows.raster;
    contest here;
    contest_init(&here, planner, all, lines);
    if (raster->is_16_bit) {
        hold_contest_16(&here, false);
    } else {
        if (raster->channels == 1)
            hold_contest_gray(&here);
        else
            hold_contest_colours(&here);
        if (are_more_plans_worth_it(&here))
            enter_one_filter(&here);
    }
    planner->counts = here.counts[here.best];
    if (lines != NULL)
        lines->counts = &planner->counts;
}

/* Takes a plan of one filter for a photograph that changes at a steady rate, if it was the last
 * part's or its matches save much. Returns whether it did. */
static bool take_one_filter(wb_png_planner *planner, const wb_png_tiles *all, unsigned steady,
                            wb_png_plan plan, wb_png_choice *choice)
{
    const bool was_taken = planner->has_plan && planner->plan == plan;
    if (steady < WB_FIT_STEADY || !(was_taken || do_steady_matches_pay(planner, all, plan)))
        return false;
    take_photo(planner, plan);
    *choice = was_taken ? WB_PNG_CHOSEN : WB_PNG_PRICED;
    return true;
}

/* The plan of a photograph: runs, or matches where it changes at a steady rate. */
static wb_png_choice choose_for_photo(wb_png_planner *planner, const wb_png_tiles *all,
                                      wb_png_steady steady)
{
    wb_png_choice choice = WB_PNG_CHOSEN;
    if (take_one_filter(planner, all, steady.down, WB_PNG_UP_MATCHES, &choice)
        || take_one_filter(planner, all, steady.along, WB_PNG_SUB_MATCHES, &choice))
        return choice;
    take_photo(planner, WB_PNG_RUNS);
    return choice;
}

/* Whether the part before held a contest not long ago, and looked the same. */
static bool does_plan_serve(const wb_png_planner *planner, const wb_png_look *look)
{
    const bool is_16_bit = planner->trial.rows.raster->is_16_bit;
    return planner->has_plan && planner->parts_since < WB_FIT_KEEP_PARTS
           && is_near(look->flat, planner->look.flat,
                      is_16_bit ? WB_FIT_KEEP_FLAT_16 : WB_FIT_KEEP_FLAT)
           && is_near(look->seen, planner->look.seen, WB_FIT_KEEP_SEEN);
}

static void choose_by_contest(wb_png_planner *planner, const wb_png_tiles *all,
                              const wb_png_look *look, bool does_repeat)
{
    /* Tiles easily miss what repeats in a figure: there runs are no candidate. */
    bool is_figure = look->flat >= WB_FIT_FIGURE_FLAT
                     && !wb_png_tiles_are_whole(&planner->trial.rows, all);
    is_figure |= does_repeat;
    bool does_tell = true;
    contest here;
    contest_init(&here, planner, all, NULL);
    if (planner->trial.rows.raster->is_16_bit)
        hold_contest_16(&here, is_figure);
    else
        does_tell = hold_contest_8(&here, is_figure);
    wb_deflate_prices_set(&planner->prices, &here.counts[here.best].frequencies);
    planner->has_plan = true;
    planner->look = *look;
    planner->parts_since = does_tell ? 1 : WB_FIT_KEEP_PARTS;
}

/* Whether one of two rows repeats in itself: one may lie between the pictures of a mosaic. */
static bool does_a_row_repeat(const wb_png_rows *rows, size_t y, size_t row_count)
{
    return wb_png_do_rows_repeat(rows, y + row_count / 2, 1)
           || wb_png_do_rows_repeat(rows, y + row_count / 3, 1);
}

wb_png_choice wb_png_planner_choose(wb_png_planner *planner, size_t y, size_t row_count,
                                    wb_png_lines *lines)
{
    wb_png_rows *rows = &planner->trial.rows;
    const wb_raster *raster = rows->raster;
    wb_png_tiles all = wb_png_tiles_lay_out(rows, planner->tile_number, y, row_count);
    fit_tables(&planner->trial, &all);
    planner->tile_number += all.count;
    bool is_image = row_count == raster->height;
    if (is_image && wb_png_tiles_are_whole(rows, &all)) {
        code_whole(planner, &all, lines);
        return WB_PNG_CODED;
    }
    wb_png_look look = wb_png_tiles_look(rows, &all);
    bool may_be_photo = looks_like_photo(raster, &look);
    size_t row_bytes = raster->width * wb_raster_pixel_bytes(raster);
    wb_png_steady steady = {0, 0};
    bool does_repeat = false;
    if (may_be_photo) {
        steady = wb_png_tiles_are_steady(rows, &all);
        does_repeat = does_a_row_repeat(rows, y, row_count);
        may_be_photo = !does_repeat;
    }
    const bool is_steady = steady.down >= WB_FIT_STEADY || steady.along >= WB_FIT_STEADY;
    if (does_repeat && !is_steady) {
        take_photo(planner, WB_PNG_FILTERED);
        return WB_PNG_CHOSEN;
    }
    if (lines != NULL && is_image && row_count <= SMALL_BYTES / row_bytes) {
        if (may_be_photo && !is_steady && code_small_photo(planner, &all, lines))
            return WB_PNG_CODED;
    } else if (may_be_photo && are_of_photo(planner, &all)) {
        return choose_for_photo(planner, &all, steady);
    }
    planner->is_photo = false;
    if (does_plan_serve(planner, &look)) {
        planner->parts_since++;
        return WB_PNG_CHOSEN;
    }
    choose_by_contest(planner, &all, &look, does_repeat);
    return WB_PNG_PRICED;
}
