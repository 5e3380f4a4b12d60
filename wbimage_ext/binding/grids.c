/* Axes by their names, and the grid in the array's own dtype.
 * In and out, ownership: see grids.h. */
#include "grids.h"

#include <limits.h>
#include <string.h>

#include "array_view.h"
#include "errors.h"
#include "options.h"

enum { AXIS_N, AXIS_H, AXIS_W, AXIS_C, AXIS_COUNT };
static const char AXES[AXIS_COUNT + 1] = "NHWC";

static int raise_dataformats(const char *dataformats, int ndim)
{
    const char *quote = dataformats != NULL ? "'" : "";
    PyErr_Format(PyExc_ValueError,
                 "dataformats %s%.20s%s does not name the axes of an array of %d dimensions; "
                 "examples are HW, CHW, HWC, NHW, NCHW and NHWC",
                 quote, dataformats != NULL ? dataformats : "None", quote, ndim);
    return -1;
}

/* Fills a batch from an array whose axes `dataformats` names, such as "NCHW". */
static int batch_parse(wb_batch *batch, const wb_array *array, const char *dataformats)
{
    static const char *const DEFAULTS[] = {NULL, NULL, "HW", "CHW", "NCHW"};
    if (dataformats == NULL && array->ndim >= 2 && array->ndim <= 4)
        dataformats = DEFAULTS[array->ndim];
    if (dataformats == NULL || strlen(dataformats) != (size_t)array->ndim)
        return raise_dataformats(dataformats, array->ndim);
    ptrdiff_t side[AXIS_COUNT] = {1, 1, 1, 1};
    ptrdiff_t stride_bytes[AXIS_COUNT] = {0};
    bool is_named[AXIS_COUNT] = {false};
    for (int i = 0; i < array->ndim; i++) {
        const char *name = strchr(AXES, dataformats[i]);
        if (name == NULL || is_named[name - AXES])
            return raise_dataformats(dataformats, array->ndim);
        is_named[name - AXES] = true;
        side[name - AXES] = array->shape[i];
        stride_bytes[name - AXES] = array->strides_bytes[i];
    }
    if (!is_named[AXIS_H] || !is_named[AXIS_W])
        return raise_dataformats(dataformats, array->ndim);
    for (int i = 0; i < AXIS_COUNT; i++) {
        if (side[i] == 0) {
            PyErr_SetString(PyExc_ValueError, "the array is empty: one of its sides is 0");
            return -1;
        }
    }
    if (side[AXIS_C] > INT_MAX) {
        PyErr_Format(PyExc_ValueError,
                     "Un-supported shape for image conversion: %zd channels, where 1 to 4 are "
                     "needed",
                     side[AXIS_C]);
        return -1;
    }
    *batch = (wb_batch){
        .first = {.data = array->data,
                  .dtype = array->dtype,
                  .is_byte_swapped = array->is_byte_swapped,
                  .height = (size_t)side[AXIS_H],
                  .width = (size_t)side[AXIS_W],
                  .channels = (unsigned)side[AXIS_C],
                  .row_stride_bytes = stride_bytes[AXIS_H],
                  .column_stride_bytes = stride_bytes[AXIS_W],
                  .channel_stride_bytes = stride_bytes[AXIS_C]},
        .count = (size_t)side[AXIS_N],
        .image_stride_bytes = stride_bytes[AXIS_N],
    };
    return 0;
}

int grid_parse(wb_grid *grid, const wb_array *array, const grid_arguments *arguments)
{
    int nrow = 8;
    int padding = 2;
    if (integer_parse(&nrow, arguments->nrow, "nrow must be an integer of 1 or more", 1, INT_MAX)
            < 0
        || integer_parse(&padding, arguments->padding, "padding must be an integer of 0 or more", 0,
                         INT_MAX)
               < 0)
        return -1;
    wb_batch batch;
    if (batch_parse(&batch, array, arguments->dataformats) < 0)
        return -1;
    wb_error error = {{0}};
    wb_status status = wb_grid_init(grid, &batch, (size_t)nrow, (size_t)padding, &error);
    if (status != WB_OK) {
        raise_status(status, &error);
        return -1;
    }
    return 0;
}

PyObject *core_make_grid(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array", "nrow", "padding", "pad_value", "dataformats", NULL};
    grid_arguments arguments = {.dataformats = "NCHW"};
    PyObject *object;
    PyObject *pad_value = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOs:make_grid", keywords, &object,
                                     &arguments.nrow, &arguments.padding, &pad_value,
                                     &arguments.dataformats))
        return NULL;
    array_view array;
    if (array_view_open(&array, object, false) < 0)
        return NULL;
    PyObject *result = NULL;
    wb_grid grid;
    uint8_t pad_element[16] = {0};
    if (grid_parse(&grid, &array.seen, &arguments) == 0
        && (pad_value == NULL || array_element(&array, "pad_value", pad_value, pad_element) == 0)) {
        const ptrdiff_t shape[] = {(ptrdiff_t)grid.height, (ptrdiff_t)grid.width,
                                   (ptrdiff_t)grid.channels};
        void *data;
        result = array_new_like(&array, 3, shape, &data);
        if (result != NULL) {
            Py_BEGIN_ALLOW_THREADS
            wb_grid_copy(&grid, pad_element, data);
            Py_END_ALLOW_THREADS
        }
    }
    array_view_close(&array);
    return result;
}
