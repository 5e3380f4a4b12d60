/* Parsing of encoding arguments. In and out, ownership: see options.h. */
#include "options.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "array_view.h"
#include "errors.h"

enum { DEFAULT_QUALITY = 75 /* Pillow's */ };

static bool is_given(PyObject *object)
{
    return object != NULL && object != Py_None;
}

static int file_type_parse(wb_file_type *file_type, const char *name)
{
    if (wb_file_type_named(name, file_type))
        return 0;
    PyErr_Format(PyExc_ValueError,
                 "file_type must be one of [" WB_FILE_TYPE_NAMES "], not '%.100s'", name);
    return -1;
}

static int mode_parse(wb_mode *mode, bool *is_16_bit, PyObject *object)
{
    *mode = WB_MODE_GUESS;
    *is_16_bit = false;
    if (!is_given(object))
        return 0;
    const char *name = PyUnicode_Check(object) ? PyUnicode_AsUTF8(object) : NULL;
    for (int i = WB_MODE_L; name != NULL && i <= WB_MODE_RGBA; i++) {
        if (strcmp(name, wb_mode_name((wb_mode)i)) == 0) {
            *mode = (wb_mode)i;
            return 0;
        }
    }
    if (name != NULL && strcmp(name, wb_mode_name_16(WB_MODE_L)) == 0) {
        *mode = WB_MODE_L;
        *is_16_bit = true;
        return 0;
    }
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_ValueError,
                     "mode must be one of L, LA, RGB, RGBA, I;16 here, not %.200R", object);
    return -1;
}

static int raise_normalize(PyObject *object)
{
    PyErr_Format(
        PyExc_ValueError,
        "normalize must be True, False or two finite numbers (lo, hi) with lo < hi, not %.200R",
        object);
    return -1;
}

static bool is_bool(PyObject *object)
{
    return PyBool_Check(object) || is_numpy_bool(object);
}

/* Fills `value` from an integer: 1, or 0 where the object is none; -1 with an exception set. What
 * does not fit becomes the largest or the smallest value. */
static int integer_read(Py_ssize_t *value, PyObject *object)
{
    if (!PyIndex_Check(object))
        return 0;
    PyObject *integer = PyNumber_Index(object);
    if (integer == NULL) /* arrays have __index__, which fails where they hold several values */
        return is_no_number() ? 0 : -1;
    *value = PyNumber_AsSsize_t(integer, NULL);
    Py_DECREF(integer);
    return 1;
}

int integer_parse(int *target, PyObject *object, const char *needed, int least, int most)
{
    if (object == NULL)
        return 0;
    Py_ssize_t value = 0;
    const int is_integer = is_bool(object) ? 0 : integer_read(&value, object);
    if (is_integer < 0)
        return -1;
    if (is_integer == 0 || value < least || value > most) {
        PyErr_Format(is_integer ? PyExc_ValueError : PyExc_TypeError, "%s, not %.200R", needed,
                     object);
        return -1;
    }
    *target = (int)value;
    return 0;
}

/* 1 for True and 1, 0 for False, None and 0, 2 for anything else; -1 with an exception set. */
static int switch_read(PyObject *object)
{
    if (object == Py_None)
        return 0;
    if (is_bool(object))
        return PyObject_IsTrue(object);
    Py_ssize_t value = 0;
    const int is_integer = integer_read(&value, object);
    if (is_integer < 0)
        return -1;
    return is_integer && (value == 0 || value == 1) ? (int)value : 2;
}

static int limits_read(wb_normalize *normalize, PyObject *limits)
{
    normalize->lo = PyFloat_AsDouble(PyTuple_GET_ITEM(limits, 0));
    if (!PyErr_Occurred())
        normalize->hi = PyFloat_AsDouble(PyTuple_GET_ITEM(limits, 1));
    if (PyErr_Occurred())
        return is_no_number() ? 0 : -1;
    return isfinite(normalize->lo) && isfinite(normalize->hi) && normalize->lo < normalize->hi;
}

