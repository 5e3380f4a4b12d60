/* Reads BITMAPCOREHEADER, BITMAPINFOHEADER and what grew out of it (V2 to V5, OS/2 2).
 * In: the first bytes of a file. Out: a wb_bmp_header. Ownership: see bmp/header.h. */
#include "bmp/header.h"

#include "base/endian.h"

enum {
    FILE_HEADER_BYTES = 14,
    CORE_HEADER_BYTES = 12,
    INFO_HEADER_BYTES = 40,
    INFO_FIELDS_END = FILE_HEADER_BYTES + INFO_HEADER_BYTES,
    COLOR_MASKS_BYTES = 12, /* red, green, blue: after a 40-byte header, inside all longer ones */
    V3_HEADER_BYTES = 56,   /* the first with a mask for alpha */
    OS2_HEADER_BYTES = 64,
    OS2_HUFFMAN = 3, /* the compression that is WB_BMP_BITFIELDS elsewhere */
    MAX_PALETTE_COUNT = 1 << 16
};

size_t wb_bmp_header_bytes(const uint8_t *start)
{
    switch (wb_load_le32(start + FILE_HEADER_BYTES)) {
    case CORE_HEADER_BYTES: return FILE_HEADER_BYTES + CORE_HEADER_BYTES;
    case INFO_HEADER_BYTES:
    case 52: /* V2 */
    case V3_HEADER_BYTES:
    case OS2_HEADER_BYTES:
    case 108: /* V4 */
    case 124: /* V5 */ return INFO_FIELDS_END;
    default: return 0;
    }
}

static void read_core_header(const uint8_t *bytes, wb_bmp_header *header)
{
    header->width = wb_load_le16(bytes + 18);
    header->height = wb_load_le16(bytes + 20);
    header->bits = wb_load_le16(bytes + 24);
    header->compression = WB_BMP_RGB;
    header->palette_count = header->bits <= 8 ? 1u << header->bits : 0;
    header->palette_entry_bytes = 3;
}

static wb_status read_info_header(const uint8_t *bytes, size_t size_bytes, wb_bmp_header *header,
                                  wb_error *error)
{
    const uint32_t height = wb_load_le32(bytes + 22);
    const uint32_t compression = wb_load_le32(bytes + 30);
    const uint32_t colors = wb_load_le32(bytes + 46);
    const uint32_t header_bytes = wb_load_le32(bytes + FILE_HEADER_BYTES);
    header->width = wb_load_le32(bytes + 18);
    header->is_top_down = height > INT32_MAX;
    header->height = header->is_top_down ? 0u - height : height;
    header->bits = wb_load_le16(bytes + 28);
    if (compression > WB_BMP_BITFIELDS)
        return wb_fail(error, WB_UNKNOWN_FORMAT, "BMP compression %u is not known here",
                       (unsigned)compression);
    if (header_bytes == OS2_HEADER_BYTES && compression == OS2_HUFFMAN)
        return wb_fail(error, WB_UNSUPPORTED,
                       "a BMP of OS/2 with Huffman codes, which browsers do not show");
    header->compression = (wb_bmp_compression)compression;
    header->palette_count = header->bits > 8 ? 0 : colors != 0 ? colors : 1u << header->bits;
    header->palette_entry_bytes = 4;
    header->pixel_bytes = wb_load_le32(bytes + 34);
    if (header->compression == WB_BMP_BITFIELDS) {
        const size_t mask_count = header_bytes >= V3_HEADER_BYTES ? 4 : 3;
        for (size_t i = 0; i < mask_count && INFO_FIELDS_END + 4 * (i + 1) <= size_bytes; i++)
            header->masks[i] = wb_load_le32(bytes + INFO_FIELDS_END + 4 * i);
        if (header_bytes == INFO_HEADER_BYTES)
            header->palette_offset += COLOR_MASKS_BYTES;
    }
    return WB_OK;
}

static wb_status check_fields(const wb_bmp_header *header, wb_error *error)
{
    if (header->width == 0 || header->height == 0 || header->width > INT32_MAX
        || header->height > INT32_MAX)
        return wb_fail(error, WB_DAMAGED, "a BMP of %u x %u pixels", (unsigned)header->width,
                       (unsigned)header->height);
    if (header->bits != 1 && header->bits != 4 && header->bits != 8 && header->bits != 16
        && header->bits != 24 && header->bits != 32)
        return wb_fail(error, WB_DAMAGED, "a BMP of %u bits a pixel", header->bits);
    if (header->palette_count > MAX_PALETTE_COUNT)
        return wb_fail(error, WB_DAMAGED, "a BMP palette of %u colours",
                       (unsigned)header->palette_count);
    return WB_OK;
}

/* Some writers leave the pixels' place out, or name the palette's: the pixels follow the
 * palette. */
static wb_status place_pixels(const uint8_t *bytes, wb_bmp_header *header, wb_error *error)
{
    const uint32_t palette_bytes = header->palette_count * header->palette_entry_bytes;
    header->pixels_offset = wb_load_le32(bytes + 10);
    if (header->pixels_offset == 0 || header->pixels_offset == header->palette_offset)
        header->pixels_offset = header->palette_offset + palette_bytes;
    if (header->pixels_offset < header->palette_offset)
        return wb_fail(error, WB_DAMAGED, "BMP pixels at byte %u, inside the header",
                       (unsigned)header->pixels_offset);
    const uint64_t row_bytes = ((uint64_t)header->width * header->bits + 31) / 32 * 4;
    if (row_bytes > UINT32_MAX / header->height)
        return wb_fail(error, WB_TOO_LARGE, "a BMP of %u x %u pixels is over 4 GiB",
                       (unsigned)header->width, (unsigned)header->height);
    header->row_bytes = (uint32_t)row_bytes;
    if (header->compression == WB_BMP_RGB || header->compression == WB_BMP_BITFIELDS)
        header->pixel_bytes = header->row_bytes * header->height;
    return WB_OK;
}

wb_status wb_bmp_header_parse(const uint8_t *bytes, size_t size_bytes, wb_bmp_header *header,
                              wb_error *error)
{
    *header = (wb_bmp_header){0};
    const uint32_t header_bytes = wb_load_le32(bytes + FILE_HEADER_BYTES);
    header->palette_offset = FILE_HEADER_BYTES + header_bytes;
    wb_status status = WB_OK;
    if (header_bytes == CORE_HEADER_BYTES)
        read_core_header(bytes, header);
    else
        status = read_info_header(bytes, size_bytes, header, error);
    if (status == WB_OK)
        status = check_fields(header, error);
    if (status == WB_OK)
        status = place_pixels(bytes, header, error);
    return status;
}
