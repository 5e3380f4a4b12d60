/* Reads Arrow arrays of uint8, or of lists of uint8 of one fixed size. The two structs are the
 * interface's own: https://arrow.apache.org/docs/format/CDataInterface
 * In and out, ownership: see arrow.h. */
#include "arrow.h"

#include <stdbool.h>
#include <string.h>

#include "array_view.h"

typedef struct arrow_schema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct arrow_schema **children;
    struct arrow_schema *dictionary;
    void (*release)(struct arrow_schema *schema);
    void *private_data;
} arrow_schema;

typedef struct arrow_array {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct arrow_array **children;
    struct arrow_array *dictionary;
    void (*release)(struct arrow_array *array);
    void *private_data;
} arrow_array;

static bool is_uint8(const arrow_schema *schema, const arrow_array *array)
{
    return strcmp(schema->format, "C") == 0 && array->n_buffers == 2 && array->n_children == 0;
}

static bool is_list(const arrow_schema *schema, const arrow_array *array)
{
    return strncmp(schema->format, "+w:", 3) == 0 && schema->n_children == 1
           && array->n_children == 1;
}

PyObject *arrow_bytes(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *schema_capsule;
    PyObject *array_capsule;
    if (!PyArg_ParseTuple(args, "OO:arrow_bytes", &schema_capsule, &array_capsule))
        return NULL;
    const arrow_schema *schema = PyCapsule_GetPointer(schema_capsule, "arrow_schema");
    const arrow_array *array = schema ? PyCapsule_GetPointer(array_capsule, "arrow_array") : NULL;
    if (array == NULL)
        return NULL;
    if (schema->release == NULL || array->release == NULL) {
        PyErr_SetString(PyExc_ValueError, "the Arrow array was released already");
        return NULL;
    }
    bool is_whole = array->offset == 0 && array->null_count == 0;
    if (is_list(schema, array)) {
        schema = schema->children[0];
        array = array->children[0];
        is_whole = is_whole && array->offset == 0 && array->null_count == 0;
    }
    if (!is_whole || !is_uint8(schema, array)) {
        PyErr_Format(PyExc_TypeError, "Arrow format '%.20s' is not one of whole uint8 values",
                     schema->format);
        return NULL;
    }
    return array_borrow_uint8(array->buffers[1], (ptrdiff_t)array->length, array_capsule);
}
