/* The Arrow C data interface, as far as Pillow exports its pixels by it.
 * In: the schema and array capsules of __arrow_c_array__. Out: a NumPy array over the same memory.
 * Ownership: the array keeps the capsule, and that keeps the memory, alive. */
#ifndef WB_ARROW_H
#define WB_ARROW_H

#include <Python.h>

/* arrow_bytes(schema, array): a METH_VARARGS function. */
PyObject *arrow_bytes(PyObject *module, PyObject *args);

#endif
