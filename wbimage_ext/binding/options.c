/* Parsing of encoding arguments. In and out, ownership: see options.h. */
#include "options.h"

#include <math.h>
#include <string.h>

static bool is_given(PyObject *object)
{
    return object != NULL && object != Py_None;
}

static int file_type_parse(wb_file_type *file_type, const char *name)
{
    static const struct {
        const char *name;
        wb_file_type file_type;
    } TYPES[] = {
        {"png", WB_FILE_PNG},
        {"jpg", WB_FILE_JPEG},
        {"jpeg", WB_FILE_JPEG},
        {"bmp", WB_FILE_BMP},
    };
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (strcmp(name, TYPES[i].name) == 0) {
            *file_type = TYPES[i].file_type;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError,
                 "file_type must be one of ['png', 'jpg', 'jpeg', 'bmp'], not '%.100s'", name);
    return -1;
}

static int mode_parse(wb_mode *mode, PyObject *object)
{
    *mode = WB_MODE_GUESS;
    if (!is_given(object))
        return 0;
    const char *name = PyUnicode_Check(object) ? PyUnicode_AsUTF8(object) : NULL;
    for (int i = WB_MODE_L; name != NULL && i <= WB_MODE_RGBA; i++) {
        if (strcmp(name, wb_mode_name((wb_mode)i)) == 0) {
            *mode = (wb_mode)i;
            return 0;
        }
    }
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_ValueError, "mode must be one of L, LA, RGB, RGBA here, not %R", object);
    return -1;
}

static int raise_normalize(PyObject *object)
{
    PyErr_Format(
        PyExc_ValueError,
        "normalize must be True, False or two finite numbers (lo, hi) with lo < hi, not %R",
        object);
    return -1;
}

/* Whether the exception says that an object is no number, rather than that memory was refused or
 * that the caller's own code failed. Clears it if so. */
static bool is_no_number(void)
{
    bool result = PyErr_ExceptionMatches(PyExc_TypeError)
                  || PyErr_ExceptionMatches(PyExc_ValueError)
                  || PyErr_ExceptionMatches(PyExc_OverflowError);
    if (result)
        PyErr_Clear();
    return result;
}

int normalize_parse(wb_normalize *normalize, PyObject *object, wb_normalize_rule default_rule)
{
    *normalize = (wb_normalize){.rule = default_rule, .top_value = 255};
    if (object == NULL || object == Py_True)
        return 0;
    if (object == Py_False) {
        normalize->rule = WB_NORMALIZE_NONE;
        return 0;
    }
    PyObject *limits = PySequence_Tuple(object);
    if (limits == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        return raise_normalize(object);
    }
    normalize->rule = WB_NORMALIZE_LIMITS;
    int result = 0;
    if (PyTuple_GET_SIZE(limits) == 2) {
        normalize->lo = PyFloat_AsDouble(PyTuple_GET_ITEM(limits, 0));
        if (!PyErr_Occurred())
            normalize->hi = PyFloat_AsDouble(PyTuple_GET_ITEM(limits, 1));
        if (PyErr_Occurred()) {
            result = is_no_number() ? raise_normalize(object) : -1;
        } else if (!isfinite(normalize->lo) || !isfinite(normalize->hi)
                   || !(normalize->lo < normalize->hi)) {
            result = raise_normalize(object);
        }
    } else {
        result = raise_normalize(object);
    }
    Py_DECREF(limits);
    return result;
}

static int compress_level_parse(int *compress_level, PyObject *object)
{
    *compress_level = WB_PNG_LEVEL_FAST;
    if (!is_given(object))
        return 0;
    long level = PyLong_Check(object) ? PyLong_AsLong(object) : -1;
    if (PyErr_Occurred())
        PyErr_Clear();
    if (level < 0 || level > 9) {
        PyErr_Format(PyExc_ValueError, "compress_level must be None or 0 to 9, not %R", object);
        return -1;
    }
    *compress_level = (int)level;
    return 0;
}

static int copy_bytes(uint8_t *target, PyObject *source, Py_ssize_t size_bytes, const char *problem)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(source, &buffer, PyBUF_SIMPLE) < 0)
        return -1;
    int result = 0;
    if (buffer.len == size_bytes) {
        memcpy(target, buffer.buf, (size_t)size_bytes);
    } else {
        PyErr_SetString(PyExc_ValueError, problem);
        result = -1;
    }
    PyBuffer_Release(&buffer);
    return result;
}

static int palette_parse(encode_options *options, const encode_arguments *arguments)
{
    if (!is_given(arguments->colormap)) {
        if (is_given(arguments->nan_color)) {
            PyErr_SetString(PyExc_ValueError, "nan_color needs a colormap");
            return -1;
        }
        return 0;
    }
    if (options->image.file_type != WB_FILE_PNG) {
        PyErr_Format(PyExc_ValueError, "a colormap needs file_type 'png', not '%s'",
                     arguments->file_type);
        return -1;
    }
    if (options->image.mode != WB_MODE_GUESS) {
        PyErr_SetString(PyExc_ValueError, "mode and colormap exclude each other");
        return -1;
    }
    if (copy_bytes(options->palette_rgb, arguments->colormap, PALETTE_BYTES,
                   "a colormap must have 256 RGB rows")
        < 0)
        return -1;
    if (is_given(arguments->nan_color)) {
        const uint8_t nan_index = PALETTE_COLORS - 1;
        if (copy_bytes(options->palette_rgb + 3 * nan_index, arguments->nan_color, 3,
                       "nan_color must be an RGB triple")
            < 0)
            return -1;
        options->image.normalize.nan_value = nan_index;
        options->image.normalize.top_value = nan_index - 1;
    }
    options->has_palette = true;
    options->image.png.palette_rgb = options->palette_rgb;
    options->image.png.palette_count = PALETTE_COLORS;
    return 0;
}

int encode_options_parse(encode_options *options, const encode_arguments *arguments,
                         wb_normalize_rule default_rule, wb_cpu cpu)
{
    *options = (encode_options){0};
    wb_image_options *image = &options->image;
    image->png.cpu = cpu;
    image->quality = arguments->quality;
    if (arguments->quality < 1 || arguments->quality > 100) {
        PyErr_Format(PyExc_ValueError, "quality must be 1 to 100, not %d", arguments->quality);
        return -1;
    }
    if (file_type_parse(&image->file_type, arguments->file_type) < 0
        || mode_parse(&image->mode, arguments->mode) < 0
        || normalize_parse(&image->normalize, arguments->normalize, default_rule) < 0
        || compress_level_parse(&image->png.compress_level, arguments->compress_level) < 0)
        return -1;
    return palette_parse(options, arguments);
}
