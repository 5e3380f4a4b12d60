/* wbimage_ext._core: what Python can ask of the core.
 * In: arrays, bytes and options. Out: encoded files, arrays, facts. Ownership: arguments are borrowed
 * and held while the core works on them without the GIL. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "array_view.h"
#include "arrow.h"
#include "encoded.h"
#include "errors.h"
#include "pixels/grid.h"
#include "jpeg/encode.h"
#include "convert/mask.h"
#include "options.h"
#include "png/level.h"
#include "image.h"
#include "probe_type.h"
#include "state.h"

enum { MAX_DIMENSION = 65500 /* of Image; JPEG's own limit is little more */ };

/* "L" to "RGBA", or "P" where a palette gives the colours. */
static const char *encoded_mode(const encode_options *options, const wb_image_info *info)
{
    return options->has_palette ? "P" : wb_mode_name(info->mode);
}

/* What an encode gave as an object, or its failure as an exception; takes over `file`. */
static PyObject *encoded_or_raise(module_state *state, wb_bytes *file, const wb_image_info *info,
                                  const char *mode, wb_status status, const wb_error *error)
{
    if (status == WB_OK)
        return encoded_new(state, file, info, mode);
    state_return_file(state, file);
    return raise_status(status, error);
}

/* ---- encode ---- */

static int check_palette(const encode_options *options, unsigned channels)
{
    if (options->has_palette && channels != 1) {
        PyErr_Format(PyExc_ValueError,
                     "a colormap needs two-dimensional data, not an image of %u channels",
                     channels);
        return -1;
    }
    return 0;
}

static PyObject *core_encode(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array",    "file_type",      "mode",     "normalize",
                               "quality",  "compress_level", "colormap", "nan_color",
                               "bfloat16", "tensor_rule",    NULL};
    module_state *state = PyModule_GetState(module);
    encode_arguments arguments = {.file_type = "png", .quality = 75};
    PyObject *object;
    int is_bfloat16 = 0;
    int has_tensor_rule = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O|s$OOiOOOpp:encode", keywords, &object, &arguments.file_type,
            &arguments.mode, &arguments.normalize, &arguments.quality, &arguments.compress_level,
            &arguments.colormap, &arguments.nan_color, &is_bfloat16, &has_tensor_rule))
        return NULL;
    encode_options options;
    const wb_normalize_rule rule = has_tensor_rule ? WB_NORMALIZE_TORCH : WB_NORMALIZE_DEFAULT;
    if (encode_options_parse(&options, &arguments, rule, state->cpu) < 0)
        return NULL;
    array_view array;
    if (array_view_open(&array, object, is_bfloat16) < 0)
        return NULL;

    PyObject *result = NULL;
    wb_error error = {{0}};
    wb_view view;
    wb_status status = wb_view_init(&view, array.data, array.dtype, array.is_byte_swapped,
                                    array.ndim, array.shape, array.strides_bytes, MAX_DIMENSION,
                                    &error);
    if (status != WB_OK) {
        raise_status(status, &error);
        goto cleanup;
    }
    if (check_palette(&options, view.channels) < 0)
        goto cleanup;
    wb_png_scratch *scratch = state_borrow_scratch(state);
    if (scratch == NULL)
        goto cleanup;
    wb_bytes file = state_borrow_file(state);
    wb_image_info info;
    Py_BEGIN_ALLOW_THREADS
    status = wb_image_encode(&view, &options.image, scratch, &file, &info, &error);
    Py_END_ALLOW_THREADS
    state_return_scratch(state, scratch);
    result = encoded_or_raise(state, &file, &info, encoded_mode(&options, &info), status, &error);

cleanup:
    array_view_close(&array);
    return result;
}

/* ---- grids ---- */

/* Fills a batch from an array whose axes `dataformats` names, such as "NCHW"; NULL goes by the number
 * of dimensions: HW, CHW, NCHW. */
