/* The Encoded type. In and out, ownership: see encoded.h. */
#include "encoded.h"

#include <string.h>

#include <structmember.h>

/* Giving up the GIL and taking it again costs as much as to copy some 100 KB. */
enum { COPIED_WITH_GIL_BYTES = 256 << 10 };

typedef struct encoded_object {
    PyObject_HEAD wb_bytes file;
    Py_ssize_t width;
    Py_ssize_t height;
    PyObject *mode;
    char found_nan;
    char is_clipped;
    char dropped_alpha;
    char is_scaled;
    double lo, hi; /* of the values; hi < lo where there are none */
    double scale_lo, scale_hi;
} encoded_object;

PyObject *range_or_none(double lo, double hi)
{
    if (hi < lo)
        Py_RETURN_NONE;
    return Py_BuildValue("(dd)", lo, hi);
}

PyObject *encoded_new(module_state *state, wb_bytes *file, const wb_image_info *info,
                      bool has_palette)
{
    encoded_object *self = PyObject_New(encoded_object, state->encoded_type);
    if (self == NULL) {
        state_return_file(state, file);
        return NULL;
    }
    self->file = *file;
    *file = (wb_bytes){0};
    self->width = (Py_ssize_t)info->width;
    self->height = (Py_ssize_t)info->height;
    self->found_nan = info->found_nan;
    self->is_clipped = info->is_clipped;
    self->dropped_alpha = info->dropped_alpha;
    self->is_scaled = info->scale_lo != 0
                      || info->scale_hi != (info->is_16_bit ? UINT16_MAX : UINT8_MAX);
    self->lo = info->lo;
    self->hi = info->hi;
    self->scale_lo = info->scale_lo;
    self->scale_hi = info->scale_hi;
    self->mode = PyUnicode_InternFromString(has_palette       ? "P"
                                            : info->is_16_bit ? wb_mode_name_16(info->mode)
                                                              : wb_mode_name(info->mode));
    if (self->mode == NULL)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void encoded_dealloc(PyObject *object)
{
    encoded_object *self = (encoded_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    module_state *state = PyType_GetModuleState(type);
    if (state != NULL)
        state_return_file(state, &self->file);
    else
        wb_bytes_free(&self->file);
    Py_XDECREF(self->mode);
    PyObject_Free(self);
    Py_DECREF(type);
}

static int encoded_getbuffer(PyObject *object, Py_buffer *buffer, int flags)
{
    encoded_object *self = (encoded_object *)object;
    return PyBuffer_FillInfo(buffer, object, self->file.data, (Py_ssize_t)self->file.size_bytes,
                             1 /* read-only */, flags);
}

static Py_ssize_t encoded_length(PyObject *object)
{
    return (Py_ssize_t)((encoded_object *)object)->file.size_bytes;
}

/* Without it, bytes(encoded) would copy many megabytes with the GIL held, and into small pages. */
static PyObject *encoded_bytes(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    const wb_bytes *file = &((encoded_object *)object)->file;
    PyObject *copy = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)file->size_bytes);
    if (copy == NULL)
        return NULL;
    char *to = PyBytes_AS_STRING(copy);
    wb_prefer_large_pages(to, file->size_bytes);
    if (file->size_bytes < COPIED_WITH_GIL_BYTES) {
        memcpy(to, file->data, file->size_bytes);
        return copy;
    }
    Py_BEGIN_ALLOW_THREADS
    memcpy(to, file->data, file->size_bytes);
    Py_END_ALLOW_THREADS
    return copy;
}

static PyMethodDef encoded_methods[] = {
    {"__bytes__", encoded_bytes, METH_NOARGS, "__bytes__($self, /)\n--\n\nThe file."},
    {NULL, NULL, 0, NULL},
};

static PyObject *encoded_value_range(PyObject *object, void *Py_UNUSED(closure))
{
    const encoded_object *self = (const encoded_object *)object;
    return range_or_none(self->lo, self->hi);
}

static PyObject *encoded_scale(PyObject *object, void *Py_UNUSED(closure))
{
    const encoded_object *self = (const encoded_object *)object;
    return Py_BuildValue("(dd)", self->scale_lo, self->scale_hi);
}

static PyGetSetDef encoded_getters[] = {
    {"value_range", encoded_value_range, NULL,
     "The smallest and the largest finite value of a float array that the default rule scaled, "
     "else None.",
     NULL},
    {"scale", encoded_scale, NULL,
     "The values that sample 0 and the largest sample stand for. The largest is 254 beside a "
     "colour for NaN.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef encoded_members[] = {
    {"width", T_PYSSIZET, offsetof(encoded_object, width), READONLY, "Width in pixels."},
    {"height", T_PYSSIZET, offsetof(encoded_object, height), READONLY, "Height in pixels."},
    {"mode", T_OBJECT, offsetof(encoded_object, mode), READONLY, "Pillow's mode of the file."},
    {"found_nan", T_BOOL, offsetof(encoded_object, found_nan), READONLY,
     "Whether the array held a NaN."},
    {"is_clipped", T_BOOL, offsetof(encoded_object, is_clipped), READONLY,
     "Whether the array held integers that the file's samples do not, which nothing scaled."},
    {"dropped_alpha", T_BOOL, offsetof(encoded_object, dropped_alpha), READONLY,
     "Whether alpha was left out because the file type has none."},
    {"is_scaled", T_BOOL, offsetof(encoded_object, is_scaled), READONLY,
     "Whether samples stand for other values, which `scale` tells."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot encoded_slots[] = {
    {Py_tp_doc, "An encoded image file in memory; bytes(), memoryview() and len() read it."},
    {Py_tp_dealloc, encoded_dealloc},
    {Py_tp_methods, encoded_methods},
    {Py_tp_members, encoded_members},
    {Py_tp_getset, encoded_getters},
    {Py_bf_getbuffer, encoded_getbuffer},
    {Py_sq_length, encoded_length},
    {0, NULL},
};

PyType_Spec encoded_spec = {
    .name = "wbimage_ext._core.Encoded",
    .basicsize = sizeof(encoded_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = encoded_slots,
};
