/* Pools of working memory. In and out, ownership: see state.h. */
#include "state.h"

enum {
    /* What any image takes but those with rows of megabytes: a strip of 1 MB, four for its tokens. */
    KEPT_BYTES_PER_SCRATCH = 6 << 20,
    KEPT_BYTES_PER_FILE = 8 << 20
};

wb_png_scratch *state_borrow_scratch(module_state *state)
{
    if (state->scratch_count > 0)
        return state->scratches[--state->scratch_count];
    wb_png_scratch *scratch = wb_png_scratch_new();
    if (scratch == NULL)
        PyErr_NoMemory();
    return scratch;
}

void state_return_scratch(module_state *state, wb_png_scratch *scratch)
{
    if (state->scratch_count == POOL_SLOTS) {
        wb_png_scratch_free(scratch);
        return;
    }
    wb_png_scratch_trim(scratch, KEPT_BYTES_PER_SCRATCH);
    state->scratches[state->scratch_count++] = scratch;
}

wb_bytes state_borrow_file(module_state *state)
{
    if (state->file_count == 0)
        return (wb_bytes){0};
    wb_bytes file = state->files[--state->file_count];
    file.size_bytes = 0;
    return file;
}

void state_return_file(module_state *state, wb_bytes *file)
{
    if (state->file_count == POOL_SLOTS || file->capacity_bytes > KEPT_BYTES_PER_FILE) {
        wb_bytes_free(file);
        return;
    }
    if (file->data != NULL)
        state->files[state->file_count++] = *file;
    *file = (wb_bytes){0};
}

void state_free_pools(module_state *state)
{
    while (state->scratch_count > 0)
        wb_png_scratch_free(state->scratches[--state->scratch_count]);
    while (state->file_count > 0)
        wb_bytes_free(&state->files[--state->file_count]);
}
