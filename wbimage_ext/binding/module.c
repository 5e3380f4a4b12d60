/* wbimage_ext._core: what Python can ask of the core.
 * In: nothing. Out: the module, its functions and types. Ownership: a module object owns its state;
 * there may be several, and nothing is shared between them. */
#include <Python.h>
#include <stdlib.h>

#include "array_view.h"
#include "arrow.h"
#include "encoded.h"
#include "encoding.h"
#include "grids.h"
#include "jpeg/encode.h"
#include "options.h"
#include "png/decode.h"
#include "png/level.h"
#include "probe_type.h"
#include "state.h"
#include "values.h"

static PyObject *core_build_info(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    const module_state *state = PyModule_GetState(module);
    char cpu[64];
    wb_cpu_names(state->cpu, cpu, sizeof cpu);
    return Py_BuildValue("{s:s,s:s,s:s,s:s}", "cpu", cpu, "png", wb_png_library(), "libpng",
                         wb_png_reader(), "jpeg", wb_jpeg_library());
}

#define WITH_KEYWORDS(function) \
    (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

/* The first line of each text is what inspect.signature reads. */
static PyMethodDef core_methods[] = {
    {"encode", WITH_KEYWORDS(core_encode),
     "encode($module, /, array, file_type='png', mode=None, bit_depth=8, normalize=True, "
     "quality=75, compress_level=None, num_threads=1, *, bfloat16=False, colormap=None, "
     "nan_color=None, tensor_rule=False, keeps_sides=False)\n--\n\n"
     "Encode a NumPy array of shape (H, W), (H, W, 3) or (H, W, 4); returns an Encoded.\n\n"
     "bit_depth=16 makes a 16-bit PNG: integers keep their values, clipped to 0..65535; for floats "
     "65535 takes the place of 255. mode='I;16' is the same for (H, W)."},
    {"encode_grid", WITH_KEYWORDS(core_encode_grid),
     "encode_grid($module, /, array, file_type='png', mode=None, bit_depth=8, normalize=True, "
     "quality=75, compress_level=None, num_threads=1, *, bfloat16=False, nrow=8, padding=2, "
     "dataformats=None)\n--\n\n"
     "Encode a batch, (H, W), (C, H, W) or (N, C, H, W), as one normalised grid; returns an "
     "Encoded."},
    {"encode_mask", WITH_KEYWORDS(core_encode_mask),
     "encode_mask($module, array, /, *, num_threads=1)\n--\n\n"
     "Check and encode a two-dimensional mask; returns (Encoded, 256 presence flags)."},
    {"make_grid", WITH_KEYWORDS(core_make_grid),
     "make_grid($module, /, array, nrow=8, padding=2, pad_value=0, dataformats='NCHW')\n--\n\n"
     "Lay a batch out as one array (H, W, C) of the same dtype."},
    {"to_uint8", WITH_KEYWORDS(core_to_uint8),
     "to_uint8($module, /, array, *, normalize=True, bfloat16=False, num_threads=1)\n--\n\n"
     "Convert an array of any shape; returns (uint8 array, whether it held a NaN, range).\n\n"
     "The range is (lo, hi) of the finite values of a float array under normalize=True, else "
     "None."},
    {"guess_mode", core_guess_mode, METH_O,
     "guess_mode($module, array, /)\n--\n\n"
     "Return 'L', 'RGB' or 'RGBA' for an array's shape."},
    {"decode", WITH_KEYWORDS(core_decode),
     "decode($module, data, /, *, max_pixels=268435456, keep_16_bits=False)\n--\n\n"
     "Decode PNG, JPEG or BMP bytes; returns (uint8 array (H, W, bytes a pixel), mode, bytes a "
     "sample).\n\nValueError for an image of more than max_pixels; None is no limit. 16-bit gray "
     "keeps its samples; keep_16_bits=True keeps those of colours, in modes such as 'RGB;16'."},
    {"arrow_bytes", arrow_bytes, METH_VARARGS,
     "arrow_bytes($module, schema, array, /)\n--\n\n"
     "The uint8 values of an Arrow array, in place."},
    {"build_info", core_build_info, METH_NOARGS,
     "build_info($module, /)\n--\n\n"
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

/* The environment is read once: with the sets that it turns off. */
static int choose_cpu(module_state *state)
{
    const char *disabled = getenv("WBIMAGE_CPU_DISABLE");
    state->cpu = wb_cpu_detect(disabled);
    if (wb_cpu_list_is_known(disabled))
        return 0;
    char names[64];
    wb_cpu_names(~0u, names, sizeof names);
    return PyErr_WarnFormat(PyExc_UserWarning, 1,
                            "WBIMAGE_CPU_DISABLE=%.100s names a set that is unknown; known are %s",
                            disabled, names);
}

static int core_exec(PyObject *module)
{
    module_state *state = PyModule_GetState(module);
    if (array_view_setup() < 0 || choose_cpu(state) < 0)
        return -1;
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
#ifdef Py_mod_gil
    {Py_mod_gil,
     Py_MOD_GIL_NOT_USED}, /* the pools and Probe have locks, all else is the call's own */
#endif
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