static int batch_parse(wb_batch *batch, const array_view *array, const char *dataformats)
{
    static const char *const DEFAULTS[] = {NULL, NULL, "HW", "CHW", "NCHW"};
    if (dataformats == NULL && array->ndim >= 2 && array->ndim <= 4)
        dataformats = DEFAULTS[array->ndim];
    ptrdiff_t side[4] = {1, 1, 1, 1};
    ptrdiff_t stride_bytes[4] = {0};
    static const char AXES[] = "NHWC";
    unsigned seen = 0;
    bool is_good = dataformats != NULL && strlen(dataformats) == (size_t)array->ndim;
    for (int i = 0; is_good && i < array->ndim; i++) {
        const char *axis = strchr(AXES, dataformats[i]);
        is_good = axis != NULL && !(seen & (1u << (axis - AXES)));
        if (is_good) {
            seen |= 1u << (axis - AXES);
            side[axis - AXES] = array->shape[i];
            stride_bytes[axis - AXES] = array->strides_bytes[i];
        }
    }
    const unsigned height_and_width = 6;
    if (!is_good || (seen & height_and_width) != height_and_width) {
        PyErr_Format(PyExc_ValueError,
                     "dataformats %s%s%s does not name the axes of an array of %d dimensions; "
                     "examples are HW, CHW, HWC, NHW, NCHW and NHWC",
                     dataformats ? "'" : "", dataformats ? dataformats : "None",
                     dataformats ? "'" : "", array->ndim);
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        if (side[i] == 0) {
            PyErr_SetString(PyExc_ValueError, "the array is empty: one of its sides is 0");
            return -1;
        }
    }
    *batch = (wb_batch){
        .first = {.data = array->data,
                  .dtype = array->dtype,
                  .is_byte_swapped = array->is_byte_swapped,
                  .height = (size_t)side[1],
                  .width = (size_t)side[2],
                  .channels = (unsigned)side[3],
                  .row_stride_bytes = stride_bytes[1],
                  .column_stride_bytes = stride_bytes[2],
                  .channel_stride_bytes = stride_bytes[3]},
        .count = (size_t)side[0],
        .image_stride_bytes = stride_bytes[0],
    };
    return 0;
}

static int grid_parse(wb_grid *grid, const array_view *array, const char *dataformats,
                      Py_ssize_t nrow, Py_ssize_t padding)
{
    if (nrow < 1 || padding < 0) {
        PyErr_Format(PyExc_ValueError,
                     "nrow must be at least 1 and padding at least 0, not %zd and %zd", nrow,
                     padding);
        return -1;
    }
    wb_batch batch;
    if (batch_parse(&batch, array, dataformats) < 0)
        return -1;
    wb_error error = {{0}};
    wb_status status = wb_grid_init(grid, &batch, (size_t)nrow, (size_t)padding, &error);
    if (status != WB_OK) {
        raise_status(status, &error);
        return -1;
    }
    return 0;
}

