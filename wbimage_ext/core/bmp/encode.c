/* BMP encoding: file header, BITMAPINFOHEADER, gray palette, rows from the bottom up.
 * In: a raster. Out: bytes after `file`'s own. Ownership: see bmp/encode.h. */
#include "bmp/encode.h"

#include "base/endian.h"
#include "bmp/pixels.h"

#include <string.h>

enum {
    FILE_HEADER_BYTES = 14,
    INFO_HEADER_BYTES = 40,
    GRAY_COLORS = 256,
    COLOR_BYTES = 4,
    PIXELS_PER_METER = 3780 /* 96 dots per inch, which Pillow writes where nothing is known */
};

typedef struct bmp_layout {
    size_t packed_bytes; /* of a row */
    size_t row_bytes;    /* the same padded to a multiple of 4 */
    size_t buffer_bytes; /* what the raster wants for a row */
    size_t colors;       /* of the palette */
    size_t pixels_offset;
    size_t file_bytes;
} bmp_layout;

static uint8_t *put_u16(uint8_t *target, unsigned value)
{
    wb_store_le16(target, (uint16_t)value);
    return target + 2;
}

static uint8_t *put_u32(uint8_t *target, size_t value)
{
    wb_store_le32(target, (uint32_t)value);
    return target + 4;
}

static wb_status too_large(const wb_raster *raster, wb_error *error)
{
    return wb_fail(error, WB_TOO_LARGE, "%zu x %zu pixels of %u bytes, a BMP is at most 4 GiB",
                   raster->width, raster->height, raster->channels);
}

/* Widths are signed 32-bit numbers in the file, its length an unsigned one. */
static wb_status plan_layout(const wb_raster *raster, bmp_layout *layout, wb_error *error)
{
    if (raster->width == 0 || raster->height == 0)
        return wb_fail(error, WB_EMPTY, "an image of %zu x %zu pixels", raster->width,
                       raster->height);
    if (raster->channels != 1 && raster->channels != 3 && raster->channels != 4)
        return wb_fail(error, WB_BAD_ARGUMENT, "a BMP takes 1, 3 or 4 channels, not %u",
                       raster->channels);
    layout->colors = raster->channels == 1 ? GRAY_COLORS : 0;
    layout->pixels_offset = FILE_HEADER_BYTES + INFO_HEADER_BYTES + layout->colors * COLOR_BYTES;
    size_t pixel_bytes;
    if (raster->width > INT32_MAX || raster->height > INT32_MAX
        || !wb_multiply(raster->width, WB_MAX_CHANNELS, &layout->buffer_bytes)
        || !wb_add(layout->buffer_bytes, WB_ROW_SLACK_BYTES, &layout->buffer_bytes))
        return too_large(raster, error);
    layout->packed_bytes = raster->width * raster->channels;
    layout->row_bytes = (layout->packed_bytes + 3) / 4 * 4;
    if (!wb_multiply(layout->row_bytes, raster->height, &pixel_bytes)
        || !wb_add(pixel_bytes, layout->pixels_offset, &layout->file_bytes)
        || layout->file_bytes > UINT32_MAX)
        return too_large(raster, error);
    return WB_OK;
}

static uint8_t *put_headers(uint8_t *target, const wb_raster *raster, const bmp_layout *layout)
{
    *target++ = 'B';
    *target++ = 'M';
    target = put_u32(target, layout->file_bytes);
    target = put_u32(target, 0); /* reserved */
    target = put_u32(target, layout->pixels_offset);
    target = put_u32(target, INFO_HEADER_BYTES);
    target = put_u32(target, raster->width);
    target = put_u32(target, raster->height); /* positive: the bottom row comes first */
    target = put_u16(target, 1);              /* planes */
    target = put_u16(target, raster->channels * 8);
    target = put_u32(target, 0); /* BI_RGB: not compressed */
    target = put_u32(target, layout->file_bytes - layout->pixels_offset);
    target = put_u32(target, PIXELS_PER_METER);
    target = put_u32(target, PIXELS_PER_METER);
    target = put_u32(target, layout->colors);
    target = put_u32(target, layout->colors); /* "important" ones */
    for (size_t gray = 0; gray < layout->colors; gray++)
        target = put_u32(target, gray * 0x010101);
    return target;
}

wb_status wb_bmp_encode(const wb_raster *raster, wb_bytes *file, wb_error *error)
{
    bmp_layout layout = {0};
    wb_status status = plan_layout(raster, &layout, error);
    if (status != WB_OK)
        return status;
    status = wb_bytes_reserve(file, layout.file_bytes);
    if (status != WB_OK)
        return status;
    uint8_t *buffer = wb_allocate(layout.buffer_bytes);
    if (buffer == NULL)
        return WB_OUT_OF_MEMORY;
    uint8_t *target = put_headers(file->data + file->size_bytes, raster, &layout);
    for (size_t y = raster->height; y-- > 0; target += layout.row_bytes) {
        const uint8_t *row = raster->row(raster->context, y, buffer);
        wb_bmp_turn_row(target, raster->channels, row, raster->channels, raster->width);
        memset(target + layout.packed_bytes, 0, layout.row_bytes - layout.packed_bytes);
    }
    file->size_bytes += layout.file_bytes;
    wb_release(buffer);
    return WB_OK;
}
