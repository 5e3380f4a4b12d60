/* Format and size of an encoded image, its structure checked to the end, without decoding it.
 * In: the file's bytes, in pieces of any length, none kept. Out: a wb_probe_result.
 * Ownership: a wb_probe is a plain struct that owns nothing; it needs no free. */
#ifndef WB_PROBE_PROBE_H
#define WB_PROBE_PROBE_H

#include "probe/fields.h"

/* "png", "jpeg", "bmp", "gif", "webp" or "unknown". */
const char *wb_format_name(wb_format format);

void wb_probe_init(wb_probe *probe);

/* Takes the next piece. After a failure, and after the image's end, it takes no notice of more, and
 * answers as before. */
wb_status wb_probe_feed(wb_probe *probe, const uint8_t *data, size_t size_bytes, wb_error *error);

/* Says what the bytes so far are: WB_OK and `result`, or what is missing (WB_TRUNCATED) or foreign
 * (WB_UNKNOWN_FORMAT; no byte at all counts as that). Bytes after the image's end are allowed. */
wb_status wb_probe_finish(wb_probe *probe, wb_probe_result *result, wb_error *error);

#endif
