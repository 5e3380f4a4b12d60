/* Values of any shape as uint8, an array's mode, a file's pixels.
 * In and out, ownership: see values.h. */
#include "values.h"

#include "array_view.h"
#include "encoded.h"
#include "errors.h"
#include "image.h"
#include "options.h"
#include "state.h"

/* Values have no shape rules: one dimension is a row, two are an image of one channel. */
static wb_view view_of_values(const wb_array *flat)
{
    const bool is_row = flat->ndim == 1;
    return (wb_view){.data = flat->data,
                     .dtype = flat->dtype,
                     .is_byte_swapped = flat->is_byte_swapped,
                     .height = is_row ? 1 : (size_t)flat->shape[0],
                     .width = (size_t)flat->shape[is_row ? 0 : 1],
                     .channels = 1,
                     .row_stride_bytes = is_row ? 0 : flat->strides_bytes[0],
                     .column_stride_bytes = flat->strides_bytes[is_row ? 0 : 1]};
}

/* (uint8 array of the shape of `original`, whether there was NaN, range or None). */
static PyObject *converted(const array_view *original, const wb_array *flat,
                           const wb_normalize *normalize, wb_machine machine)
{
    const wb_view view = view_of_values(flat);
    if (view.height == 0 || view.width == 0) {
        PyErr_SetString(PyExc_ValueError, "the array is empty: it has no smallest value");
        return NULL;
    }
    uint8_t *data;
    PyObject *array = array_new_uint8(original->seen.ndim, original->shape, &data);
    if (array == NULL)
        return NULL;
    wb_conversion conversion;
    wb_error error = {{0}};
    wb_status status;
    Py_BEGIN_ALLOW_THREADS
    status = wb_conversion_plan(&conversion, &view, normalize, machine, &error);
    if (status == WB_OK)
        wb_conversion_write(&conversion, machine, data);
    Py_END_ALLOW_THREADS
    if (status != WB_OK) {
        Py_DECREF(array);
        return raise_status(status, &error);
    }
    PyObject *range = range_or_none(conversion.lo, conversion.hi);
    if (range == NULL) {
        Py_DECREF(array);
        return NULL;
    }
    return Py_BuildValue("(NON)", array, conversion.found_nan ? Py_True : Py_False, range);
}

PyObject *core_to_uint8(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array", "normalize", "bfloat16", "num_threads", NULL};
    const module_state *state = PyModule_GetState(module);
    PyObject *object;
    PyObject *normalize_object = NULL;
    PyObject *num_threads_object = NULL;
    wb_machine machine = {.cpu = state->cpu};
    int is_bfloat16 = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OpO:to_uint8", keywords, &object,
                                     &normalize_object, &is_bfloat16, &num_threads_object)
        || num_threads_parse(&machine.thread_count, num_threads_object) < 0)
        return NULL;
    wb_normalize normalize;
    if (normalize_parse(&normalize, normalize_object, WB_NORMALIZE_DEFAULT) < 0)
        return NULL;
    array_view original;
    if (array_view_open(&original, object, is_bfloat16) < 0)
        return NULL;
    PyObject *result = NULL;
    array_view flat;
    if (array_view_open_flat(&flat, original.array, is_bfloat16) == 0) {
        result = converted(&original, &flat.seen, &normalize, machine);
        array_view_close(&flat);
    }
    array_view_close(&original);
    return result;
}

PyObject *core_guess_mode(PyObject *Py_UNUSED(module), PyObject *object)
{
    array_view array;
    if (array_view_open(&array, object, false) < 0)
        return NULL;
    wb_error error = {{0}};
    wb_view view;
    wb_status status = wb_view_init(&view, &array.seen, 0, &error);
    array_view_close(&array);
    if (status != WB_OK)
        return raise_status(status, &error);
    return PyUnicode_FromString(wb_mode_name((wb_mode)view.channels));
}

/* Fills `max_pixels` from a count or None, which is no limit. */
static int max_pixels_parse(size_t *max_pixels, PyObject *object)
{
    *max_pixels = DECODE_MAX_PIXELS;
    if (object == NULL)
        return 0;
    *max_pixels = SIZE_MAX;
    if (object == Py_None)
        return 0;
    const Py_ssize_t count = PyNumber_AsSsize_t(object, NULL); /* no more than fits */
    if (count == -1 && PyErr_Occurred())
        return -1;
    if (count < 0) {
        PyErr_Format(PyExc_ValueError, "max_pixels must be None or a count of pixels, not %zd",
                     count);
        return -1;
    }
    *max_pixels = (size_t)count;
    return 0;
}

PyObject *core_decode(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"", "max_pixels", "keep_16_bits", NULL};
    PyObject *object;
    PyObject *max_pixels_object = NULL;
    int keeps_16_bits = 0;
    wb_encoded file = {0};
    Py_buffer buffer;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$Op:decode", keywords, &object,
                                     &max_pixels_object, &keeps_16_bits)
        || max_pixels_parse(&file.max_pixels, max_pixels_object) < 0
        || PyObject_GetBuffer(object, &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    file.data = buffer.buf;
    file.size_bytes = (size_t)buffer.len;
    file.keeps_16_bits = keeps_16_bits;
    wb_decoded decoded = {0};
    wb_error error = {{0}};
    wb_status status;
    Py_BEGIN_ALLOW_THREADS
    status = wb_image_decode(&file, &decoded, &error);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&buffer);
    if (status != WB_OK)
        return raise_status(status, &error);
    const ptrdiff_t shape[] = {(ptrdiff_t)decoded.height, (ptrdiff_t)decoded.width,
                               (ptrdiff_t)(decoded.channels * decoded.sample_bytes)};
    PyObject *array = array_take_uint8(3, shape, &decoded.pixels);
    if (array == NULL)
        return NULL;
    return Py_BuildValue("(Nsi)", array, decoded.mode, (int)decoded.sample_bytes);
}
