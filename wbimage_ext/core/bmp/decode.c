/* BMP of 8, 24 and 32 bits, not compressed, in the modes Pillow gives.
 * In: a whole file. Out: pixels. Ownership: see pixels/decoded.h. */
#include "bmp/decode.h"

#include <string.h>

#include "bmp/header.h"
#include "bmp/pixels.h"

/* How pixels lie in the file: indices, or blue, green, red, and a fourth that may be alpha. */
typedef struct pixel_layout {
    const char *mode;
    unsigned file_bytes;
    unsigned channels;
} pixel_layout;

static const pixel_layout INDEX = {"P", 1, 1};
static const pixel_layout GRAY = {"L", 1, 1};
static const pixel_layout BGR = {"RGB", 3, 3};
static const pixel_layout BGRX = {"RGB", 4, 3};
static const pixel_layout BGRA = {"RGBA", 4, 4};

/* A palette whose colours are the grays 0, 1, 2, ... says that the indices are gray values. */
static bool is_gray_palette(const wb_bmp_header *header, const uint8_t *palette)
{
    for (uint32_t i = 0; i < header->palette_count; i++, palette += header->palette_entry_bytes)
        if (palette[0] != (uint8_t)i || palette[1] != (uint8_t)i || palette[2] != (uint8_t)i)
            return false;
    return true;
}

/* NULL for what is not read here. 32 bits without masks have no alpha: the fourth byte is
 * reserved. */
static const pixel_layout *choose_layout(const wb_bmp_header *header, const uint8_t *file)
{
    static const uint32_t BGR_MASKS[3] = {0xFF0000, 0xFF00, 0xFF};
    if (header->compression == WB_BMP_RGB) {
        switch (header->bits) {
        case 8: return is_gray_palette(header, file + header->palette_offset) ? &GRAY : &INDEX;
        case 24: return &BGR;
        case 32: return &BGRX;
        default: return NULL;
        }
    }
    if (header->compression == WB_BMP_BITFIELDS && header->bits == 32
        && memcmp(header->masks, BGR_MASKS, sizeof BGR_MASKS) == 0) {
        if (header->masks[3] == 0)
            return &BGRX;
        if (header->masks[3] == 0xFF000000)
            return &BGRA;
    }
    return NULL;
}

/* The buffer may change meanwhile: the header is read once, into memory of our own. */
static wb_status read_header(const wb_encoded *file, wb_bmp_header *header, wb_error *error)
{
    uint8_t bytes[WB_BMP_HEADER_MAX_BYTES] = {0};
    const size_t size_bytes = file->size_bytes < sizeof bytes ? file->size_bytes : sizeof bytes;
    memcpy(bytes, file->data, size_bytes);
    const size_t header_bytes = size_bytes < WB_BMP_START_BYTES ? 0 : wb_bmp_header_bytes(bytes);
    if (header_bytes == 0)
        return wb_fail(error, WB_UNKNOWN_FORMAT, "no BMP header");
    if (size_bytes < header_bytes)
        return wb_fail(error, WB_TRUNCATED, "the BMP ends at byte %zu", file->size_bytes);
    wb_status status = wb_bmp_header_parse(bytes, size_bytes, header, error);
    if (status != WB_OK)
        return status;
    const uint64_t palette_end = (uint64_t)header->palette_offset
                                 + (uint64_t)header->palette_count * header->palette_entry_bytes;
    const uint64_t pixels_end = (uint64_t)header->pixels_offset + header->pixel_bytes;
    if (palette_end > file->size_bytes || pixels_end > file->size_bytes)
        return wb_fail(error, WB_TRUNCATED, "the BMP ends at byte %zu", file->size_bytes);
    return WB_OK;
}

wb_status wb_bmp_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error)
{
    wb_bmp_header header = {0};
    wb_status status = read_header(file, &header, error);
    if (status != WB_OK)
        return status;
    const pixel_layout *layout = choose_layout(&header, file->data);
    if (layout == NULL)
        return wb_fail(error, WB_UNKNOWN_FORMAT, "a BMP of %u bits and compression %d", header.bits,
                       (int)header.compression);
    const wb_decoded_layout decoded_layout = {
        .width = header.width,
        .height = header.height,
        .channels = layout->channels,
        .sample_bytes = 1,
        .mode = layout->mode,
        .least_bytes = header.pixel_bytes,
    };
    status = wb_decoded_allocate(decoded, file, &decoded_layout, error);
    if (status != WB_OK)
        return status;
    const uint8_t *rows = file->data + header.pixels_offset;
    for (size_t y = 0; y < header.height; y++) {
        const size_t file_y = header.is_top_down ? y : header.height - 1 - y;
        wb_bmp_turn_row(decoded->pixels.data + y * decoded->width * layout->channels,
                        layout->channels, rows + file_y * header.row_bytes, layout->file_bytes,
                        header.width);
    }
    return WB_OK;
}
