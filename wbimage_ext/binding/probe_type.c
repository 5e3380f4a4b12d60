/* The Probe type. In and out, ownership: see probe_type.h. */
#include "probe_type.h"

#include <structmember.h>

#include "errors.h"
#include "probe/probe.h"

typedef struct probe_object {
    PyObject_HEAD wb_probe probe;
    char is_foreign;
} probe_object;

static PyObject *probe_raise(probe_object *self, wb_status status, const wb_error *error)
{
    self->is_foreign = status == WB_UNKNOWN_FORMAT;
    return raise_status(status, error);
}

static PyObject *probe_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Probe", keywords))
        return NULL;
    probe_object *self = (probe_object *)type->tp_alloc(type, 0);
    if (self != NULL)
        wb_probe_init(&self->probe);
    return (PyObject *)self;
}

static void probe_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* The probe's state changes under the GIL: a piece takes microseconds, and two threads feeding one
 * probe then cannot tear it. */
static PyObject *probe_feed(PyObject *object, PyObject *piece)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(piece, &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    wb_error error = {{0}};
    wb_status status = wb_probe_feed(&((probe_object *)object)->probe, buffer.buf,
                                     (size_t)buffer.len, &error);
    PyBuffer_Release(&buffer);
    if (status != WB_OK)
        return probe_raise((probe_object *)object, status, &error);
    Py_RETURN_NONE;
}

static PyObject *probe_finish(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    wb_error error = {{0}};
    wb_probe_result result;
    wb_status status = wb_probe_finish(&((probe_object *)object)->probe, &result, &error);
    if (status != WB_OK)
        return probe_raise((probe_object *)object, status, &error);
    return Py_BuildValue("(skk)", wb_format_name(result.format), (unsigned long)result.width,
                         (unsigned long)result.height);
}

static PyMethodDef probe_methods[] = {
    {"feed", probe_feed, METH_O,
     "feed($self, piece, /)\n--\n\nTake the next piece, a bytes-like object; ValueError says what "
     "is wrong."},
    {"finish", probe_finish, METH_NOARGS,
     "finish($self, /)\n--\n\nReturn (format, width, height), or raise ValueError: truncated, or "
     "no image."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef probe_members[] = {
    {"is_foreign", T_BOOL, offsetof(probe_object, is_foreign), READONLY,
     "Whether feed or finish failed because the format is not known here."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot probe_slots[] = {
    {Py_tp_doc, "Probe()\n--\n\nFormat, size and structure of an encoded image, without decoding "
                "it."},
    {Py_tp_new, probe_new},
    {Py_tp_dealloc, probe_dealloc},
    {Py_tp_methods, probe_methods},
    {Py_tp_members, probe_members},
    {0, NULL},
};

PyType_Spec probe_spec = {
    .name = "wbimage_ext._core.Probe",
    .basicsize = sizeof(probe_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = probe_slots,
};
