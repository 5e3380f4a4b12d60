/* Writes small PNG, JPEG, BMP, GIF and WebP files with the plainest means there are.
 * In: sizes and kinds. Out: bytes of a file. Ownership: see samples.h. */
#include "samples.h"

#include <stdio.h> /* jpeglib.h needs it first */
#include <string.h>

#include <jpeglib.h>
#include <zlib.h>

#include "check.h"
#include "base/checksum.h"

void put_bytes(wb_bytes *file, const void *data, size_t size_bytes)
{
    CHECK(wb_bytes_append(file, data, size_bytes) == WB_OK);
}

void put_text(wb_bytes *file, const char *text)
{
    put_bytes(file, text, strlen(text));
}

void put_u8(wb_bytes *file, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put_bytes(file, &byte, 1);
}

void put_u16_le(wb_bytes *file, unsigned value)
{
    put_u8(file, value & 0xFF);
    put_u8(file, value >> 8);
}

void put_u32_le(wb_bytes *file, size_t value)
{
    put_u16_le(file, value & 0xFFFF);
    put_u16_le(file, value >> 16 & 0xFFFF);
}

void put_u16_be(wb_bytes *file, unsigned value)
{
    put_u8(file, value >> 8);
    put_u8(file, value & 0xFF);
}

void put_u32_be(wb_bytes *file, size_t value)
{
    put_u16_be(file, value >> 16 & 0xFFFF);
    put_u16_be(file, value & 0xFFFF);
}

/* ---- PNG ------------------------------------------------------------------------------------- */

void put_png_signature(wb_bytes *file)
{
    put_bytes(file, "\x89PNG\r\n\x1a\n", 8);
}

void put_png_chunk(wb_bytes *file, const char *type, const void *data, size_t size_bytes)
{
    uint32_t crc = wb_checksum_crc32(WB_CRC32_START, type, 4);
    put_u32_be(file, size_bytes);
    put_bytes(file, type, 4);
    put_bytes(file, data, size_bytes);
    put_u32_be(file, wb_checksum_crc32(crc, data, size_bytes));
}

void put_png_header(wb_bytes *file, size_t width, size_t height, unsigned depth,
                    unsigned color_type, unsigned interlace)
{
    wb_bytes data = {0};
    put_u32_be(&data, width);
    put_u32_be(&data, height);
    const uint8_t rest[5] = {(uint8_t)depth, (uint8_t)color_type, 0, 0, (uint8_t)interlace};
    put_bytes(&data, rest, sizeof rest);
    put_png_chunk(file, "IHDR", data.data, data.size_bytes);
    wb_bytes_free(&data);
}

wb_bytes sample_png(size_t width, size_t height, unsigned depth, unsigned color_type,
                    const uint8_t *rows, size_t row_bytes)
{
    wb_bytes raw = {0}, packed = {0}, file = {0};
    for (size_t y = 0; y < height; y++) {
        put_u8(&raw, 0); /* filter: none */
        put_bytes(&raw, rows + y * row_bytes, row_bytes);
    }
    uLongf packed_bytes = compressBound((uLong)raw.size_bytes);
    CHECK(wb_bytes_renew(&packed, packed_bytes) == WB_OK);
    CHECK(compress(packed.data, &packed_bytes, raw.data, (uLong)raw.size_bytes) == Z_OK);
    put_png_signature(&file);
    put_png_header(&file, width, height, depth, color_type, 0);
    if (color_type == 3) {
        uint8_t palette[3 * 256] = {0};
        for (unsigned i = 0; i < sizeof palette; i++)
            palette[i] = (uint8_t)(i * 5);
        put_png_chunk(&file, "PLTE", palette, 3u << depth);
    }
    put_png_chunk(&file, "tEXt", "Title\0sample", 12);
    /* In two chunks, cut where it falls. */
    put_png_chunk(&file, "IDAT", packed.data, packed_bytes / 3);
    put_png_chunk(&file, "IDAT", packed.data + packed_bytes / 3, packed_bytes - packed_bytes / 3);
    put_png_chunk(&file, "IEND", NULL, 0);
    wb_bytes_free(&raw);
    wb_bytes_free(&packed);
    return file;
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

wb_bytes sample_jpeg(size_t width, size_t height, const uint8_t *pixels, jpeg_kind kind)
{
    struct jpeg_compress_struct library;
    struct jpeg_error_mgr errors;
    unsigned char *encoded = NULL;
    unsigned long encoded_bytes = 0;
    library.err = jpeg_std_error(&errors);
    jpeg_create_compress(&library);
    jpeg_mem_dest(&library, &encoded, &encoded_bytes);
    library.image_width = (JDIMENSION)width;
    library.image_height = (JDIMENSION)height;
    library.input_components = (int)kind.components;
    library.in_color_space = kind.components == 1   ? JCS_GRAYSCALE
                             : kind.components == 3 ? JCS_RGB
                                                    : JCS_CMYK;
    jpeg_set_defaults(&library);
    library.restart_in_rows = (int)kind.restart_rows;
    if (kind.is_progressive)
        jpeg_simple_progression(&library);
    jpeg_start_compress(&library, TRUE);
    for (size_t y = 0; y < height; y++) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + y * width * kind.components);
        jpeg_write_scanlines(&library, &row, 1);
    }
    jpeg_finish_compress(&library);
    jpeg_destroy_compress(&library);
    wb_bytes file = {0};
    put_bytes(&file, encoded, encoded_bytes);
    free(encoded);
    return file;
}

