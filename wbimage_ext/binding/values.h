/* to_uint8, guess_mode, decode: what needs no encoder.
 * In: arrays, or encoded bytes. Out: arrays, a mode's name. Ownership: arguments are borrowed. */
#ifndef WB_VALUES_H
#define WB_VALUES_H

#include <Python.h>

/* METH_VARARGS | METH_KEYWORDS */
PyObject *core_to_uint8(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *core_decode(PyObject *module, PyObject *args, PyObject *kwargs);

/* METH_O */
PyObject *core_guess_mode(PyObject *module, PyObject *object);

#endif
