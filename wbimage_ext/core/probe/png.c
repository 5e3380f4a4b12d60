/* PNG (third edition): signature, chunks in order, their CRCs, to IEND. After the pixels the CRC of
 * an ancillary chunk may be wrong: viewers show the picture without it.
 * In: fields. Out: width and height from IHDR. Ownership: see probe/fields.h. */
#include "probe/formats.h"

#include <string.h>

#include "base/checksum.h"
#include "base/endian.h"

enum { STEP_SIGNATURE, STEP_CHUNK, STEP_HEADER_DATA, STEP_CRC };

enum {
    SIGNATURE_BYTES = 8,
    CHUNK_START_BYTES = 8, /* length and type */
    HEADER_BYTES = 13,     /* the data of IHDR */
    CRC_BYTES = 4,
    MAX_LENGTH = 0x7FFFFFFF, /* of a chunk, and of a side (section 7.1) */
    MAX_PALETTE_BYTES = 3 * 256,
    DEFLATE_BEST_RATIO = 1032 /* a match of 258 bytes in two bits (RFC 1951) */
};

/* Table 11.1: which bit depths a colour type may have. */
static bool depth_fits(unsigned color_type, unsigned depth)
{
    switch (color_type) {
    case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6: return depth == 8 || depth == 16;
    default: return false;
    }
}

static unsigned channels_of(unsigned color_type)
{
    switch (color_type) {
    case 2: return 3;
    case 4: return 2;
    case 6: return 4;
    default: return 1;
    }
}

static wb_status check_header(wb_probe *probe, const uint8_t *field)
{
    wb_probe_png *png = &probe->state.png;
    const uint32_t width = wb_load_be32(field), height = wb_load_be32(field + 4);
    if (width == 0 || height == 0 || width > MAX_LENGTH || height > MAX_LENGTH)
        return wb_probe_fail(probe, WB_DAMAGED, "%u x %u pixels", (unsigned)width,
                             (unsigned)height);
    if (!depth_fits(field[9], field[8]))
        return wb_probe_fail(probe, WB_DAMAGED, "bit depth %u with colour type %u", field[8],
                             field[9]);
    if (field[10] != 0 || field[11] != 0 || field[12] > 1)
        return wb_probe_fail(probe, WB_DAMAGED,
                             "compression %u, filter method %u, interlace method %u", field[10],
                             field[11], field[12]);
    probe->result.width = width;
    probe->result.height = height;
    png->color_type = field[9];
    png->pixel_bits = (uint8_t)(field[8] * channels_of(field[9]));
    png->has_header = true;
    return WB_OK;
}

/* Types are four letters (section 5.4); a capital first letter says that decoders must know it. */
static bool is_type(const char *type)
{
    for (int i = 0; i < 4; i++)
        if (!((type[i] >= 'A' && type[i] <= 'Z') || (type[i] >= 'a' && type[i] <= 'z')))
            return false;
    return true;
}

/* Whether a wrong CRC of this chunk costs no pixels: an ancillary chunk after the pixels. Chunks of
 * an animation's frames (fcTL, fdAT) do, and "?DAT" may be an IDAT with a damaged first letter. */
static bool is_passed_over(const wb_probe_png *png)
{
    const bool is_ancillary = (png->chunk[0] & 0x20) != 0;
    const bool was_pixels = strcmp(png->chunk + 1, "DAT") == 0;
    const bool is_frame = strcmp(png->chunk, "fdAT") == 0 || strcmp(png->chunk, "fcTL") == 0;
    return png->data_bytes != 0 && is_ancillary && !was_pixels && !is_frame;
}

/* Whether the compressed data are enough for all rows, at the best ratio that there is. */
static bool can_hold_rows(const wb_probe_png *png, const wb_probe_result *size)
{
    const uint64_t row_bytes = ((uint64_t)size->width * png->pixel_bits + 7) / 8;
    return row_bytes <= png->data_bytes * DEFLATE_BEST_RATIO / size->height;
}

