/* The Probe type. In and out, ownership: see probe_type.h. */
#include "probe_type.h"

#include <stdbool.h>

#include "errors.h"
#include "probe/probe.h"

/* Before 3.13 there is a GIL, which does what a critical section is for. */
#ifndef Py_BEGIN_CRITICAL_SECTION
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#endif

typedef struct probe_object {
    PyObject_HEAD wb_probe probe;
    bool is_foreign;
    bool is_busy; /* a thread is at work on the probe, without the GIL */
} probe_object;

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

/* Takes the probe for this thread; -1 with RuntimeError set where another one has it. */
static int probe_enter(probe_object *self)
{
    bool was_busy;
    Py_BEGIN_CRITICAL_SECTION(self);
    was_busy = self->is_busy;
    self->is_busy = true;
    Py_END_CRITICAL_SECTION();
    if (!was_busy)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "another thread is feeding this Probe");
    return -1;
}

static void probe_leave(probe_object *self, wb_status status)
{
    Py_BEGIN_CRITICAL_SECTION(self);
    self->is_foreign = status == WB_UNKNOWN_FORMAT;
    self->is_busy = false;
    Py_END_CRITICAL_SECTION();
}

static PyObject *probe_feed(PyObject *object, PyObject *piece)
{
    probe_object *self = (probe_object *)object;
    Py_buffer buffer;
    if (PyObject_GetBuffer(piece, &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    if (probe_enter(self) < 0) {
        PyBuffer_Release(&buffer);
        return NULL;
    }
    wb_error error = {{0}};
    wb_status status;
    Py_BEGIN_ALLOW_THREADS
    status = wb_probe_feed(&self->probe, buffer.buf, (size_t)buffer.len, &error);
    Py_END_ALLOW_THREADS
    probe_leave(self, status);
    PyBuffer_Release(&buffer);
    if (status != WB_OK)
        return raise_status(status, &error);
    Py_RETURN_NONE;
}

static PyObject *probe_finish(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    probe_object *self = (probe_object *)object;
    if (probe_enter(self) < 0)
        return NULL;
    wb_error error = {{0}};
    wb_probe_result result;
    wb_status status = wb_probe_finish(&self->probe, &result, &error);
    probe_leave(self, status);
    if (status != WB_OK)
        return raise_status(status, &error);
    return Py_BuildValue("(skk)", wb_format_name(result.format), (unsigned long)result.width,
                         (unsigned long)result.height);
}

static PyObject *probe_is_foreign(PyObject *object, void *Py_UNUSED(closure))
{
    bool is_foreign;
    Py_BEGIN_CRITICAL_SECTION(object);
    is_foreign = ((probe_object *)object)->is_foreign;
    Py_END_CRITICAL_SECTION();
    return PyBool_FromLong(is_foreign);
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

static PyGetSetDef probe_getters[] = {
    {"is_foreign", probe_is_foreign, NULL,
     "Whether feed or finish failed because the format is not known here.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot probe_slots[] = {
    {Py_tp_doc, "Probe()\n--\n\nFormat, size and structure of an encoded image, without decoding "
                "it."},
    {Py_tp_new, probe_new},
    {Py_tp_dealloc, probe_dealloc},
    {Py_tp_methods, probe_methods},
    {Py_tp_getset, probe_getters},
    {0, NULL},
};

PyType_Spec probe_spec = {
    .name = "wbimage_ext._core.Probe",
    .basicsize = sizeof(probe_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = probe_slots,
};
