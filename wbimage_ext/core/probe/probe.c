/* Tells formats by their signatures; the format's own file does the rest.
 * In: pieces of a file. Out: a wb_probe_result. Ownership: see probe/probe.h. */
#include "probe/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probe/formats.h"

static const wb_probe_format *const FORMATS[] = {
    &wb_probe_format_png,  &wb_probe_format_jpeg, &wb_probe_format_gif,
    &wb_probe_format_webp, &wb_probe_format_bmp, /* two letters are the weakest signature: last */
};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof FORMATS[0] };

const char *wb_format_name(wb_format format)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (FORMATS[i]->format == format)
            return FORMATS[i]->name;
    return "unknown";
}

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
    wb_probe_gather(probe, start, sizeof start);
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
    wb_probe_gather(probe, data, size_bytes);
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