/* What the order of chunks (section 5.6) demands of this one, before its data is seen. */
static wb_status check_chunk(wb_probe *probe)
{
    wb_probe_png *png = &probe->state.png;
    const bool is_header = strcmp(png->chunk, "IHDR") == 0;
    if (is_header == png->has_header)
        return wb_probe_fail(probe, WB_DAMAGED,
                             is_header ? "a second header" : "the first chunk has to be IHDR");
    if (is_header && png->chunk_bytes != HEADER_BYTES)
        return wb_probe_fail(probe, WB_DAMAGED, "%u bytes, not 13", (unsigned)png->chunk_bytes);
    if (strcmp(png->chunk, "PLTE") == 0) {
        if (png->chunk_bytes == 0 || png->chunk_bytes % 3 != 0
            || png->chunk_bytes > MAX_PALETTE_BYTES)
            return wb_probe_fail(probe, WB_DAMAGED, "a palette of %u bytes",
                                 (unsigned)png->chunk_bytes);
        png->has_palette = true;
    } else if (strcmp(png->chunk, "IDAT") == 0) {
        if (png->color_type == 3 && !png->has_palette)
            return wb_probe_fail(probe, WB_DAMAGED, "no palette before the pixels");
        if (png->has_fault)
            return wb_probe_fail(probe, WB_DAMAGED, "pixels after a chunk with a wrong CRC");
        png->data_bytes += png->chunk_bytes;
    } else if (strcmp(png->chunk, "IEND") == 0) {
        if (png->data_bytes == 0)
            return wb_probe_fail(probe, WB_DAMAGED, "no pixels (IDAT) before the end");
        if (!can_hold_rows(png, &probe->result))
            return wb_probe_fail(probe, WB_TRUNCATED, "%llu bytes cannot hold %u x %u pixels",
                                 (unsigned long long)png->data_bytes, (unsigned)probe->result.width,
                                 (unsigned)probe->result.height);
    } else if (!is_header && (png->chunk[0] & 0x20) == 0) {
        return wb_probe_fail(probe, WB_DAMAGED, "a critical chunk that is not known");
    }
    return WB_OK;
}

static wb_status read_chunk_start(wb_probe *probe, const uint8_t *field)
{
    wb_probe_png *png = &probe->state.png;
    char type[5] = {(char)field[4], (char)field[5], (char)field[6], (char)field[7], '\0'};
    if (!is_type(type)) {
        wb_probe_enter(probe, probe->position - CHUNK_START_BYTES, "a chunk");
        return wb_probe_fail(probe, WB_DAMAGED, "its type is %02x %02x %02x %02x, not letters",
                             field[4], field[5], field[6], field[7]);
    }
    memcpy(png->chunk, type, sizeof type);
    wb_probe_enter(probe, probe->position - CHUNK_START_BYTES, "chunk %s", type);
    png->chunk_bytes = wb_load_be32(field);
    if (png->chunk_bytes > MAX_LENGTH)
        return wb_probe_fail(probe, WB_DAMAGED, "a length of %u", (unsigned)png->chunk_bytes);
    wb_status status = check_chunk(probe);
    if (status != WB_OK)
        return status;
    png->crc = wb_checksum_crc32(WB_CRC32_START, field + 4, 4);
    if (strcmp(png->chunk, "IHDR") == 0) {
        png->step = STEP_HEADER_DATA;
        wb_probe_want(probe, HEADER_BYTES);
    } else {
        png->step = STEP_CRC;
        wb_probe_pass(probe, png->chunk_bytes);
        wb_probe_want(probe, CRC_BYTES);
    }
    return WB_OK;
}

static void see_passed(wb_probe *probe, const uint8_t *data, size_t size_bytes)
{
    wb_probe_png *png = &probe->state.png;
    png->crc = wb_checksum_crc32(png->crc, data, size_bytes);
}

static wb_status read_crc(wb_probe *probe, const uint8_t *field)
{
    wb_probe_png *png = &probe->state.png;
    if (wb_load_be32(field) != png->crc) {
        if (!is_passed_over(png))
            return wb_probe_fail(probe, WB_DAMAGED, "its CRC is 0x%08x, its data give 0x%08x",
                                 (unsigned)wb_load_be32(field), (unsigned)png->crc);
        png->has_fault = true;
    }
    if (strcmp(png->chunk, "IEND") == 0)
        return wb_probe_complete(probe);
    png->step = STEP_CHUNK;
    wb_probe_enter(probe, probe->position, "the next chunk");
    wb_probe_want(probe, CHUNK_START_BYTES);
    return WB_OK;
}

static wb_status read_field(wb_probe *probe, const uint8_t *field)
{
    wb_probe_png *png = &probe->state.png;
    switch (png->step) {
    case STEP_SIGNATURE:
        png->step = STEP_CHUNK;
        wb_probe_pass(probe, SIGNATURE_BYTES);
        wb_probe_want(probe, CHUNK_START_BYTES);
        return WB_OK;
    case STEP_CHUNK: return read_chunk_start(probe, field);
    case STEP_HEADER_DATA:
        see_passed(probe, field, HEADER_BYTES);
        png->step = STEP_CRC;
        wb_probe_want(probe, CRC_BYTES);
        return check_header(probe, field);
    default: return read_crc(probe, field);
    }
}

const wb_probe_format wb_probe_format_png = {
    .format = WB_FORMAT_PNG,
    .name = "png",
    .title = "PNG",
    .signature = "\x89PNG\r\n\x1a\n",
    .signature_mask = "xxxxxxxx",
    .read_field = read_field,
    .see_passed = see_passed,
};
