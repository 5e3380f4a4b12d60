/* CRC-32 and Adler-32, from libdeflate where it was found, else from zlib.
 * In: the checksum so far (WB_CRC32_START, WB_ADLER32_START) and more bytes. Out: the new checksum.
 * Ownership: borrows the bytes. */
#ifndef WB_BASE_CHECKSUM_H
#define WB_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

enum { WB_CRC32_START = 0, WB_ADLER32_START = 1 };

uint32_t wb_checksum_crc32(uint32_t crc, const void *data, size_t size_bytes);
uint32_t wb_checksum_adler32(uint32_t adler, const void *data, size_t size_bytes);

/* The checksum of some bytes and `size_bytes` more behind them, from both parts' own. */
uint32_t wb_checksum_adler32_join(uint32_t first, uint32_t second, uint64_t size_bytes);

#endif
