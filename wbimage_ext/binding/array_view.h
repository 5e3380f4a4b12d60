/* ndarray -> an array that the core can read, and new arrays for what it answers.
 * In: a NumPy array of any layout. Out: its address, dtype, shape and byte strides.
 * Ownership: an array_view holds a reference to the array (or to its cast copy) until closed, and
 * keeps NumPy from moving its memory meanwhile. It points into itself: it must not be moved. */
#ifndef WB_ARRAY_VIEW_H
#define WB_ARRAY_VIEW_H

#include <Python.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "pixels/view.h"

typedef struct array_view {
    PyObject *array; /* owned */
    PyObject *pin;   /* owned: a weak reference to the array that owns the memory */
    wb_array seen;
    ptrdiff_t shape[WB_VIEW_MAX_DIMENSIONS];
    ptrdiff_t strides_bytes[WB_VIEW_MAX_DIMENSIONS];
} array_view;

/* Loads NumPy's C API; 0, or -1 with an exception set. */
int array_view_setup(void);

/* Fills `view` from a NumPy array; 0, or -1 with a TypeError that names the dtype or the type.
 * `is_bfloat16` reads uint16 elements as bfloat16, for which NumPy has no dtype of its own.
 * longdouble is cast to float64. */
int array_view_open(array_view *view, PyObject *object, bool is_bfloat16);

/* Like array_view_open, and one dimension as far as that needs no more than a copy: for
 * element-by-element conversion of any shape. */
int array_view_open_flat(array_view *view, PyObject *object, bool is_bfloat16);

void array_view_close(array_view *view);

/* Whether the object is one of NumPy's bools. */
bool is_numpy_bool(PyObject *object);

/* A new C-contiguous uint8 array; `data` receives its address. */
PyObject *array_new_uint8(int ndim, const ptrdiff_t *shape, uint8_t **data);

/* An uint8 array over the memory of `bytes`, which it takes over, also on failure. */
PyObject *array_take_uint8(int ndim, const ptrdiff_t *shape, wb_bytes *bytes);

/* A read-only uint8 array of one dimension over memory that `owner` keeps alive. */
PyObject *array_borrow_uint8(const uint8_t *data, ptrdiff_t size, PyObject *owner);

/* A new C-contiguous array of the dtype and byte order of `view`. */
PyObject *array_new_like(const array_view *view, int ndim, const ptrdiff_t *shape, void **data);

/* Fills `element` with the argument `name` as one element of the view's dtype; 0, or -1 with an
 * exception set. */
int array_element(const array_view *view, const char *name, PyObject *value, void *element);

#endif
