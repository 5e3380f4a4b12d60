/* Chunks: their length, type and CRC around what is in them (PNG specification, section 5).
 * In: data, or what was appended since a chunk was opened. Out: chunks. Ownership: see
 * png/chunks.h. */
#include "png/chunks.h"

#include <string.h>

#include "base/checksum.h"
#include "base/endian.h"

enum {
    CHUNK_HEAD_BYTES = 8, /* length and type */
    CHUNK_CRC_BYTES = 4
};

static wb_status chunk_open(wb_bytes *file, const char *type, size_t *start)
{
    uint8_t head[CHUNK_HEAD_BYTES] = {0};
    memcpy(head + 4, type, 4);
    *start = file->size_bytes;
    return wb_bytes_append(file, head, sizeof head);
}

static wb_status chunk_close(wb_bytes *file, size_t start)
{
    uint8_t crc[CHUNK_CRC_BYTES];
    size_t length = file->size_bytes - start - CHUNK_HEAD_BYTES;
    wb_store_be32(file->data + start, (uint32_t)length);
    wb_store_be32(crc, wb_checksum_crc32(WB_CRC32_START, file->data + start + 4, length + 4));
    return wb_bytes_append(file, crc, sizeof crc);
}

wb_status wb_png_chunk_append(wb_bytes *file, const char *type, const uint8_t *data,
                              size_t size_bytes)
{
    size_t start;
    wb_status status = chunk_open(file, type, &start);
    if (status == WB_OK)
        status = wb_bytes_append(file, data, size_bytes);
    if (status == WB_OK)
        status = chunk_close(file, start);
    return status;
}

wb_status wb_png_idat_open(wb_png_idat *idat)
{
    return chunk_open(idat->file, "IDAT", &idat->start);
}

wb_status wb_png_idat_close(wb_png_idat *idat)
{
    return chunk_close(idat->file, idat->start);
}

wb_status wb_png_idat_break_large(wb_png_idat *idat)
{
    if (idat->file->size_bytes - idat->start < WB_PNG_IDAT_LARGE_BYTES)
        return WB_OK;
    wb_status status = wb_png_idat_close(idat);
    return status == WB_OK ? wb_png_idat_open(idat) : status;
}
