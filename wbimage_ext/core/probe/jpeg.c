/* JPEG (ITU-T T.81): markers and segments from SOI to EOI, scans passed over, not decoded.
 * In: fields. Out: width and height from the frame header. Ownership: see probe/fields.h. */
#include "probe/formats.h"

#include <string.h>

#include "base/endian.h"

enum {
    STEP_START,
    STEP_MARKER_PREFIX, /* the 0xFF of a marker */
    STEP_MARKER_CODE,   /* after at least one 0xFF */
    STEP_SCAN_CODE,     /* the same inside a scan, where 0xFF00 is a byte and RSTn goes on */
    STEP_LENGTH,
    STEP_FRAME,
    STEP_SCAN_HEADER
};

/* Table B.1 */
enum {
    MARKER_TEM = 0x01,
    MARKER_SOF0 = 0xC0,
    MARKER_SOF2 = 0xC2,
    MARKER_DHT = 0xC4,
    MARKER_JPG = 0xC8,
    MARKER_SOF9 = 0xC9,
    MARKER_SOF10 = 0xCA,
    MARKER_DAC = 0xCC,
    MARKER_SOF15 = 0xCF,
    MARKER_RST0 = 0xD0,
    MARKER_RST7 = 0xD7,
    MARKER_SOI = 0xD8,
    MARKER_EOI = 0xD9,
    MARKER_SOS = 0xDA
};

enum {
    SOI_BYTES = 2,
    MARKER_BYTES = 2,
    LENGTH_BYTES = 2,
    FRAME_BYTES = 6, /* of the frame header: precision, height, width, count of components */
    FRAME_COMPONENT_BYTES = 3,
    SAMPLE_BITS = 8,
    SCAN_COMPONENT_BYTES = 2,
    SCAN_OTHER_BYTES = 4, /* of the scan header: count of components, three parameters */
    MAX_SCAN_COMPONENTS = 4
};

static bool is_restart(uint8_t code)
{
    return code >= MARKER_RST0 && code <= MARKER_RST7;
}

static bool is_frame(uint8_t code)
{
    return code >= MARKER_SOF0 && code <= MARKER_SOF15 && code != MARKER_DHT && code != MARKER_JPG
           && code != MARKER_DAC;
}

/* Baseline, extended and progressive DCT, with Huffman or arithmetic codes. The other frames are
 * lossless or hierarchical. */
static bool is_shown(uint8_t frame)
{
    return frame <= MARKER_SOF2 || frame == MARKER_SOF9 || frame == MARKER_SOF10;
}

static wb_status want(wb_probe *probe, int step, size_t size_bytes)
{
    probe->state.jpeg.step = step;
    wb_probe_want(probe, size_bytes);
    return WB_OK;
}

static wb_status pass_stray_byte(wb_probe *probe, uint8_t byte)
{
    wb_probe_jpeg *jpeg = &probe->state.jpeg;
    if (jpeg->stray_bytes < sizeof jpeg->stray)
        jpeg->stray[jpeg->stray_bytes] = byte;
    jpeg->stray_bytes++;
    return want(probe, STEP_MARKER_PREFIX, 1);
}

/* Stray bytes between segments are passed over, as every decoder does. */
static wb_status read_marker_prefix(wb_probe *probe, const uint8_t *field)
{
    if (probe->state.jpeg.stray_bytes == 0)
        wb_probe_enter(probe, probe->position - 1, "a marker");
    if (field[0] != 0xFF)
        return pass_stray_byte(probe, field[0]);
    return want(probe, STEP_MARKER_CODE, 1);
}

/* Whether the stray bytes are a segment whose 0xFF is damaged: bytes 2 and 3, where a segment has
 * its length, give their number. The pixels may need its table. */
static bool is_damaged_segment(const wb_probe_jpeg *jpeg)
{
    return jpeg->stray_bytes >= sizeof jpeg->stray
           && jpeg->stray_bytes - MARKER_BYTES == wb_load_be16(jpeg->stray + MARKER_BYTES);
}

static wb_status read_marker_code(wb_probe *probe, const uint8_t *field)
{
    wb_probe_jpeg *jpeg = &probe->state.jpeg;
    const uint8_t code = field[0];
    if (code == 0xFF) /* fill bytes may precede any marker (section B.1.1.2) */
        return want(probe, STEP_MARKER_CODE, 1);
    if (code == 0) { /* no marker: 0xFF came as a byte */
        pass_stray_byte(probe, 0xFF);
        return pass_stray_byte(probe, 0);
    }
    if (is_damaged_segment(jpeg))
        return wb_probe_fail(probe, WB_DAMAGED, "0x%02x%02x where a marker has to be",
                             jpeg->stray[0], jpeg->stray[1]);
    jpeg->stray_bytes = 0;
    if (code == MARKER_TEM || is_restart(code))
        return want(probe, STEP_MARKER_PREFIX, 1);
    wb_probe_enter(probe, probe->position - 2, "marker 0xff%02x", code);
    if (code == MARKER_EOI) {
        if (!jpeg->has_scan)
            return wb_probe_fail(probe, WB_DAMAGED, "the end comes before any pixels");
        return wb_probe_complete(probe);
    }
    if (code < MARKER_SOF0 || code == MARKER_SOI)
        return wb_probe_fail(probe, WB_DAMAGED, "it has no place here");
    jpeg->marker = code;
    return want(probe, STEP_LENGTH, LENGTH_BYTES);
}

