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
    wb_bytes_free(&scratch->coders);
    for (size_t i = 0; i < WB_MAX_SLOTS; i++) {
        buffers_free(&scratch->slots[i].image);
        buffers_free(&scratch->slots[i].trial);
        wb_bytes_free(&scratch->slots[i].segment);
    }
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
    size_t all_bytes = scratch->coders.capacity_bytes;
    for (size_t i = 0; i < WB_MAX_SLOTS; i++) {
        const wb_png_slot *slot = &scratch->slots[i];
        all_bytes += held_bytes(&slot->image) + held_bytes(&slot->trial)
                     + slot->segment.capacity_bytes;
    }
    if (all_bytes > limit_bytes)
        free_all(scratch);
}
