/* The one place that knows NumPy's C API. In and out, ownership: see array_view.h. */
#include "array_view.h"

#include <numpy/arrayobject.h>
#include <string.h>

#include "errors.h"

int array_view_setup(void)
{
    /* What import_array() calls, without its printing and replacing the exception. */
    return _import_array();
}

static int raise_dtype(PyArray_Descr *descr)
{
    PyErr_Format(PyExc_TypeError,
                 "cannot make an image of dtype %S: bool, integer or float values are needed",
                 (PyObject *)descr);
    return -1;
}

/* The core's dtype of a NumPy kind and size; -1 where it has none. */
static int dtype_of(char kind, npy_intp size_bytes)
{
    switch (kind) {
    case 'b': return WB_BOOL;
    case 'u':
        return size_bytes == 1   ? WB_UINT8
               : size_bytes == 2 ? WB_UINT16
               : size_bytes == 4 ? WB_UINT32
               : size_bytes == 8 ? WB_UINT64
                                 : -1;
    case 'i':
        return size_bytes == 1   ? WB_INT8
               : size_bytes == 2 ? WB_INT16
               : size_bytes == 4 ? WB_INT32
               : size_bytes == 8 ? WB_INT64
                                 : -1;
    case 'f':
        return size_bytes == 2   ? WB_FLOAT16
               : size_bytes == 4 ? WB_FLOAT32
               : size_bytes == 8 ? WB_FLOAT64
                                 : -1;
    default: return -1;
    }
}

/* ndarray.resize moves memory that others read when told not to count references. It leaves an
 * array alone that has a weak reference. NULL with an exception set. */
static PyObject *pin_memory(PyArrayObject *array)
{
    PyObject *owner = (PyObject *)array;
    for (PyObject *base = owner; base != NULL && PyArray_Check(base);
         base = PyArray_BASE((PyArrayObject *)base))
        owner = base;
    return PyWeakref_NewRef(owner, NULL);
}

/* The array itself, longdouble as float64; a new reference. NULL with a TypeError set. */
static PyArrayObject *readable_array(PyObject *object)
{
    if (!PyArray_Check(object)) {
        PyErr_Format(PyExc_TypeError, "expected a NumPy array, not %.200s",
                     Py_TYPE(object)->tp_name);
        return NULL;
    }
    PyArrayObject *array = (PyArrayObject *)object;
    if (PyArray_NDIM(array) > WB_VIEW_MAX_DIMENSIONS) {
        PyErr_Format(PyExc_ValueError, "an array of %d dimensions, where %d are the most",
                     PyArray_NDIM(array), WB_VIEW_MAX_DIMENSIONS);
        return NULL;
    }
    if (PyArray_TYPE(array) == NPY_LONGDOUBLE && sizeof(npy_longdouble) != sizeof(double))
        return (PyArrayObject *)PyArray_Cast(array, NPY_DOUBLE);
    Py_INCREF(array);
    return array;
}

int array_view_open(array_view *view, PyObject *object, bool is_bfloat16)
{
    *view = (array_view){0};
    PyArrayObject *array = readable_array(object);
    if (array == NULL)
        return -1;
    view->array = (PyObject *)array;
    PyArray_Descr *descr = PyArray_DESCR(array);
    int dtype = dtype_of(descr->kind, PyArray_ITEMSIZE(array));
    if (is_bfloat16 && dtype == WB_UINT16)
        dtype = WB_BFLOAT16;
    if (dtype < 0)
        raise_dtype(descr);
    else
        view->pin = pin_memory(array);
    if (view->pin == NULL) {
        array_view_close(view);
        return -1;
    }
    view->seen = (wb_array){.data = PyArray_DATA(array),
                            .dtype = (wb_dtype)dtype,
                            .is_byte_swapped = PyArray_ISBYTESWAPPED(array),
                            .ndim = PyArray_NDIM(array),
                            .shape = view->shape,
                            .strides_bytes = view->strides_bytes};
    for (int i = 0; i < view->seen.ndim; i++) {
        view->shape[i] = PyArray_DIM(array, i);
        view->strides_bytes[i] = PyArray_STRIDE(array, i);
    }
    return 0;
}

