/* The module's state: its types, what the CPU can do, and working memory kept for the next call.
 * In: one per module object. Out: scratch memory and file buffers, lent and taken back.
 * Ownership: the state owns what lies in its pools; what is lent belongs to the borrower.
 * The pools may be used by several threads at once. */
#ifndef WB_STATE_H
#define WB_STATE_H

#include <Python.h>

#include "png/scratch.h"
#include "base/bytes.h"
#include "base/cpu.h"

enum {
    POOL_SLOTS = 4 /* more threads than this at once allocate for themselves */
};

/* The GIL guards the pools where there is one. */
#ifdef Py_GIL_DISABLED
typedef PyMutex pool_lock;
#else
typedef char pool_lock; /* locks nothing */
#endif

typedef struct module_state {
    PyTypeObject *encoded_type;
    PyTypeObject *probe_type;
    wb_cpu cpu;
    pool_lock lock; /* of all that follows */
    wb_png_scratch *scratches[POOL_SLOTS];
    int scratch_count;
    wb_bytes files[POOL_SLOTS];
    int file_count;
} module_state;

/* Lends scratch memory of one encode at a time; NULL with MemoryError set. */
wb_png_scratch *state_borrow_scratch(module_state *state);
void state_return_scratch(module_state *state, wb_png_scratch *scratch);

/* Lends an empty file buffer with the capacity of its last use: to touch fresh pages takes longer
 * than to hash the file. */
wb_bytes state_borrow_file(module_state *state);
void state_return_file(module_state *state, wb_bytes *file);

void state_free_pools(module_state *state);

#endif
