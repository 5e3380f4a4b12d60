/* wb_status -> exception. In and out, ownership: see errors.h. */
#include "errors.h"

static PyObject *exception_of(wb_status status)
{
    switch (status) {
    case WB_OUT_OF_MEMORY: return PyExc_MemoryError;
    case WB_BAD_DTYPE:
    case WB_OUT_OF_RANGE: return PyExc_TypeError;
    case WB_BAD_SHAPE:
    case WB_EMPTY:
    case WB_TOO_LARGE:
    case WB_BAD_ARGUMENT:
    case WB_UNKNOWN_FORMAT:
    case WB_TRUNCATED:
    case WB_DAMAGED:
    case WB_UNSUPPORTED: return PyExc_ValueError;
    case WB_LIBRARY_FAILED:
    case WB_OK: break;
    }
    return PyExc_RuntimeError;
}

PyObject *raise_status(wb_status status, const wb_error *error)
{
    if (status == WB_OUT_OF_MEMORY)
        return PyErr_NoMemory();
    const char *detail = error->detail[0] != '\0' ? error->detail : wb_status_message(status);
    PyErr_SetString(exception_of(status), detail);
    return NULL;
}

bool is_no_number(void)
{
    bool result = PyErr_ExceptionMatches(PyExc_TypeError)
                  || PyErr_ExceptionMatches(PyExc_ValueError)
                  || PyErr_ExceptionMatches(PyExc_OverflowError);
    if (result)
        PyErr_Clear();
    return result;
}