int array_view_open_flat(array_view *view, PyObject *object, bool is_bfloat16)
{
    if (array_view_open(view, object, is_bfloat16) < 0)
        return -1;
    if (view->seen.ndim == 1 || (view->seen.ndim == 2 && view->shape[1] > 0))
        return 0;
    PyArrayObject *array = (PyArrayObject *)view->array;
    if (!PyArray_IS_C_CONTIGUOUS(array)) {
        PyObject *packed = PyArray_NewCopy(array, NPY_CORDER);
        if (packed == NULL) {
            array_view_close(view);
            return -1;
        }
        Py_SETREF(view->array, packed);
        array = (PyArrayObject *)packed;
        view->seen.data = PyArray_DATA(array);
        view->seen.is_byte_swapped = PyArray_ISBYTESWAPPED(array);
    }
    view->seen.ndim = 1;
    view->shape[0] = PyArray_SIZE(array);
    view->strides_bytes[0] = PyArray_ITEMSIZE(array);
    return 0;
}

void array_view_close(array_view *view)
{
    Py_CLEAR(view->array);
    Py_CLEAR(view->pin);
}

bool is_numpy_bool(PyObject *object)
{
    return PyArray_IsScalar(object, Bool);
}

static PyObject *new_array(PyArray_Descr *descr, int ndim, const ptrdiff_t *shape, void **data)
{
    npy_intp dimensions[WB_VIEW_MAX_DIMENSIONS];
    for (int i = 0; i < ndim; i++)
        dimensions[i] = shape[i];
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, descr, ndim, dimensions, NULL, NULL, 0,
                                           NULL);
    if (array != NULL)
        *data = PyArray_DATA((PyArrayObject *)array);
    return array;
}

PyObject *array_new_uint8(int ndim, const ptrdiff_t *shape, uint8_t **data)
{
    void *address = NULL;
    PyObject *array = new_array(PyArray_DescrFromType(NPY_UINT8), ndim, shape, &address);
    *data = address;
    return array;
}

static void release_memory(PyObject *capsule)
{
    wb_release(PyCapsule_GetPointer(capsule, NULL));
}

PyObject *array_take_uint8(int ndim, const ptrdiff_t *shape, wb_bytes *bytes)
{
    PyObject *owner = PyCapsule_New(bytes->data, NULL, release_memory);
    if (owner == NULL) {
        wb_bytes_free(bytes);
        return NULL;
    }
    npy_intp dimensions[WB_VIEW_MAX_DIMENSIONS];
    for (int i = 0; i < ndim; i++)
        dimensions[i] = shape[i];
    PyObject *array = PyArray_New(&PyArray_Type, ndim, dimensions, NPY_UINT8, NULL, bytes->data, 0,
                                  NPY_ARRAY_CARRAY, NULL);
    *bytes = (wb_bytes){0};
    if (array == NULL)
        Py_DECREF(owner);
    else if (PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0) /* takes the reference */
        Py_CLEAR(array);
    return array;
}

PyObject *array_borrow_uint8(const uint8_t *data, ptrdiff_t size, PyObject *owner)
{
    npy_intp shape[] = {size};
    PyObject *array = PyArray_New(&PyArray_Type, 1, shape, NPY_UINT8, NULL, (void *)(uintptr_t)data,
                                  0, 0 /* not writeable */, NULL);
    if (array == NULL)
        return NULL;
    Py_INCREF(owner);
    if (PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0)
        Py_CLEAR(array);
    return array;
}

PyObject *array_new_like(const array_view *view, int ndim, const ptrdiff_t *shape, void **data)
{
    PyArray_Descr *descr = PyArray_DESCR((PyArrayObject *)view->array);
    Py_INCREF(descr);
    return new_array(descr, ndim, shape, data);
}

int array_element(const array_view *view, const char *name, PyObject *value, void *element)
{
    PyArray_Descr *descr = PyArray_DESCR((PyArrayObject *)view->array);
    Py_INCREF(descr);
    PyArrayObject *scalar = (PyArrayObject *)PyArray_FromAny(value, descr, 0, 0,
                                                             NPY_ARRAY_FORCECAST, NULL);
    if (scalar == NULL && !is_no_number())
        return -1;
    if (scalar == NULL || PyArray_SIZE(scalar) != 1) {
        PyErr_Format(PyExc_ValueError, "%s must be one value of the array's dtype, not %.200R",
                     name, value);
        Py_XDECREF(scalar);
        return -1;
    }
    memcpy(element, PyArray_DATA(scalar), (size_t)PyArray_ITEMSIZE(scalar));
    Py_DECREF(scalar);
    return 0;
}
