/* Each of the three opens its array, says by a function how its rows become a file, and leaves the
 * rest to `encoded`. In and out, ownership: see encoding.h. */
#define PY_SSIZE_T_CLEAN /* before Python.h: "y#" takes a Py_ssize_t */
#include "encoding.h"

#include "array_view.h"
#include "encoded.h"
#include "errors.h"
#include "grids.h"
#include "options.h"

/* A call of the core that encodes `source`; runs without the GIL. */
typedef wb_status encode_function(void *source, const wb_image_options *options,
                                  wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                                  wb_error *error);

/* Runs `encode` with memory of the module's pools; the Encoded, or NULL with an exception set. */
static PyObject *encoded(module_state *state, encode_function *encode, void *source,
                         const encode_options *options)
{
    wb_png_scratch *scratch = state_borrow_scratch(state);
    if (scratch == NULL)
        return NULL;
    wb_bytes file = state_borrow_file(state);
    wb_image_info info = {0};
    wb_error error = {{0}};
    wb_status status;
    Py_BEGIN_ALLOW_THREADS
    status = encode(source, &options->image, scratch, &file, &info, &error);
    Py_END_ALLOW_THREADS
    state_return_scratch(state, scratch);
    if (status == WB_OK)
        return encoded_new(state, &file, &info, options->has_palette);
    state_return_file(state, &file);
    return raise_status(status, &error);
}

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

/* ---- encode ---- */

static wb_status encode_view(void *source, const wb_image_options *options, wb_png_scratch *scratch,
                             wb_bytes *file, wb_image_info *info, wb_error *error)
{
    return wb_image_encode(source, options, scratch, file, info, error);
}

PyObject *core_encode(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array",       "file_type", "mode",           "bit_depth",
                               "normalize",   "quality",   "compress_level", "num_threads",
                               "bfloat16",    "colormap",  "nan_color",      "tensor_rule",
                               "keeps_sides", NULL};
    module_state *state = PyModule_GetState(module);
    encode_arguments arguments = {.file_type = "png"};
    PyObject *object;
    int is_bfloat16 = 0;
    int has_tensor_rule = 0;
    int keeps_sides = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O|sOOOOOO$pOOpp:encode", keywords, &object, &arguments.file_type,
            &arguments.mode, &arguments.bit_depth, &arguments.normalize, &arguments.quality,
            &arguments.compress_level, &arguments.num_threads, &is_bfloat16, &arguments.colormap,
            &arguments.nan_color, &has_tensor_rule, &keeps_sides))
        return NULL;
    encode_options options;
    const wb_normalize_rule rule = has_tensor_rule ? WB_NORMALIZE_TORCH : WB_NORMALIZE_DEFAULT;
    if (encode_options_parse(&options, &arguments, rule, state->cpu) < 0)
        return NULL;
    array_view array;
    if (array_view_open(&array, object, is_bfloat16) < 0)
        return NULL;
    array.seen.keeps_sides = keeps_sides;
    PyObject *result = NULL;
    wb_view view;
    wb_error error = {{0}};
    wb_status status = wb_view_init(&view, &array.seen, MAX_DIMENSION, &error);
    if (status != WB_OK)
        raise_status(status, &error);
    else if (check_palette(&options, view.channels) == 0)
        result = encoded(state, encode_view, &view, &options);
    array_view_close(&array);
    return result;
}

/* ---- encode_grid ---- */

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

static wb_status encode_grid(void *source, const wb_image_options *options, wb_png_scratch *scratch,
                             wb_bytes *file, wb_image_info *info, wb_error *error)
{
    return wb_grid_encode(source, options, scratch, file, info, error);
}

PyObject *core_encode_grid(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"array",   "file_type",      "mode",        "bit_depth", "normalize",
                               "quality", "compress_level", "num_threads", "bfloat16",  "nrow",
                               "padding", "dataformats",    NULL};
    module_state *state = PyModule_GetState(module);
    encode_arguments arguments = {.file_type = "png"};
    grid_arguments layout = {0};
    PyObject *object;
    int is_bfloat16 = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O|sOOOOOO$pOOz:encode_grid", keywords, &object, &arguments.file_type,
            &arguments.mode, &arguments.bit_depth, &arguments.normalize, &arguments.quality,
            &arguments.compress_level, &arguments.num_threads, &is_bfloat16, &layout.nrow,
            &layout.padding, &layout.dataformats))
        return NULL;
    encode_options options;
    if (encode_options_parse(&options, &arguments, WB_NORMALIZE_TORCH, state->cpu) < 0)
        return NULL;
    array_view array;
    if (array_view_open(&array, object, is_bfloat16) < 0)
        return NULL;
    PyObject *result = NULL;
    wb_grid grid;
    if (grid_parse(&grid, &array.seen, &layout) == 0 && check_grid(&grid, &options) == 0)
        result = encoded(state, encode_grid, &grid, &options);
    array_view_close(&array);
    return result;
}

/* ---- encode_mask ---- */

typedef struct mask {
    wb_view view;
    uint8_t present[256];
} mask;

static wb_status encode_mask(void *source, const wb_image_options *options, wb_png_scratch *scratch,
                             wb_bytes *file, wb_image_info *info, wb_error *error)
{
    mask *m = source;
    return wb_mask_encode(&m->view, options, scratch, file, info, m->present, error);
}

static PyObject *encoded_mask(module_state *state, const array_view *array, unsigned num_threads)
{
    if (array->seen.ndim != 2) {
        PyErr_SetString(PyExc_TypeError, "mask_data must be a 2D array");
        return NULL;
    }
    mask m = {.present = {0}};
    wb_error error = {{0}};
    wb_status status = wb_view_init(&m.view, &array->seen, MAX_DIMENSION, &error);
    if (status != WB_OK)
        return raise_status(status, &error);
    const encode_options options = {
        .image = {.png = {.compress_level = WB_PNG_LEVEL_FAST},
                  .machine = {.cpu = state->cpu, .thread_count = num_threads}}};
    PyObject *file = encoded(state, encode_mask, &m, &options);
    if (file == NULL)
        return NULL;
    return Py_BuildValue("(Ny#)", file, (const char *)m.present, (Py_ssize_t)sizeof m.present);
}

PyObject *core_encode_mask(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"", "num_threads", NULL};
    PyObject *object;
    PyObject *num_threads_object = NULL;
    unsigned num_threads;
    array_view array;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:encode_mask", keywords, &object,
                                     &num_threads_object)
        || num_threads_parse(&num_threads, num_threads_object) < 0
        || array_view_open(&array, object, false) < 0)
        return NULL;
    PyObject *result = encoded_mask(PyModule_GetState(module), &array, num_threads);
    array_view_close(&array);
    return result;
}
