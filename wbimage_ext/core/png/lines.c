/* Filters rows into lines and finds their tokens, as a plan says.
 * In: rows. Out: a block of lines with tokens. Ownership: see png/lines.h. */
#include "png/lines.h"

#include <string.h>

#include "base/fitted.h"

/* The filter of a plan's rows, CHOSEN for each row or the same for all, and whether matches of any
 * distance are searched. */
#define CHOSEN WB_PNG_FILTER_COUNT
static const struct {
    wb_png_filter filter;
    bool is_matched;
} PLANS[WB_PNG_PLANS] = {
    [WB_PNG_RUNS] = {CHOSEN, false},
    [WB_PNG_FILTERED] = {CHOSEN, true},
    [WB_PNG_PLAIN] = {WB_PNG_NONE, true},
    [WB_PNG_NONE_RUNS] = {WB_PNG_NONE, false},
    [WB_PNG_PAETH_RUNS] = {WB_PNG_PAETH, false},
    [WB_PNG_SUB_MATCHES] = {WB_PNG_SUB, true},
    [WB_PNG_UP_MATCHES] = {WB_PNG_UP, true},
};

wb_status wb_png_lines_init(wb_png_lines *lines, const wb_raster *raster, size_t size_bytes,
                            wb_png_room room, wb_cpu cpu, wb_png_buffers *buffers)
{
    *lines = (wb_png_lines){.cpu = cpu, .line_bytes = size_bytes + 1};
    wb_status status = wb_png_rows_init(&lines->rows, raster, &buffers->rows);
    if (status != WB_OK)
        return status;
    lines->rows.size_bytes = size_bytes;
    if (room.part_bytes < lines->line_bytes)
        room.part_bytes = lines->line_bytes;
    /* Every run and match has at least WB_DEFLATE_MIN_MATCH bytes. */
    size_t tokens = room.open_symbols + room.part_bytes / WB_DEFLATE_MIN_MATCH + 2;
    size_t token_bytes;
    size_t block_bytes, all_bytes;
    if (!wb_multiply(tokens, sizeof *lines->tokens, &token_bytes)
        || !wb_add(room.part_bytes, room.open_bytes, &block_bytes)
        || !wb_add(block_bytes, WB_DEFLATE_WINDOW_BYTES + WB_DEFLATE_SLACK_BYTES, &all_bytes))
        return WB_OUT_OF_MEMORY;
    status = wb_bytes_renew(&buffers->filtered, all_bytes);
    if (status == WB_OK)
        status = wb_bytes_renew(&buffers->tokens, token_bytes);
    if (status == WB_OK)
        status = wb_bytes_renew(&buffers->tables, wb_deflate_matcher_size(block_bytes));
    if (status != WB_OK)
        return status;
    lines->bytes = buffers->filtered.data;
    lines->tokens = (wb_deflate_token *)(void *)buffers->tokens.data;
    wb_deflate_matcher_init(&lines->matcher, buffers->tables.data, block_bytes, lines->line_bytes,
                            wb_raster_pixel_bytes(raster), raster->is_16_bit);
    return WB_OK;
}

void wb_png_lines_restart(wb_png_lines *lines, size_t y)
{
    wb_png_rows_seek(&lines->rows, y);
    lines->start = lines->end = 0;
    lines->token_count = lines->symbols = 0;
    lines->counts = NULL;
    lines->has_prices = false;
    memset(lines->scores, 0, sizeof lines->scores);
    memset(lines->sums, 0, sizeof lines->sums);
    wb_deflate_matcher_clear(&lines->matcher);
}

/* Sums the residuals of each filter. A row is mostly like the ones above it: with three quarters
 * of their sums added, a sample of it chooses as well as a larger one alone. Each row has its
 * sample at other places. */
static void score_filters(wb_png_lines *lines, wb_png_row row, uint64_t scores[WB_PNG_FILTER_COUNT])
{
    if (row.size_bytes < WB_FIT_SHORT_ROW_BYTES) {
        wb_png_filter_scores(&row, 1, lines->cpu, scores);
        return;
    }
    size_t step = row.size_bytes < WB_FIT_LONG_ROW_BYTES ? WB_FIT_ROW_STEP : WB_FIT_LONG_ROW_STEP;
    size_t skipped_bytes = (lines->rows.y + 1) % step * WB_PNG_SCORE_CHUNK_BYTES;
    row.pixels += skipped_bytes;
    row.above += skipped_bytes;
    row.size_bytes -= skipped_bytes;
    wb_png_filter_scores(&row, step, lines->cpu, scores);
    for (int filter = 0; filter < WB_PNG_FILTER_COUNT; filter++) {
        scores[filter] += lines->scores[filter];
        /* What the first row scores, with none above it, says nothing about others. */
        lines->scores[filter] = lines->rows.y > 1 ? scores[filter] / 4 * 3 : 0;
    }
}

