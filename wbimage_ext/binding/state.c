/* Pools of working memory. In and out, ownership: see state.h. */
#include "state.h"

enum {
    /* Enough for four threads: six slots, of some 5 MB of which 1 to 2 MB are ever written. */
    KEPT_BYTES_PER_SCRATCH = 32 << 20,
    KEPT_BYTES_PER_FILE = 8 << 20
};

#ifdef Py_GIL_DISABLED
#define LOCK(state) PyMutex_Lock(&(state)->lock)
#define UNLOCK(state) PyMutex_Unlock(&(state)->lock)
#else
#define LOCK(state) (void)(state)
#define UNLOCK(state) (void)(state)
#endif

wb_png_scratch *state_borrow_scratch(module_state *state)
{
    wb_png_scratch *scratch = NULL;
    LOCK(state);
    if (state->scratch_count > 0)
        scratch = state->scratches[--state->scratch_count];
    UNLOCK(state);
    if (scratch == NULL)
        scratch = wb_png_scratch_new();
    if (scratch == NULL)
        PyErr_NoMemory();
    return scratch;
}

void state_return_scratch(module_state *state, wb_png_scratch *scratch)
{
    wb_png_scratch_trim(scratch, KEPT_BYTES_PER_SCRATCH);
    LOCK(state);
    if (state->scratch_count < POOL_SLOTS) {
        state->scratches[state->scratch_count++] = scratch;
        scratch = NULL;
    }
    UNLOCK(state);
    wb_png_scratch_free(scratch);
}

wb_bytes state_borrow_file(module_state *state)
{
    wb_bytes file = {0};
    LOCK(state);
    if (state->file_count > 0)
        file = state->files[--state->file_count];
    UNLOCK(state);
    file.size_bytes = 0;
    return file;
}

void state_return_file(module_state *state, wb_bytes *file)
{
    LOCK(state);
    if (file->data != NULL && file->capacity_bytes <= KEPT_BYTES_PER_FILE
        && state->file_count < POOL_SLOTS) {
        state->files[state->file_count++] = *file;
        *file = (wb_bytes){0};
    }
    UNLOCK(state);
    wb_bytes_free(file);
}

void state_free_pools(module_state *state)
{
    while (state->scratch_count > 0)
        wb_png_scratch_free(state->scratches[--state->scratch_count]);
    while (state->file_count > 0)
        wb_bytes_free(&state->files[--state->file_count]);
}
