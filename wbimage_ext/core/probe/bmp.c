/* BMP: its headers, and that the pixels they promise are there.
 * In: fields. Out: width and height. Ownership: see probe/fields.h. */
#include "probe/formats.h"

#include "bmp/header.h"

enum { STEP_FILE, STEP_START, STEP_HEADER, STEP_PIXELS };

/* "BM" begins many a text: a header of unknown size, or a compression, means another format. */
static wb_status read_start(wb_probe *probe, const uint8_t *field)
{
    const size_t header_bytes = wb_bmp_header_bytes(field);
    if (header_bytes == 0)
        return wb_probe_fail(probe, WB_UNKNOWN_FORMAT, "not one of a BMP");
    probe->state.bmp.step = STEP_HEADER;
    wb_probe_want_more(probe, header_bytes - WB_BMP_START_BYTES);
    return WB_OK;
}

static wb_status read_header(wb_probe *probe, const uint8_t *field)
{
    wb_bmp_header header;
    wb_error error = {{0}};
    wb_status status = wb_bmp_header_parse(field, wb_bmp_header_bytes(field), &header, &error);
    if (status != WB_OK)
        return wb_probe_fail(probe, status, "%s", error.detail);
    probe->result.width = header.width;
    probe->result.height = header.height;
    probe->state.bmp.step = STEP_PIXELS;
    wb_probe_enter(probe, header.pixels_offset, "pixels of %u bytes", (unsigned)header.pixel_bytes);
    const uint64_t end = (uint64_t)header.pixels_offset + header.pixel_bytes;
    wb_probe_pass(probe, end > probe->position ? end - probe->position : 0);
    wb_probe_want(probe, 0);
    return WB_OK;
}

static wb_status read_field(wb_probe *probe, const uint8_t *field)
{
    switch (probe->state.bmp.step) {
    case STEP_START: return read_start(probe, field);
    case STEP_HEADER: return read_header(probe, field);
    case STEP_PIXELS: return wb_probe_complete(probe);
    default:
        probe->state.bmp.step = STEP_START;
        wb_probe_want(probe, WB_BMP_START_BYTES);
        return WB_OK;
    }
}

const wb_probe_format wb_probe_format_bmp = {
    .format = WB_FORMAT_BMP,
    .name = "bmp",
    .title = "BMP",
    .signature = "BM",
    .signature_mask = "xx",
    .read_field = read_field,
};