int normalize_parse(wb_normalize *normalize, PyObject *object, wb_normalize_rule default_rule)
{
    *normalize = (wb_normalize){.rule = default_rule, .top_value = 255};
    const int choice = object == NULL ? 1 : switch_read(object);
    if (choice == 0)
        normalize->rule = WB_NORMALIZE_NONE;
    if (choice < 2)
        return choice < 0 ? -1 : 0;
    normalize->rule = WB_NORMALIZE_LIMITS;
    /* What is long is not copied to find out that it is no pair. */
    if (PySequence_Check(object) && PySequence_Size(object) != 2)
        return PyErr_Occurred() && !is_no_number() ? -1 : raise_normalize(object);
    PyObject *limits = PySequence_Tuple(object);
    if (limits == NULL)
        return is_no_number() ? raise_normalize(object) : -1;
    const int is_good = PyTuple_GET_SIZE(limits) == 2 ? limits_read(normalize, limits) : 0;
    Py_DECREF(limits);
    return is_good < 0 ? -1 : is_good == 0 ? raise_normalize(object) : 0;
}

static int quality_parse(int *quality, PyObject *object)
{
    *quality = DEFAULT_QUALITY;
    return integer_parse(quality, object, "quality must be an integer from 1 to 100", 1, 100);
}

int num_threads_parse(unsigned *num_threads, PyObject *object)
{
    int count = 1;
    if (integer_parse(&count, object, "num_threads must be an integer of 1 or more", 1, INT_MAX)
        < 0)
        return -1;
    *num_threads = (unsigned)count;
    return 0;
}

static int compress_level_parse(int *compress_level, PyObject *object)
{
    *compress_level = WB_PNG_LEVEL_FAST;
    if (!is_given(object))
        return 0;
    return integer_parse(compress_level, object,
                         "compress_level must be None or an integer from 0 to 9", 0, 9);
}

/* `has_mode_16` where mode="I;16" asks for 16 bits already. */
static int bit_depth_parse(encode_options *options, const encode_arguments *arguments,
                           bool has_mode_16)
{
    static const char *const NEEDED = "bit_depth must be 8 or 16";
    int bit_depth = has_mode_16 ? 16 : 8;
    if (is_given(arguments->bit_depth)
        && integer_parse(&bit_depth, arguments->bit_depth, NEEDED, 8, 16) < 0)
        return -1;
    if (bit_depth != 8 && bit_depth != 16) {
        PyErr_Format(PyExc_ValueError, "%s, not %d", NEEDED, bit_depth);
        return -1;
    }
    if (bit_depth == 8 && has_mode_16) {
        PyErr_SetString(PyExc_ValueError, "mode 'I;16' has a bit_depth of 16, not 8");
        return -1;
    }
    options->image.normalize.is_16_bit = bit_depth == 16;
    if (bit_depth == 16 && options->image.file_type != WB_FILE_PNG) {
        PyErr_Format(PyExc_ValueError, "bit_depth=16 needs file_type 'png', not '%s'",
                     arguments->file_type);
        return -1;
    }
    if (bit_depth == 16 && is_given(arguments->colormap)) {
        PyErr_SetString(PyExc_ValueError, "bit_depth=16 and colormap exclude each other");
        return -1;
    }
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
    bool has_mode_16;
    image->machine.cpu = cpu;
    if (num_threads_parse(&image->machine.thread_count, arguments->num_threads) < 0
        || quality_parse(&image->quality, arguments->quality) < 0
        || file_type_parse(&image->file_type, arguments->file_type) < 0
        || mode_parse(&image->mode, &has_mode_16, arguments->mode) < 0
        || normalize_parse(&image->normalize, arguments->normalize, default_rule) < 0
        || bit_depth_parse(options, arguments, has_mode_16) < 0
        || compress_level_parse(&image->png.compress_level, arguments->compress_level) < 0)
        return -1;
    image->normalize.finds_clipped = true;
    return palette_parse(options, arguments);
}