static wb_status read_length(wb_probe *probe, const uint8_t *field)
{
    wb_probe_jpeg *jpeg = &probe->state.jpeg;
    const unsigned length = wb_load_be16(field);
    if (length < LENGTH_BYTES)
        return wb_probe_fail(probe, WB_DAMAGED, "a length of %u", length);
    jpeg->segment_bytes = (uint16_t)(length - LENGTH_BYTES);
    const bool has_header = is_frame(jpeg->marker) || jpeg->marker == MARKER_SOS;
    if (!has_header) {
        wb_probe_pass(probe, jpeg->segment_bytes);
        return want(probe, STEP_MARKER_PREFIX, 1);
    }
    const size_t header_bytes = jpeg->marker == MARKER_SOS ? 1 : FRAME_BYTES;
    if (jpeg->segment_bytes < header_bytes)
        return wb_probe_fail(probe, WB_DAMAGED, "a length of %u", length);
    return want(probe, jpeg->marker == MARKER_SOS ? STEP_SCAN_HEADER : STEP_FRAME, header_bytes);
}

static wb_status read_frame(wb_probe *probe, const uint8_t *field)
{
    wb_probe_jpeg *jpeg = &probe->state.jpeg;
    const unsigned height = wb_load_be16(field + 1), width = wb_load_be16(field + 3),
                   count = field[5];
    if (jpeg->component_count != 0)
        return wb_probe_fail(probe, WB_DAMAGED, "a second frame");
    if (!is_shown(jpeg->marker))
        return wb_probe_fail(probe, WB_UNSUPPORTED,
                             "a lossless or hierarchical JPEG, which browsers do not show");
    if (field[0] != SAMPLE_BITS)
        return wb_probe_fail(probe, WB_UNSUPPORTED,
                             "a JPEG of %u bits a sample; browsers show those of 8", field[0]);
    if (count == 0 || jpeg->segment_bytes != FRAME_BYTES + FRAME_COMPONENT_BYTES * count)
        return wb_probe_fail(probe, WB_DAMAGED, "%u components in %u bytes", count,
                             jpeg->segment_bytes);
    /* A height of 0 promises a DNL marker after the scan; no decoder in use here reads that. */
    if (width == 0 || height == 0)
        return wb_probe_fail(probe, WB_DAMAGED, "%u x %u pixels", width, height);
    jpeg->component_count = (uint8_t)count;
    probe->result.width = width;
    probe->result.height = height;
    wb_probe_pass(probe, FRAME_COMPONENT_BYTES * count);
    return want(probe, STEP_MARKER_PREFIX, 1);
}

static wb_status read_scan_header(wb_probe *probe, const uint8_t *field)
{
    wb_probe_jpeg *jpeg = &probe->state.jpeg;
    const unsigned count = field[0];
    if (jpeg->component_count == 0)
        return wb_probe_fail(probe, WB_DAMAGED, "a scan before the frame");
    if (count == 0 || count > MAX_SCAN_COMPONENTS || count > jpeg->component_count
        || jpeg->segment_bytes != SCAN_OTHER_BYTES + SCAN_COMPONENT_BYTES * count)
        return wb_probe_fail(probe, WB_DAMAGED, "a scan of %u components in %u bytes", count,
                             jpeg->segment_bytes);
    jpeg->has_scan = true;
    wb_probe_pass(probe, jpeg->segment_bytes - 1u);
    wb_probe_want(probe, 0);
    wb_probe_scan(probe);
    return WB_OK;
}

/* In a scan 0xFF is followed by 0 where it is data. Most of a file is passed over here. */
static size_t scan(wb_probe *probe, const uint8_t *data, size_t size_bytes)
{
    size_t used = 0;
    while (used < size_bytes) {
        const uint8_t *found = memchr(data + used, 0xFF, size_bytes - used);
        if (found == NULL)
            return size_bytes;
        used = (size_t)(found - data) + 1;
        const bool goes_on = used < size_bytes && (data[used] == 0 || is_restart(data[used]));
        if (!goes_on) {
            want(probe, STEP_SCAN_CODE, 1);
            return used;
        }
        used++;
    }
    return used;
}

static wb_status read_scan_code(wb_probe *probe, const uint8_t *field)
{
    if (field[0] == 0xFF)
        return want(probe, STEP_SCAN_CODE, 1);
    if (field[0] != 0 && !is_restart(field[0]))
        return read_marker_code(probe, field);
    wb_probe_want(probe, 0);
    wb_probe_scan(probe);
    return WB_OK;
}

static wb_status read_field(wb_probe *probe, const uint8_t *field)
{
    switch (probe->state.jpeg.step) {
    case STEP_MARKER_PREFIX: return read_marker_prefix(probe, field);
    case STEP_MARKER_CODE: return read_marker_code(probe, field);
    case STEP_SCAN_CODE: return read_scan_code(probe, field);
    case STEP_LENGTH: return read_length(probe, field);
    case STEP_FRAME: return read_frame(probe, field);
    case STEP_SCAN_HEADER: return read_scan_header(probe, field);
    default: wb_probe_pass(probe, SOI_BYTES); return want(probe, STEP_MARKER_PREFIX, 1);
    }
}

const wb_probe_format wb_probe_format_jpeg = {
    .format = WB_FORMAT_JPEG,
    .name = "jpeg",
    .title = "JPEG",
    .signature = "\xff\xd8\xff",
    .signature_mask = "xxx",
    .read_field = read_field,
    .scan = scan,
};
