/* The checksums of libdeflate or of zlib behind the same functions.
 * In: bytes. Out: checksums. Ownership: see base/checksum.h. */
#include "base/checksum.h"

#ifdef WB_HAVE_LIBDEFLATE

#include <libdeflate.h>

uint32_t wb_checksum_crc32(uint32_t crc, const void *data, size_t size_bytes)
{
    /* A NULL buffer means "the initial value" there, whatever `crc` is. */
    return size_bytes == 0 ? crc : libdeflate_crc32(crc, data, size_bytes);
}

uint32_t wb_checksum_adler32(uint32_t adler, const void *data, size_t size_bytes)
{
    return size_bytes == 0 ? adler : libdeflate_adler32(adler, data, size_bytes);
}

#else

#include <zlib.h>

enum { PIECE_BYTES = 1 << 30 /* zlib counts in unsigned int */ };

typedef uLong zlib_checksum(uLong checksum, const Bytef *data, uInt size_bytes);

static uint32_t in_pieces(zlib_checksum *function, uint32_t checksum, const void *data,
                          size_t size_bytes)
{
    const uint8_t *bytes = data;
    while (size_bytes != 0) {
        uInt piece = size_bytes < PIECE_BYTES ? (uInt)size_bytes : PIECE_BYTES;
        checksum = (uint32_t)function(checksum, bytes, piece);
        bytes += piece;
        size_bytes -= piece;
    }
    return checksum;
}

uint32_t wb_checksum_crc32(uint32_t crc, const void *data, size_t size_bytes)
{
    return in_pieces(crc32, crc, data, size_bytes);
}

uint32_t wb_checksum_adler32(uint32_t adler, const void *data, size_t size_bytes)
{
    return in_pieces(adler32, adler, data, size_bytes);
}

#endif

/* Adler-32 is two sums modulo 65521 (RFC 1950, 9): of the bytes, from 1 on; and of the first sum
 * after each byte. */
uint32_t wb_checksum_adler32_join(uint32_t first, uint32_t second, uint64_t size_bytes)
{
    const uint64_t base = 65521;
    uint64_t a = first & 0xffff, b = first >> 16, more = size_bytes % base;
    uint64_t sum = (a + (second & 0xffff) + base - 1) % base;
    uint64_t sum_of_sums = (b + (second >> 16) + more * (a + base - 1)) % base;
    return (uint32_t)(sum_of_sums << 16 | sum);
}
