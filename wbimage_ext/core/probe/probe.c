/* Tells formats by their signatures and turns pieces of any length into the fields they ask for.
 * In: pieces of a file. Out: a wb_probe_result. Ownership: see probe/probe.h. */
#include "probe/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const wb_probe_format *const FORMATS[] = {
    &wb_probe_format_png,  &wb_probe_format_jpeg, &wb_probe_format_gif,
    &wb_probe_format_webp, &wb_probe_format_bmp, /* two letters are the weakest signature: last */
};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof FORMATS[0] };

const char *wb_format_name(wb_format format)
{
    switch (format) {
    case WB_FORMAT_PNG: return "png";
    case WB_FORMAT_JPEG: return "jpeg";
    case WB_FORMAT_BMP: return "bmp";
    case WB_FORMAT_GIF: return "gif";
    case WB_FORMAT_WEBP: return "webp";
    case WB_FORMAT_UNKNOWN: break;
    }
    return "unknown";
}

/* ---- what formats call ----------------------------------------------------------------------- */

void wb_probe_want(wb_probe *probe, size_t size_bytes)
{
    probe->gathered_bytes = 0;
    probe->wanted_bytes = size_bytes;
    probe->is_scanning = false;
}

void wb_probe_want_more(wb_probe *probe, size_t size_bytes)
{
    probe->wanted_bytes += size_bytes;
}

void wb_probe_pass(wb_probe *probe, uint64_t size_bytes)
{
    probe->pass_bytes = size_bytes;
}

void wb_probe_scan(wb_probe *probe)
{
    probe->is_scanning = true;
}

wb_status wb_probe_complete(wb_probe *probe)
{
    probe->is_complete = true;
    return WB_OK;
}

void wb_probe_enter(wb_probe *probe, uint64_t position, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(probe->part, sizeof probe->part, format, arguments);
    va_end(arguments);
    probe->part_position = position;
}

wb_status wb_probe_fail(wb_probe *probe, wb_status status, const char *format, ...)
{
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    probe->status = status;
    return wb_fail(&probe->failure, status, "%s, %s at byte %" PRIu64 ": %s", probe->format->title,
                   probe->part, probe->part_position, text);
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* Whether the first `size_bytes` of the file, as far as the signature goes, are the format's. */
static bool signature_fits(const wb_probe_format *format, const uint8_t *data, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes && format->signature_mask[i] != '\0'; i++)
        if (format->signature_mask[i] == 'x' && (char)data[i] != format->signature[i])
            return false;
    return true;
}

static const wb_probe_format *format_of(const uint8_t *data, size_t size_bytes)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (signature_fits(FORMATS[i], data, size_bytes))
            return FORMATS[i];
    return NULL;
}

static wb_status fail_unknown(wb_probe *probe, size_t size_bytes)
{
    probe->status = WB_UNKNOWN_FORMAT;
    if (size_bytes == 0)
        return wb_fail(&probe->failure, WB_UNKNOWN_FORMAT, "there are no bytes");
    char text[3 * WB_PROBE_SIGNATURE_BYTES + 1] = "";
    for (size_t i = 0; i < size_bytes; i++)
        snprintf(text + 3 * i, 4, " %02x", probe->gathered[i]);
    return wb_fail(&probe->failure, WB_UNKNOWN_FORMAT,
                   "no PNG, JPEG, BMP, GIF or WebP begins with%s", text);
}

/* ---- pieces into fields ---------------------------------------------------------------------- */

static bool is_waiting(const wb_probe *probe)
{
    return probe->pass_bytes != 0 || probe->is_scanning
           || probe->gathered_bytes < probe->wanted_bytes;
}

/* Moves through `data` as far as the next field goes; false when all of it is used up before. */
static bool gather_field(wb_probe *probe, const uint8_t **data, size_t *size_bytes)
{
    while (is_waiting(probe)) {
        if (*size_bytes == 0)
            return false;
        size_t taken;
        if (probe->pass_bytes != 0) {
            taken = probe->pass_bytes < *size_bytes ? (size_t)probe->pass_bytes : *size_bytes;
            if (probe->format->see_passed != NULL)
                probe->format->see_passed(probe, *data, taken);
            probe->pass_bytes -= taken;
        } else if (probe->is_scanning) {
            taken = probe->format->scan(probe, *data, *size_bytes);
        } else {
            taken = probe->wanted_bytes - probe->gathered_bytes;
            taken = taken < *size_bytes ? taken : *size_bytes;
            memcpy(probe->gathered + probe->gathered_bytes, *data, taken);
            probe->gathered_bytes += taken;
        }
        *data += taken;
        *size_bytes -= taken;
        probe->position += taken;
    }
    return true;
}

static void feed_format(wb_probe *probe, const uint8_t *data, size_t size_bytes)
{
    while (probe->status == WB_OK && !probe->is_complete && gather_field(probe, &data, &size_bytes))
        probe->format->read_field(probe, probe->gathered);
}

/* The signature's bytes are the format's own first bytes too: it is shown them from the start. */
static wb_status read_signature(wb_probe *probe, const uint8_t *field)
{
    uint8_t start[WB_PROBE_SIGNATURE_BYTES];
    memcpy(start, field, sizeof start);
    const wb_probe_format *format = format_of(start, sizeof start);
    if (format == NULL)
        return fail_unknown(probe, sizeof start);
    probe->format = format;
    probe->result.format = format->format;
    probe->position = 0;
    wb_probe_want(probe, 0);
    wb_probe_enter(probe, 0, "header");
    feed_format(probe, start, sizeof start);
    return probe->status;
}

/* What every file is before its format is known. */
static const wb_probe_format ANY_FORMAT = {.read_field = read_signature};

void wb_probe_init(wb_probe *probe)
{
    *probe = (wb_probe){.format = &ANY_FORMAT, .wanted_bytes = WB_PROBE_SIGNATURE_BYTES};
}

static wb_status answer(const wb_probe *probe, wb_error *error)
{
    if (probe->status != WB_OK && error != NULL)
        *error = probe->failure;
    return probe->status;
}

wb_status wb_probe_feed(wb_probe *probe, const uint8_t *data, size_t size_bytes, wb_error *error)
{
    feed_format(probe, data, size_bytes);
    return answer(probe, error);
}

/* The image is not whole: cut short, or too short to tell what it would be. */
static wb_status fail_truncated(wb_probe *probe)
{
    if (probe->format == &ANY_FORMAT) {
        const wb_probe_format *format = format_of(probe->gathered, probe->gathered_bytes);
        if (probe->gathered_bytes == 0 || format == NULL)
            return fail_unknown(probe, probe->gathered_bytes);
        probe->format = format;
        wb_probe_enter(probe, 0, "signature");
    }
    return wb_probe_fail(probe, WB_TRUNCATED, "the data end at byte %" PRIu64, probe->position);
}

wb_status wb_probe_finish(wb_probe *probe, wb_probe_result *result, wb_error *error)
{
    *result = (wb_probe_result){0};
    if (probe->status == WB_OK && probe->format->may_end != NULL && probe->format->may_end(probe))
        wb_probe_complete(probe);
    if (probe->is_complete)
        *result = probe->result;
    else if (probe->status == WB_OK)
        fail_truncated(probe);
    return answer(probe, error);
}