/* ---- BMP ------------------------------------------------------------------------------------- */

wb_bytes sample_bmp(size_t header_bytes, size_t width, int height, unsigned bits,
                    unsigned compression, const uint8_t *extra, size_t extra_bytes,
                    const uint8_t *pixels, size_t pixel_bytes)
{
    wb_bytes file = {0};
    const size_t offset = 14 + header_bytes + extra_bytes;
    put_text(&file, "BM");
    put_u32_le(&file, offset + pixel_bytes);
    put_u32_le(&file, 0);
    put_u32_le(&file, offset);
    put_u32_le(&file, header_bytes);
    if (header_bytes == 12) {
        put_u16_le(&file, (unsigned)width);
        put_u16_le(&file, (unsigned)height);
        put_u16_le(&file, 1);
        put_u16_le(&file, bits);
    } else {
        put_u32_le(&file, width);
        put_u32_le(&file, (uint32_t)height);
        put_u16_le(&file, 1);
        put_u16_le(&file, bits);
        put_u32_le(&file, compression);
        put_u32_le(&file, compression == 0 ? 0 : pixel_bytes);
        put_u32_le(&file, 0);
        put_u32_le(&file, 0);
        put_u32_le(&file, 0);
        put_u32_le(&file, 0);
        for (size_t i = 40; i < header_bytes; i++) /* what V2 to V5 add is `extra`, or nothing */
            put_u8(&file, i - 40 < extra_bytes ? extra[i - 40] : 0);
    }
    put_bytes(&file, extra, extra_bytes);
    put_bytes(&file, pixels, pixel_bytes);
    return file;
}

/* ---- GIF ------------------------------------------------------------------------------------- */

wb_bytes sample_gif(size_t screen_width, size_t screen_height, unsigned frames)
{
    wb_bytes file = {0};
    put_text(&file, "GIF89a");
    put_u16_le(&file, (unsigned)screen_width);
    put_u16_le(&file, (unsigned)screen_height);
    put_bytes(&file, "\x80\x00\x00", 3); /* a colour table of two */
    put_bytes(&file, "\x00\x00\x00\xff\xff\xff", 6);
    put_bytes(&file,
              "\x21\xfe\x03"
              "abc\x02"
              "de\x00",
              10); /* a comment of two sub-blocks */
    for (unsigned i = 0; i < frames; i++) {
        put_bytes(&file, "\x21\xf9\x04\x00\x05\x00\x00\x00", 8);
        put_bytes(&file, ",\x00\x00\x00\x00\x01\x00\x01\x00\x81", 10); /* 1x1, a table of four */
        put_bytes(&file, "\x00\x00\x00\x11\x11\x11\x22\x22\x22\x33\x33\x33", 12);
        put_bytes(&file, "\x02\x02\x44\x01\x00", 5);
    }
    put_u8(&file, ';');
    return file;
}

/* ---- WebP ------------------------------------------------------------------------------------ */

static void put_riff_chunk(wb_bytes *file, const char *name, const wb_bytes *data)
{
    put_bytes(file, name, 4);
    put_u32_le(file, data->size_bytes);
    put_bytes(file, data->data, data->size_bytes);
    if (data->size_bytes % 2 != 0)
        put_u8(file, 0);
}

static wb_bytes webp_data(const char *name, size_t width, size_t height)
{
    wb_bytes data = {0};
    if (strcmp(name, "VP8 ") == 0) {
        put_bytes(&data, "\x10\x00\x00\x9d\x01\x2a", 6);
        put_u16_le(&data, (unsigned)width);
        put_u16_le(&data, (unsigned)height);
    } else if (strcmp(name, "VP8L") == 0) {
        put_u8(&data, 0x2F);
        put_u32_le(&data, (width - 1) | (height - 1) << 14);
    } else {
        put_u32_le(&data, 2); /* animated */
        put_u16_le(&data, (width - 1) & 0xFFFF);
        put_u8(&data, (unsigned)((width - 1) >> 16));
        put_u16_le(&data, (height - 1) & 0xFFFF);
        put_u8(&data, (unsigned)((height - 1) >> 16));
        return data;
    }
    put_text(&data, "entropy-coded data"); /* VP8L has an odd size by it */
    return data;
}

wb_bytes sample_webp(const char *name, size_t width, size_t height)
{
    wb_bytes chunks = {0}, file = {0};
    wb_bytes data = webp_data(name, width, height);
    put_riff_chunk(&chunks, name, &data);
    if (strcmp(name, "VP8X") == 0) {
        wb_bytes frame = {0}, inner = webp_data("VP8L", width, height);
        put_bytes(&frame, "0123456789abcdef", 16);
        put_riff_chunk(&frame, "VP8L", &inner);
        put_riff_chunk(&chunks, "ANMF", &frame);
        wb_bytes_free(&frame);
        wb_bytes_free(&inner);
    }
    put_text(&file, "RIFF");
    put_u32_le(&file, 4 + chunks.size_bytes);
    put_text(&file, "WEBP");
    put_bytes(&file, chunks.data, chunks.size_bytes);
    wb_bytes_free(&chunks);
    wb_bytes_free(&data);
    return file;
}
