/* Format and size of an encoded image, its structure checked to the end, without decoding it.
 * In: the file's bytes, in pieces of any length, so that memory stays bounded. Out: a wb_probe_result.
 * Ownership: a wb_probe is a plain struct that owns nothing; it needs no free. */
#ifndef WB_PROBE_H
#define WB_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

typedef enum wb_format {
    WB_FORMAT_UNKNOWN,
    WB_FORMAT_PNG,
    WB_FORMAT_JPEG,
    WB_FORMAT_BMP,
    WB_FORMAT_GIF,
    WB_FORMAT_WEBP
} wb_format;

typedef struct wb_probe_result {
    wb_format format;
    uint32_t width;
    uint32_t height;
} wb_probe_result;

typedef struct wb_probe wb_probe; /* complete below, so that callers can place it where they like */

/* "png", "jpeg", "bmp", "gif", "webp" or "unknown". */
const char *wb_format_name(wb_format format);

void wb_probe_init(wb_probe *probe);

/* Takes the next piece. After a failure the probe takes no more. */
wb_status wb_probe_feed(wb_probe *probe, const uint8_t *data, size_t size_bytes, wb_error *error);

/* Says what the bytes so far are: WB_OK and `result`, or what is missing (WB_TRUNCATED) or foreign
 * (WB_UNKNOWN_FORMAT; no byte at all counts as that). Bytes after the image's end are allowed. */
wb_status wb_probe_finish(wb_probe *probe, wb_probe_result *result, wb_error *error);

struct wb_probe {
    int placeholder; /* replaced by the state of the five parsers */
};

#endif