static PyObject *core_make_grid(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array", "nrow", "padding", "pad_value", "dataformats", NULL};
    PyObject *object;
    PyObject *pad_value = NULL;
    Py_ssize_t nrow = 8;
    Py_ssize_t padding = 2;
    const char *dataformats = "NCHW";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|nnOs:make_grid", keywords, &object, &nrow,
                                     &padding, &pad_value, &dataformats))
        return NULL;
    array_view array;
    if (array_view_open(&array, object, false) < 0)
        return NULL;
    PyObject *result = NULL;
    wb_grid grid;
    uint8_t pad_element[16] = {0};
    if (grid_parse(&grid, &array, dataformats, nrow, padding) == 0
        && (pad_value == NULL || array_element(&array, pad_value, pad_element) == 0)) {
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

static int check_grid(const wb_grid *grid, const encode_options *options)
{
    if (grid->channels > WB_MAX_CHANNELS) {
        PyErr_Format(PyExc_ValueError,
                     "Un-supported shape for image conversion: %u channels, where 1 to 4 are "
                     "needed",
                     grid->channels);
        return -1;
    }
    if (grid->width > MAX_DIMENSION || grid->height > MAX_DIMENSION) {
        PyErr_Format(PyExc_ValueError, "the grid is %zu x %zu pixels; a side may have at most %d",
                     grid->width, grid->height, MAX_DIMENSION);
        return -1;
    }
    return check_palette(options, grid->channels);
}

static PyObject *core_encode_grid(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array",   "file_type",      "mode",     "normalize",
                               "quality", "compress_level", "bfloat16", "nrow",
                               "padding", "dataformats",    NULL};
    module_state *state = PyModule_GetState(module);
    encode_arguments arguments = {.file_type = "png", .quality = 75};
    PyObject *object;
    int is_bfloat16 = 0;
    Py_ssize_t nrow = 8;
    Py_ssize_t padding = 2;
    const char *dataformats = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|s$OOiOpnnz:encode_grid", keywords, &object,
                                     &arguments.file_type, &arguments.mode, &arguments.normalize,
                                     &arguments.quality, &arguments.compress_level, &is_bfloat16,
                                     &nrow, &padding, &dataformats))
        return NULL;
    encode_options options;
    if (encode_options_parse(&options, &arguments, WB_NORMALIZE_TORCH, state->cpu) < 0)
        return NULL;
    array_view array;
    if (array_view_open(&array, object, is_bfloat16) < 0)
        return NULL;

    PyObject *result = NULL;
    wb_grid grid;
    if (grid_parse(&grid, &array, dataformats, nrow, padding) < 0
        || check_grid(&grid, &options) < 0)
        goto cleanup;
    wb_png_scratch *scratch = state_borrow_scratch(state);
    if (scratch == NULL)
        goto cleanup;
    wb_bytes file = state_borrow_file(state);
    wb_image_info info = {0};
    wb_error error = {{0}};
    wb_status status;
    Py_BEGIN_ALLOW_THREADS
    status = wb_grid_plan(&grid, &options.image.normalize, state->cpu, &error);
    if (status == WB_OK) {
        wb_raster rows = wb_grid_raster(&grid);
        info.found_nan = grid.conversion.found_nan;
        status = wb_raster_encode(&rows, &options.image, scratch, &file, &info, &error);
    }
    Py_END_ALLOW_THREADS
    state_return_scratch(state, scratch);
    result = encoded_or_raise(state, &file, &info, encoded_mode(&options, &info), status, &error);

cleanup:
    array_view_close(&array);
    return result;
}

/* ---- masks ---- */

/* Rows of uint8 values that lie packed, for wb_raster. */
typedef struct packed_rows {
    const uint8_t *values;
    size_t width;
} packed_rows;

static const uint8_t *packed_row(const void *context, size_t y, uint8_t *Py_UNUSED(buffer))
{
    const packed_rows *rows = context;
    return rows->values + y * rows->width;
}

static wb_status encode_mask(const wb_view *view, const wb_image_options *options,
                             wb_png_scratch *scratch, wb_bytes *values, wb_bytes *file,
                             wb_image_info *info, uint8_t present[256], wb_error *error)
{
    packed_rows rows = {.values = NULL, .width = view->width};
    wb_status status = wb_mask_values(view, options->png.cpu, values, &rows.values, present, error);
    if (status != WB_OK)
        return status;
    if (rows.values == NULL)
        rows.values = values->data;
    wb_raster raster = {.width = view->width,
                        .height = view->height,
                        .channels = 1,
                        .context = &rows,
                        .row = packed_row};
    return wb_raster_encode(&raster, options, scratch, file, info, error);
}

static PyObject *core_encode_mask(PyObject *module, PyObject *object)
{
    module_state *state = PyModule_GetState(module);
    array_view array;
    if (array_view_open(&array, object, false) < 0)
        return NULL;
    PyObject *result = NULL;
    wb_error error = {{0}};
    wb_view view;
    if (array.ndim != 2) {
        PyErr_SetString(PyExc_TypeError, "mask_data must be a 2D array");
        goto cleanup;
    }
    wb_status status = wb_view_init(&view, array.data, array.dtype, array.is_byte_swapped, 2,
                                    array.shape, array.strides_bytes, MAX_DIMENSION, &error);
    if (status != WB_OK) {
        raise_status(status, &error);
        goto cleanup;
    }
    wb_png_scratch *scratch = state_borrow_scratch(state);
    if (scratch == NULL)
        goto cleanup;
    wb_bytes file = state_borrow_file(state);
    wb_bytes values = {0};
    const wb_image_options options = {
        .file_type = WB_FILE_PNG,
        .png = {.compress_level = WB_PNG_LEVEL_FAST, .cpu = state->cpu},
    };
    wb_image_info info = {0};
    uint8_t present[256] = {0};
    Py_BEGIN_ALLOW_THREADS
    status = encode_mask(&view, &options, scratch, &values, &file, &info, present, &error);
    wb_bytes_free(&values);
    Py_END_ALLOW_THREADS
    state_return_scratch(state, scratch);
    PyObject *encoded = encoded_or_raise(state, &file, &info, wb_mode_name(info.mode), status,
                                         &error);
    if (encoded != NULL)
        result = Py_BuildValue("(Ny#)", encoded, (const char *)present, (Py_ssize_t)sizeof present);

cleanup:
    array_view_close(&array);
    return result;
}

