/* The sentences behind each wb_status, and the one place that formats details.
 * In: a status, a printf format. Out: text. Ownership: see base/status.h. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *wb_status_message(wb_status status)
{
    switch (status) {
    case WB_OK: return "ok";
    case WB_OUT_OF_MEMORY: return "out of memory";
    case WB_BAD_SHAPE: return "the shape is not that of an image";
    case WB_EMPTY: return "the array is empty";
    case WB_BAD_DTYPE: return "the dtype is not bool, integer or float";
    case WB_TOO_LARGE: return "the image is too large";
    case WB_BAD_ARGUMENT: return "an argument is outside its range";
    case WB_OUT_OF_RANGE: return "a value is outside its range";
    case WB_UNKNOWN_FORMAT: return "not an image format that is known";
    case WB_TRUNCATED: return "the image data is truncated";
    case WB_DAMAGED: return "the image data is damaged";
    case WB_UNSUPPORTED: return "browsers do not show this kind of image";
    case WB_LIBRARY_FAILED: return "an image library failed";
    }
    return "unknown status";
}

wb_status wb_fail(wb_error *error, wb_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->detail, sizeof error->detail, format, arguments);
        va_end(arguments);
    }
    return status;
}
