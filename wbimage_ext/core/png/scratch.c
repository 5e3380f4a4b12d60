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

static void buffers_free(wb_png_buffers *buffers)
{
    wb_bytes_free(&buffers->rows);
    wb_bytes_free(&buffers->filtered);
    wb_bytes_free(&buffers->tokens);
    wb_bytes_free(&buffers->tables);
}

static size_t held_bytes(const wb_png_buffers *buffers)
{
    return buffers->rows.capacity_bytes + buffers->filtered.capacity_bytes
           + buffers->tokens.capacity_bytes + buffers->tables.capacity_bytes;
}

static void free_all(wb_png_scratch *scratch)
{
    buffers_free(&scratch->image);
    buffers_free(&scratch->trial);
    wb_bytes_free(&scratch->segment);
}

void wb_png_scratch_free(wb_png_scratch *scratch)
{
    if (scratch == NULL)
        return;
    free_all(scratch);
    wb_release(scratch);
}

void wb_png_scratch_trim(wb_png_scratch *scratch, size_t limit_bytes)
{
    if (held_bytes(&scratch->image) + held_bytes(&scratch->trial) + scratch->segment.capacity_bytes
        > limit_bytes)
        free_all(scratch);
}
