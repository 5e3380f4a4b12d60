/* The working memory of a PNG encode: made, trimmed, given back.
 * In: a limit. Out: a wb_png_scratch. Ownership: see png/scratch.h. */
#include "png/scratch.h"

wb_png_scratch *wb_png_scratch_new(void)
{
    wb_png_scratch *scratch = wb_allocate(sizeof *scratch);
    if (scratch != NULL)
        *scratch = (wb_png_scratch){0};
    return scratch;
}

static void buffers_free(wb_png_scratch *scratch)
{
    wb_bytes_free(&scratch->rows);
    wb_bytes_free(&scratch->filtered);
    wb_bytes_free(&scratch->tokens);
    wb_bytes_free(&scratch->tables);
}

void wb_png_scratch_free(wb_png_scratch *scratch)
{
    if (scratch == NULL)
        return;
    buffers_free(scratch);
    wb_release(scratch);
}

void wb_png_scratch_trim(wb_png_scratch *scratch, size_t limit_bytes)
{
    size_t held_bytes = scratch->rows.capacity_bytes + scratch->filtered.capacity_bytes
                        + scratch->tokens.capacity_bytes + scratch->tables.capacity_bytes;
    if (held_bytes > limit_bytes)
        buffers_free(scratch);
}