/* The first pixel, which no sample holds, has nothing to its left. It tells filters apart that
 * leave all others zero, as in a gradient from top to bottom. */
static void add_first_pixel(const wb_png_row *row, uint64_t scores[WB_PNG_FILTER_COUNT])
{
    for (unsigned i = 0; i < row->pixel_bytes; i++) {
        unsigned pixel = row->pixels[i], above = row->above[i];
        const uint8_t residuals[WB_PNG_FILTER_COUNT] = {
            [WB_PNG_NONE] = (uint8_t)pixel,
            [WB_PNG_SUB] = (uint8_t)pixel,
            [WB_PNG_UP] = (uint8_t)(pixel - above),
            [WB_PNG_AVERAGE] = (uint8_t)(pixel - above / 2),
            [WB_PNG_PAETH] = (uint8_t)(pixel - above),
        };
        for (int k = 0; k < WB_PNG_FILTER_COUNT; k++)
            scores[k] += residuals[k] < 128 ? residuals[k] : 256u - residuals[k];
    }
}

static wb_png_filter choose_filter(wb_png_lines *lines, wb_png_row row, bool is_matched)
{
    uint64_t scores[WB_PNG_FILTER_COUNT];
    score_filters(lines, row, scores);
    add_first_pixel(&row, scores);
    for (int filter = 0; filter < WB_PNG_FILTER_COUNT; filter++)
        lines->sums[filter] += scores[filter];
    scores[WB_PNG_NONE] = is_matched && !lines->rows.raster->is_16_bit
                              ? scores[WB_PNG_NONE] * WB_FIT_NONE_WEIGHT / 64
                              : UINT64_MAX;
    wb_png_filter best = WB_PNG_UP;
    for (int filter = 0; filter < WB_PNG_FILTER_COUNT; filter++)
        if (scores[filter] < scores[best])
            best = (wb_png_filter)filter;
    return best;
}

static bool is_zero(const uint8_t *bytes, size_t size_bytes)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size_bytes - 1) == 0;
}

/* A row like the one above is Up and zeros in every plan: one run, whose pieces cost 3 bits each
 * where those of a match above cost 14. A row of zeros is that without a filter. */
static void write_line(wb_png_lines *lines, wb_png_plan plan, uint8_t *line)
{
    wb_png_row row = wb_png_rows_next(&lines->rows);
    if (memcmp(row.pixels, row.above, row.size_bytes) == 0) {
        line[0] = is_zero(row.pixels, row.size_bytes) ? WB_PNG_NONE : WB_PNG_UP;
        memset(line + 1, 0, row.size_bytes);
        return;
    }
    wb_png_filter filter = PLANS[plan].filter;
    if (filter == CHOSEN)
        filter = choose_filter(lines, row, PLANS[plan].is_matched);
    line[0] = (uint8_t)filter;
    wb_png_filter_apply(&row, filter, lines->cpu, line + 1);
}

/* The first byte has none before it and is a literal. */
static size_t find_runs(const uint8_t *bytes, size_t size_bytes, wb_cpu cpu,
                        wb_deflate_token *tokens)
{
    size_t count = wb_deflate_find_runs(bytes + 1, size_bytes - 1, WB_FIT_MIN_RUN, cpu, tokens);
    if (count == 0)
        tokens[count++] = (wb_deflate_token){0, 0, 0};
    tokens[0].literals++;
    return count;
}

void wb_png_lines_add(wb_png_lines *lines, wb_png_plan plan, size_t row_count)
{
    size_t start = lines->end, size_bytes = row_count * lines->line_bytes, count;
    wb_deflate_token *tokens = lines->tokens + lines->token_count;
    lines->end += size_bytes;
    lines->counts = NULL;
    for (uint8_t *line = lines->bytes + start; line < lines->bytes + lines->end;
         line += lines->line_bytes)
        write_line(lines, plan, line);
    /* Kernels look at whole vectors and groups: what lies behind the lines is always the same. */
    memset(lines->bytes + lines->end, 0, WB_DEFLATE_SLACK_BYTES);
    if (!PLANS[plan].is_matched) {
        count = find_runs(lines->bytes + start, size_bytes, lines->cpu, tokens);
    } else {
        if (!lines->has_prices)
            wb_deflate_prices_guess(&lines->matcher.prices, lines->bytes + start, size_bytes);
        lines->has_prices = true;
        count = wb_deflate_find_matches(&lines->matcher, lines->bytes, start, lines->end,
                                        lines->cpu, tokens);
    }
    for (size_t i = 0; i < count; i++)
        lines->symbols += tokens[i].literals + (tokens[i].length != 0);
    lines->token_count += count;
}

