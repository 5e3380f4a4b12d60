/* Gathers fields from pieces, and notes what formats say about them.
 * In: pieces. Out: fields. Ownership: see probe/fields.h. */
#include "probe/fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void wb_probe_gather(wb_probe *probe, const uint8_t *data, size_t size_bytes)
{
    while (probe->status == WB_OK && !probe->is_complete && gather_field(probe, &data, &size_bytes))
        probe->format->read_field(probe, probe->gathered);
}
