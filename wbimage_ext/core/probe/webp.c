/* WebP (RFC 9649): the RIFF chunk, the chunks inside it, the pixels' header.
 * In: fields. Out: width and height of the canvas. Ownership: see probe/fields.h. */
#include "probe/formats.h"

#include <string.h>

#include "base/endian.h"

enum { STEP_FILE, STEP_RIFF, STEP_CHUNK, STEP_HEADER, STEP_CHUNK_END };

enum {
    RIFF_BYTES = 12,       /* "RIFF", size, "WEBP" */
    RIFF_START_BYTES = 8,  /* what its size does not count */
    CHUNK_START_BYTES = 8, /* four letters, size */
    LOSSY_BYTES = 10,      /* frame tag, start code, width, height */
    LOSSLESS_BYTES = 5,    /* signature, width, height, version */
    EXTENDED_BYTES = 10,   /* flags, canvas width and height */
    SIDE_MASK = 0x3FFF,    /* sides of pixels have 14 bits */
    LOSSY_START_CODE = 0x2A019D,
    LOSSLESS_SIGNATURE = 0x2F
};

static wb_status want(wb_probe *probe, int step, size_t size_bytes)
{
    probe->state.webp.step = step;
    wb_probe_want(probe, size_bytes);
    return WB_OK;
}

static wb_status read_riff(wb_probe *probe, const uint8_t *field)
{
    wb_probe_webp *webp = &probe->state.webp;
    webp->end = RIFF_START_BYTES + (uint64_t)wb_load_le32(field + 4);
    if (webp->end < RIFF_BYTES + CHUNK_START_BYTES)
        return wb_probe_fail(probe, WB_DAMAGED, "a size of %u", (unsigned)wb_load_le32(field + 4));
    return want(probe, STEP_CHUNK, CHUNK_START_BYTES);
}

/* What a chunk's data begin with, and have to. */
static size_t header_bytes_of(const char *name)
{
    if (strcmp(name, "VP8 ") == 0)
        return LOSSY_BYTES;
    if (strcmp(name, "VP8L") == 0)
        return LOSSLESS_BYTES;
    if (strcmp(name, "VP8X") == 0)
        return EXTENDED_BYTES;
    return 0;
}

static wb_status read_chunk(wb_probe *probe, const uint8_t *field)
{
    wb_probe_webp *webp = &probe->state.webp;
    const uint32_t size_bytes = wb_load_le32(field + 4);
    for (int i = 0; i < 4; i++) /* shown in messages */
        webp->chunk[i] = field[i] >= ' ' && field[i] <= '~' ? (char)field[i] : '?';
    wb_probe_enter(probe, probe->position - CHUNK_START_BYTES, "chunk %s", webp->chunk);
    webp->chunk_end = probe->position + size_bytes;
    if (webp->chunk_end > webp->end)
        return wb_probe_fail(probe, WB_DAMAGED, "it goes on after the file's size");
    if (size_bytes % 2 != 0 && webp->chunk_end < webp->end)
        webp->chunk_end++;
    const size_t header_bytes = header_bytes_of(webp->chunk);
    const bool is_first = probe->result.width == 0;
    if (is_first && header_bytes == 0)
        return wb_probe_fail(probe, WB_DAMAGED, "the first has to be VP8, VP8L or VP8X");
    if (!is_first && strcmp(webp->chunk, "VP8X") == 0)
        return wb_probe_fail(probe, WB_DAMAGED, "VP8X is not the first chunk");
    if (size_bytes < header_bytes)
        return wb_probe_fail(probe, WB_DAMAGED, "%u bytes are no header", (unsigned)size_bytes);
    webp->has_image |= strcmp(webp->chunk, "ANMF") == 0;
    return want(probe, STEP_HEADER, header_bytes);
}

/* Sections 2.5 to 2.7 and 3.4; RFC 6386 section 9.1 for the lossy frame. */
static wb_status read_header(wb_probe *probe, const uint8_t *field)
{
    wb_probe_webp *webp = &probe->state.webp;
    uint32_t width = 0, height = 0;
    if (strcmp(webp->chunk, "VP8 ") == 0) {
        if ((field[0] & 1) != 0 || wb_load_le24(field + 3) != LOSSY_START_CODE)
            return wb_probe_fail(probe, WB_DAMAGED, "no key frame");
        width = wb_load_le32(field + 6) & SIDE_MASK;
        height = wb_load_le32(field + 6) >> 16 & SIDE_MASK;
        webp->has_image = true;
    } else if (strcmp(webp->chunk, "VP8L") == 0) {
        if (field[0] != LOSSLESS_SIGNATURE || field[4] >> 5 != 0)
            return wb_probe_fail(probe, WB_DAMAGED, "no lossless signature");
        width = (wb_load_le32(field + 1) & SIDE_MASK) + 1;
        height = (wb_load_le32(field + 1) >> 14 & SIDE_MASK) + 1;
        webp->has_image = true;
    } else if (strcmp(webp->chunk, "VP8X") == 0) {
        width = wb_load_le24(field + 4) + 1;
        height = wb_load_le24(field + 7) + 1;
    }
    if (probe->result.width == 0) { /* the first chunk's size is the image's */
        if (width == 0 || height == 0)
            return wb_probe_fail(probe, WB_DAMAGED, "%u x %u pixels", (unsigned)width,
                                 (unsigned)height);
        probe->result.width = width;
        probe->result.height = height;
    }
    wb_probe_pass(probe, webp->chunk_end - probe->position);
    return want(probe, STEP_CHUNK_END, 0);
}

static wb_status read_chunk_end(wb_probe *probe)
{
    const wb_probe_webp *webp = &probe->state.webp;
    const uint64_t left = webp->end - probe->position;
    if (left != 0 && left < CHUNK_START_BYTES) {
        wb_probe_enter(probe, probe->position, "the next chunk");
        return wb_probe_fail(probe, WB_DAMAGED, "%u bytes are no chunk", (unsigned)left);
    }
    if (left != 0)
        return want(probe, STEP_CHUNK, CHUNK_START_BYTES);
    if (!webp->has_image)
        return wb_probe_fail(probe, WB_DAMAGED, "the end comes before any pixels");
    return wb_probe_complete(probe);
}

static wb_status read_field(wb_probe *probe, const uint8_t *field)
{
    switch (probe->state.webp.step) {
    case STEP_RIFF: return read_riff(probe, field);
    case STEP_CHUNK: return read_chunk(probe, field);
    case STEP_HEADER: return read_header(probe, field);
    case STEP_CHUNK_END: return read_chunk_end(probe);
    default: return want(probe, STEP_RIFF, RIFF_BYTES);
    }
}

const wb_probe_format wb_probe_format_webp = {
    .format = WB_FORMAT_WEBP,
    .name = "webp",
    .title = "WebP",
    .signature = "RIFF....WEBP",
    .signature_mask = "xxxx....xxxx",
    .read_field = read_field,
};
