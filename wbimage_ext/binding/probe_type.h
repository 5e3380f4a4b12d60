/* Probe: checks an encoded image piece by piece, as it is read.
 * In: buffers of bytes. Out: (format, width, height). Ownership: the object holds only counters. */
#ifndef WB_PROBE_TYPE_H
#define WB_PROBE_TYPE_H

#include <Python.h>

extern PyType_Spec probe_spec;

#endif
