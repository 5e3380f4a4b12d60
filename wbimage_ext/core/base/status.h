/* The result of a call of the core: a status and, after a failure, a text that says what was wrong.
 * In: nothing. Out: wb_status from every call that can fail, details in a wb_error.
 * Ownership: the caller owns the wb_error; messages are static strings. */
#ifndef WB_BASE_STATUS_H
#define WB_BASE_STATUS_H

typedef enum wb_status {
    WB_OK = 0,
    WB_OUT_OF_MEMORY,  /* an allocation failed, or a size does not fit into size_t */
    WB_BAD_SHAPE,      /* the dimensions are not those of an image */
    WB_EMPTY,          /* an array with a side of 0 */
    WB_BAD_DTYPE,      /* not bool, integer or float */
    WB_TOO_LARGE,      /* a side is over what the format or the caller allows */
    WB_BAD_ARGUMENT,   /* an option is outside its range */
    WB_OUT_OF_RANGE,   /* a mask value that is no integer between 0 and 255 */
    WB_UNKNOWN_FORMAT, /* the bytes are of no format that is known here */
    WB_TRUNCATED,      /* the bytes end before the image does */
    WB_DAMAGED,        /* the bytes contradict their format */
    WB_UNSUPPORTED,    /* a kind of a known format that browsers do not show */
    WB_LIBRARY_FAILED  /* libpng, libjpeg-turbo or libdeflate refused; see wb_error */
} wb_status;

/* Lets compilers check a printf text and its arguments: which parameter is the text, which is the
 * first argument, counted from 1. */
#if defined(__GNUC__) || defined(__clang__)
#define WB_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define WB_PRINTF(text, first)
#endif

/* Filled by the call that fails, with one sentence fragment without a full stop. */
typedef struct wb_error {
    char detail[256];
} wb_error;

/* Returns a static, human-readable sentence for any status. */
const char *wb_status_message(wb_status status);

/* Writes a printf-style detail into `error` (which may be NULL) and returns `status`,
 * so that a failing call is one line: return wb_fail(error, WB_DAMAGED, "...", ...). */
WB_PRINTF(3, 4) wb_status wb_fail(wb_error *error, wb_status status, const char *format, ...);

#endif