/* ---- values, shapes, decoding ---- */

static PyObject *core_to_uint8(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array", "normalize", "bfloat16", NULL};
    module_state *state = PyModule_GetState(module);
    PyObject *object;
    PyObject *normalize_object = NULL;
    int is_bfloat16 = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$Op:to_uint8", keywords, &object,
                                     &normalize_object, &is_bfloat16))
        return NULL;
    wb_normalize normalize;
    if (normalize_parse(&normalize, normalize_object, WB_NORMALIZE_DEFAULT) < 0)
        return NULL;
    array_view original;
    array_view flat;
    if (array_view_open(&original, object, is_bfloat16) < 0)
        return NULL;
    if (array_view_open_flat(&flat, original.array, is_bfloat16) < 0) {
        array_view_close(&original);
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *array = NULL;
    /* Values have no shape rules: one dimension is a row, two are an image of one channel. */
    const bool is_row = flat.ndim == 1;
    wb_view view = {.data = flat.data,
                    .dtype = flat.dtype,
                    .is_byte_swapped = flat.is_byte_swapped,
                    .height = is_row ? 1 : (size_t)flat.shape[0],
                    .width = (size_t)flat.shape[is_row ? 0 : 1],
                    .channels = 1,
                    .row_stride_bytes = is_row ? 0 : flat.strides_bytes[0],
                    .column_stride_bytes = flat.strides_bytes[is_row ? 0 : 1]};
    if (view.height == 0 || view.width == 0) {
        PyErr_SetString(PyExc_ValueError, "the array is empty: it has no smallest value");
        goto cleanup;
    }
    uint8_t *data;
    array = array_new_uint8(original.ndim, original.shape, &data);
    if (array == NULL)
        goto cleanup;
    wb_error error = {{0}};
    wb_status status;
    bool found_nan = false;
    Py_BEGIN_ALLOW_THREADS
    wb_conversion conversion;
    status = wb_conversion_plan(&conversion, &view, &normalize, state->cpu, &error);
    if (status == WB_OK) {
        found_nan = conversion.found_nan;
        for (size_t y = 0; y < view.height; y++)
            wb_conversion_write_row(&conversion, &view, y, data + y * view.width);
    }
    Py_END_ALLOW_THREADS
    if (status != WB_OK)
        raise_status(status, &error);
    else
        result = Py_BuildValue("(OO)", array, found_nan ? Py_True : Py_False);

cleanup:
    Py_XDECREF(array);
    array_view_close(&flat);
    array_view_close(&original);
    return result;
}

static PyObject *core_guess_mode(PyObject *Py_UNUSED(module), PyObject *object)
{
    array_view array;
    if (array_view_open(&array, object, false) < 0)
        return NULL;
    wb_error error = {{0}};
    wb_view view;
    wb_status status = wb_view_init(&view, array.data, array.dtype, array.is_byte_swapped,
                                    array.ndim, array.shape, array.strides_bytes, 0, &error);
    array_view_close(&array);
    if (status != WB_OK)
        return raise_status(status, &error);
    return PyUnicode_FromString(wb_mode_name((wb_mode)view.channels));
}

static PyObject *core_decode(PyObject *Py_UNUSED(module), PyObject *object)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(object, &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    const size_t max_pixels = (size_t)MAX_DIMENSION * MAX_DIMENSION;
    wb_decoded decoded = {0};
    wb_error error = {{0}};
    wb_status status;
    Py_BEGIN_ALLOW_THREADS
    status = wb_image_decode(buffer.buf, (size_t)buffer.len, max_pixels, &decoded, &error);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&buffer);
    PyObject *result = NULL;
    if (status != WB_OK) {
        raise_status(status, &error);
    } else {
        const ptrdiff_t shape[] = {(ptrdiff_t)decoded.height, (ptrdiff_t)decoded.width,
                                   (ptrdiff_t)(decoded.channels * decoded.sample_bytes)};
        uint8_t *data;
        PyObject *array = array_new_uint8(3, shape, &data);
        if (array != NULL) {
            memcpy(data, decoded.pixels.data, decoded.pixels.size_bytes);
            result = Py_BuildValue("(Nsi)", array, decoded.mode, (int)decoded.sample_bytes);
        }
    }
    wb_decoded_free(&decoded);
    return result;
}

