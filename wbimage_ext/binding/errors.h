/* The one table from wb_status to Python's exceptions, and what an exception means.
 * In: a status and its detail. Out: an exception set. Ownership: none. */
#ifndef WB_ERRORS_H
#define WB_ERRORS_H

#include <Python.h>
#include <stdbool.h>

#include "base/status.h"

/* Sets the exception of `status`; its text is the detail where there is one. Returns NULL. */
PyObject *raise_status(wb_status status, const wb_error *error);

/* Whether the exception says that an object is no number, rather than that memory was refused or
 * that the caller's own code failed. Clears it if so. */
bool is_no_number(void);

#endif
