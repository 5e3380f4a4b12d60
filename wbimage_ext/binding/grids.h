/* A batch of images as one: what its arguments mean, and make_grid.
 * In: an array and the names of its axes. Out: a wb_grid, or a new array.
 * Ownership: a wb_grid borrows the array. */
#ifndef WB_GRIDS_H
#define WB_GRIDS_H

#include <Python.h>

#include "convert/grid.h"

/* What Python passed; NULL means the default. Borrowed. */
typedef struct grid_arguments {
    PyObject *nrow;
    PyObject *padding;
    const char *dataformats; /* NULL goes by the number of dimensions: HW, CHW, NCHW */
} grid_arguments;

/* 0, or -1 with an exception set. */
int grid_parse(wb_grid *grid, const wb_array *array, const grid_arguments *arguments);

/* METH_VARARGS | METH_KEYWORDS */
PyObject *core_make_grid(PyObject *module, PyObject *args, PyObject *kwargs);

#endif
