/* The working memory of a PNG encode: made, trimmed, given back.
 * In: a limit. Out: a wb_png_scratch. Ownership: see png/scratch.h. */
#include "png/scratch.h"

wb_png_scratch *wb_png_scratch_new(void)
{
    wb_png_scratch *scratch = wb_allocate(sizeof *scratch);
    if (scratch != NULL)
        *scratch = (wb_png_scratch){.slot_count = 1};
    return scratch;
}

static void buffers_free(wb_png_buffers *buffers)
{
    wb_bytes_free(&buffers->rows);
    wb_bytes_free(&buffers->filtered);
    wb_bytes_free(&buffers->tokens);
    wb_bytes_free(&buffers->tables);
}

static void slot_free(wb_png_slot *slot)
{
    buffers_free(&slot->image);
    buffers_free(&slot->trial);
    wb_bytes_free(&slot->segment);
}

static size_t buffers_bytes(const wb_png_buffers *buffers)
{
    return buffers->rows.capacity_bytes + buffers->filtered.capacity_bytes
           + buffers->tokens.capacity_bytes + buffers->tables.capacity_bytes;
}

static size_t slot_bytes(const wb_png_slot *slot)
{
    return buffers_bytes(&slot->image) + buffers_bytes(&slot->trial) + slot->segment.capacity_bytes;
}

void wb_png_scratch_free(wb_png_scratch *scratch)
{
    if (scratch == NULL)
        return;
    wb_png_scratch_trim(scratch, 0);
    wb_release(scratch);
}

void wb_png_scratch_trim(wb_png_scratch *scratch, size_t limit_bytes)
{
    size_t kept_bytes = scratch->samples.capacity_bytes;
    if (kept_bytes > limit_bytes)
        wb_bytes_free(&scratch->samples);
    kept_bytes += scratch->coders.capacity_bytes;
    if (kept_bytes > limit_bytes)
        wb_bytes_free(&scratch->coders);
    for (size_t i = 0; i < scratch->slot_count; i++) {
        kept_bytes += slot_bytes(&scratch->slots[i]);
        if (kept_bytes > limit_bytes)
            slot_free(&scratch->slots[i]);
    }
}