/* Where lines end, to go back there. */
typedef struct lines_end {
    size_t y, end, token_count, symbols;
    uint64_t scores[WB_PNG_FILTER_COUNT];
} lines_end;

static lines_end get_end(const wb_png_lines *lines)
{
    lines_end at = {lines->rows.y, lines->end, lines->token_count, lines->symbols, {0}};
    memcpy(at.scores, lines->scores, sizeof at.scores);
    return at;
}

static void go_back(wb_png_lines *lines, const lines_end *to)
{
    wb_png_rows_seek(&lines->rows, to->y);
    lines->end = to->end;
    lines->token_count = to->token_count;
    lines->symbols = to->symbols;
    memcpy(lines->scores, to->scores, sizeof lines->scores);
}

/* What was added behind `from`, in bits. */
static uint64_t added_bits(const wb_png_lines *lines, const lines_end *from)
{
    const wb_deflate_stretch added = {lines->bytes + from->end, lines->tokens + from->token_count,
                                      lines->token_count - from->token_count};
    wb_deflate_counts counts;
    wb_deflate_count(&added, lines->end - from->end, &counts);
    return counts.entropy_bits;
}

static bool does_save(uint64_t bits, uint64_t other_bits)
{
    return bits + WB_FIT_RUNS_SAVE_BITS < other_bits / 64 * WB_FIT_RUNS_SAVE_SHARE;
}

void wb_png_lines_add_shortest(wb_png_lines *lines, wb_png_plan plan, wb_png_plans rivals,
                               size_t row_count)
{
    const lines_end before = get_end(lines);
    wb_png_plan best = plan;
    uint64_t least = UINT64_MAX;
    /* RUNS, the first, have to save something beside NONE_RUNS, too: filters end what repeats. */
    for (wb_png_plan rival = WB_PNG_PLANS; rival-- > 0;) {
        if ((rivals >> rival & 1) == 0)
            continue;
        wb_png_lines_add(lines, rival, row_count);
        const uint64_t bits = added_bits(lines, &before);
        go_back(lines, &before);
        if (does_save(bits, least)) {
            least = bits;
            best = rival;
        }
    }
    wb_png_lines_add(lines, plan, row_count);
    if (best != plan && does_save(least, added_bits(lines, &before))) {
        go_back(lines, &before);
        wb_png_lines_add(lines, best, row_count);
    }
}

void wb_png_lines_copy(wb_png_lines *to, const wb_png_lines *from)
{
    memcpy(to->bytes, from->bytes, from->end + WB_DEFLATE_SLACK_BYTES);
    memcpy(to->tokens, from->tokens, from->token_count * sizeof *to->tokens);
    to->start = from->start;
    to->end = from->end;
    to->token_count = from->token_count;
    to->symbols = from->symbols;
    to->counts = NULL;
    wb_png_rows_seek(&to->rows, from->rows.y);
}

wb_deflate_stretch wb_png_lines_block(const wb_png_lines *lines)
{
    return (wb_deflate_stretch){lines->bytes + lines->start, lines->tokens, lines->token_count};
}

size_t wb_png_lines_block_bytes(const wb_png_lines *lines)
{
    return lines->end - lines->start;
}

void wb_png_lines_close_block(wb_png_lines *lines)
{
    lines->start = lines->end;
    lines->token_count = lines->symbols = 0;
    lines->counts = NULL;
    if (lines->end <= WB_DEFLATE_WINDOW_BYTES)
        return;
    size_t gone_bytes = lines->end - WB_DEFLATE_WINDOW_BYTES;
    memmove(lines->bytes, lines->bytes + gone_bytes, WB_DEFLATE_WINDOW_BYTES);
    lines->start = lines->end = WB_DEFLATE_WINDOW_BYTES;
    lines->matcher.origin += (uint32_t)gone_bytes;
}
