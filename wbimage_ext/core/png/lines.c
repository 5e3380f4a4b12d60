/* Filters rows into strips and finds the strips' tokens, as the plan says.
 * In: rows. Out: lines, tokens. Ownership: see png/lines.h. */
#include "png/lines.h"

#include "deflate/count.h"

#include <string.h>

enum {
    /* All of a short row's bytes tell which filter is best, half of those of others, a quarter of a
     * long row's; half as many where the rows above are remembered. */
    SHORT_ROW_BYTES = 256,
    LONG_ROW_BYTES = 3072,
    /* Every run and match has at least so many bytes. */
    MIN_TOKEN_BYTES = WB_DEFLATE_MIN_MATCH
};

wb_status wb_png_lines_init(wb_png_lines *lines, const wb_raster *raster, const wb_png_plan *plan,
                            wb_cpu cpu, size_t strip_rows, wb_png_scratch *scratch)
{
    *lines = (wb_png_lines){.plan = *plan, .cpu = cpu};
    wb_status status = wb_png_rows_init(&lines->rows, raster, scratch);
    if (status != WB_OK)
        return status;
    lines->line_bytes = lines->rows.size_bytes + 1;
    size_t strip_bytes, window_bytes = plan->matched ? WB_DEFLATE_WINDOW_BYTES : 1, token_bytes;
    if (!wb_multiply(strip_rows, lines->line_bytes, &strip_bytes)
        || !wb_multiply(strip_bytes / MIN_TOKEN_BYTES + 2, sizeof *lines->tokens, &token_bytes))
        return WB_OUT_OF_MEMORY;
    status = wb_bytes_renew(&scratch->filtered,
                            window_bytes + strip_bytes + WB_DEFLATE_SLACK_BYTES);
    if (status == WB_OK)
        status = wb_bytes_renew(&scratch->tokens, token_bytes);
    if (status == WB_OK && plan->matched)
        status = wb_bytes_renew(&scratch->tables,
                                wb_deflate_matcher_size(lines->line_bytes, strip_rows));
    if (status != WB_OK)
        return status;
    lines->bytes = scratch->filtered.data;
    lines->tokens = (wb_deflate_token *)(void *)scratch->tokens.data;
    bool by_pixels = plan->filters == WB_PNG_FILTERS_NONE || plan->correlated;
    if (plan->matched)
        wb_deflate_matcher_init(&lines->matcher, scratch->tables.data, lines->line_bytes,
                                strip_rows, by_pixels ? raster->channels : 1);
    return WB_OK;
}

/* A row is mostly like the ones above it: with three quarters of their scores added to its own, a
 * smaller sample chooses as well as a larger one alone, or better. Each row has its sample at other
 * places. */
static wb_png_filter choose_filter(wb_png_lines *lines, wb_png_row row)
{
    uint64_t scores[WB_PNG_FILTER_COUNT];
    bool is_short = row.size_bytes < SHORT_ROW_BYTES, remember = lines->remember && !is_short;
    unsigned step = is_short ? 1 : row.size_bytes < LONG_ROW_BYTES ? 2 : 4;
    if (remember) {
        step *= 2;
        size_t skipped_bytes = ((lines->rows.y + 1) & (step - 1)) * WB_PNG_SCORE_CHUNK_BYTES;
        row.pixels += skipped_bytes;
        row.above += skipped_bytes;
        row.size_bytes -= skipped_bytes;
    }
    wb_png_filter_scores(&row, step, lines->cpu, scores);
    wb_png_filter best = WB_PNG_SUB;
    for (int filter = WB_PNG_SUB; filter < WB_PNG_FILTER_COUNT; filter++) {
        if (remember) {
            scores[filter] += lines->scores[filter];
            /* What the first row scores, with none above it, says nothing about others. */
            lines->scores[filter] = lines->rows.y > 1 ? scores[filter] / 4 * 3 : 0;
        }
        if (scores[filter] < scores[best])
            best = (wb_png_filter)filter;
    }
    return best;
}

static size_t find_runs(const wb_png_lines *lines, const uint8_t *strip, size_t size_bytes)
{
    /* The first byte has none before it and is a literal. */
    size_t count = wb_deflate_find_runs(strip + 1, size_bytes - 1, lines->plan.min_run, lines->cpu,
                                        lines->tokens);
    if (count == 0)
        lines->tokens[count++] = (wb_deflate_token){0, 0, 0};
    lines->tokens[0].literals++;
    return count;
}

/* A row like the one above is Up and zeros in every plan: one run, whose pieces cost 3 bits each
 * where those of a match above cost 14. */
static void write_line(wb_png_lines *lines, uint8_t *line)
{
    wb_png_row row = wb_png_rows_next(&lines->rows);
    wb_png_filter filter = WB_PNG_NONE;
    if (lines->plan.filters == WB_PNG_FILTERS_UP) {
        filter = WB_PNG_UP;
    } else if (memcmp(row.pixels, row.above, row.size_bytes) == 0) {
        line[0] = WB_PNG_UP;
        memset(line + 1, 0, row.size_bytes);
        return;
    } else if (lines->plan.filters == WB_PNG_FILTERS_ADAPTIVE) {
        filter = choose_filter(lines, row);
    }
    line[0] = (uint8_t)filter;
    wb_png_filter_apply(&row, filter, lines->cpu, line + 1);
}

wb_deflate_stretch wb_png_lines_next(wb_png_lines *lines, size_t row_count)
{
    uint8_t *strip = lines->bytes + lines->filled_bytes, *line = strip;
    size_t size_bytes = row_count * lines->line_bytes;
    for (; line < strip + size_bytes; line += lines->line_bytes)
        write_line(lines, line);
    /* Kernels look at whole vectors and groups: what lies behind the strip is always the same. */
    memset(strip + size_bytes, 0, WB_DEFLATE_SLACK_BYTES);
    size_t count;
    if (lines->plan.matched) {
        lines->matcher.literal_costs = NULL;
        if (lines->plan.filters != WB_PNG_FILTERS_NONE && !lines->plan.correlated) {
            wb_deflate_literal_costs(strip, size_bytes, lines->literal_costs);
            lines->matcher.literal_costs = lines->literal_costs;
        }
        wb_deflate_finder find = lines->plan.correlated ? wb_deflate_find_pixels
                                                        : wb_deflate_find_matches;
        count = find(&lines->matcher, lines->bytes, lines->filled_bytes,
                     lines->filled_bytes + size_bytes, lines->cpu, lines->tokens);
    } else {
        count = find_runs(lines, strip, size_bytes);
    }
    return (wb_deflate_stretch){strip, lines->tokens, count};
}

void wb_png_lines_advance(wb_png_lines *lines, size_t row_count)
{
    if (!lines->plan.matched)
        return; /* the next strip takes the place of this one */
    lines->filled_bytes += row_count * lines->line_bytes;
    if (lines->filled_bytes <= WB_DEFLATE_WINDOW_BYTES)
        return;
    size_t gone_bytes = lines->filled_bytes - WB_DEFLATE_WINDOW_BYTES;
    memmove(lines->bytes, lines->bytes + gone_bytes, WB_DEFLATE_WINDOW_BYTES);
    lines->filled_bytes = WB_DEFLATE_WINDOW_BYTES;
    lines->matcher.origin += (uint32_t)gone_bytes;
}
