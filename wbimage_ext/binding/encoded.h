/* Encoded: an encoded file in memory, readable through the buffer protocol.
 * In: bytes and what is known of them. Out: a Python object.
 * Ownership: it owns its bytes, and gives the buffer back to the module's pool when it dies. */
#ifndef WB_ENCODED_H
#define WB_ENCODED_H

#include "image.h"
#include "state.h"

extern PyType_Spec encoded_spec;

/* Takes over `file`, also on failure. */
PyObject *encoded_new(module_state *state, wb_bytes *file, const wb_image_info *info,
                      bool has_palette);

/* (lo, hi), or None where hi < lo: a range of values as Python sees it. */
PyObject *range_or_none(double lo, double hi);

#endif