static PyObject *core_build_info(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    module_state *state = PyModule_GetState(module);
    char cpu[64];
    wb_cpu_names(state->cpu, cpu, sizeof cpu);
    return Py_BuildValue("{s:s,s:s,s:s}", "cpu", cpu, "png", wb_png_library(), "jpeg",
                         wb_jpeg_library());
}

static PyMethodDef core_methods[] = {
    {"encode", (PyCFunction)(void (*)(void))core_encode, METH_VARARGS | METH_KEYWORDS,
     "Encode a NumPy array of shape (H, W), (H, W, 3) or (H, W, 4); returns an Encoded."},
    {"encode_grid", (PyCFunction)(void (*)(void))core_encode_grid, METH_VARARGS | METH_KEYWORDS,
     "Encode a batch, (H, W), (C, H, W) or (N, C, H, W), as one normalised grid; returns an "
     "Encoded."},
    {"encode_mask", core_encode_mask, METH_O,
     "Check and encode a two-dimensional mask; returns (Encoded, 256 presence flags)."},
    {"make_grid", (PyCFunction)(void (*)(void))core_make_grid, METH_VARARGS | METH_KEYWORDS,
     "Lay a batch out as one array (H, W, C) of the same dtype."},
    {"to_uint8", (PyCFunction)(void (*)(void))core_to_uint8, METH_VARARGS | METH_KEYWORDS,
     "Convert an array of any shape; returns (uint8 array, whether it held a NaN)."},
    {"guess_mode", core_guess_mode, METH_O, "Return 'L', 'RGB' or 'RGBA' for an array's shape."},
    {"decode", core_decode, METH_O,
     "Decode PNG, JPEG or BMP bytes; returns (uint8 array (H, W, bytes a pixel), mode, bytes a "
     "sample)."},
    {"arrow_bytes", arrow_bytes, METH_VARARGS,
     "arrow_bytes($module, schema, array, /)\n--\n\nThe uint8 values of an Arrow array, in place."},
    {"build_info", core_build_info, METH_NOARGS,
     "Return the libraries and the CPU kernels in use."},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (*type != NULL)
        return PyModule_AddType(module, *type);
    /* Where there is no memory for the name, CPython 3.11 sets no exception. */
    if (!PyErr_Occurred())
        PyErr_NoMemory();
    return -1;
}

static int core_exec(PyObject *module)
{
    module_state *state = PyModule_GetState(module);
    if (array_view_setup() < 0)
        return -1;
    state->cpu = wb_cpu_detect(getenv("WBIMAGE_CPU_DISABLE"));
    if (add_type(module, &encoded_spec, &state->encoded_type) < 0
        || add_type(module, &probe_spec, &state->probe_type) < 0)
        return -1;
    return PyModule_AddIntConstant(module, "MAX_DIMENSION", MAX_DIMENSION);
}

static int core_traverse(PyObject *module, visitproc visit, void *arg)
{
    module_state *state = PyModule_GetState(module);
    Py_VISIT(state->encoded_type);
    Py_VISIT(state->probe_type);
    return 0;
}

static int core_clear(PyObject *module)
{
    module_state *state = PyModule_GetState(module);
    Py_CLEAR(state->encoded_type);
    Py_CLEAR(state->probe_type);
    return 0;
}

static void core_free(void *module)
{
    module_state *state = PyModule_GetState(module);
    core_clear(module);
    state_free_pools(state);
}

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_exec, core_exec},
    {0, NULL},
};

static struct PyModuleDef core_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_doc = "The C core of wbimage_ext.",
    .m_size = sizeof(module_state),
    .m_methods = core_methods,
    .m_slots = core_slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&core_module);
}
