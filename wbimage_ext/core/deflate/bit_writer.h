/* Bits into bytes, the lowest first, as DEFLATE packs them (RFC 1951, 3.1.1).
 * In: values of up to 56 bits. Out: bytes. Ownership: borrows the output, which has room for what
 * is put and WB_BIT_WRITER_SLACK_BYTES more: whole words are stored. */
#ifndef WB_DEFLATE_BIT_WRITER_H
#define WB_DEFLATE_BIT_WRITER_H

#include "base/endian.h"

enum { WB_BIT_WRITER_SLACK_BYTES = 16, WB_BIT_WRITER_MAX_BITS = 56 };

typedef struct wb_bit_writer {
    uint8_t *next;
    uint64_t pending; /* `count` bits that do not fill a byte yet, zeros above */
    unsigned count;   /* 0 to 7 */
} wb_bit_writer;

/* `bits` is at most 56, and `value` has no bit above them. */
static inline void wb_bits_put(wb_bit_writer *writer, uint64_t value, unsigned bits)
{
    writer->pending |= value << writer->count;
    unsigned count = writer->count + bits;
    wb_store_le64(writer->next, writer->pending);
    writer->next += count >> 3;
    writer->pending >>= count & ~7u;
    writer->count = count & 7;
}

/* Fills the open byte with zeros. */
static inline void wb_bits_align(wb_bit_writer *writer)
{
    wb_bits_put(writer, 0, (8 - writer->count) & 7);
}

#endif
