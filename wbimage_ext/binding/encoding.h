/* encode, encode_grid, encode_mask: arrays of pixels become encoded files.
 * In: arrays and options. Out: an Encoded. Ownership: arguments are borrowed, and held while the
 * core works on them without the GIL. */
#ifndef WB_ENCODING_H
#define WB_ENCODING_H

#include <Python.h>

/* METH_VARARGS | METH_KEYWORDS */
PyObject *core_encode(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *core_encode_grid(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *core_encode_mask(PyObject *module, PyObject *args, PyObject *kwargs);

#endif
