/* Words of bytes: loaded alike on every machine, compared eight bytes at a time.
 * In: bytes. Out: words, lengths. Ownership: borrows. */
#ifndef WB_DEFLATE_WORDS_H
#define WB_DEFLATE_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t wb_load_le64(const uint8_t *from)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)from[i] << (8 * i);
#else
    uint64_t value;
    memcpy(&value, from, sizeof value);
#endif
    return value;
}

/* Of a value that is not 0. */
static inline unsigned wb_lowest_bit(uint64_t value)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(value);
#else
    unsigned bit = 0;
    for (; (value & 1) == 0; value >>= 1)
        bit++;
    return bit;
#endif
}

/* How many bytes agree, at most `most`; up to 7 more may be read. */
static inline size_t wb_equal_bytes(const uint8_t *a, const uint8_t *b, size_t most)
{
    for (size_t i = 0; i < most; i += 8) {
        uint64_t differs = wb_load_le64(a + i) ^ wb_load_le64(b + i);
        if (differs != 0) {
            i += wb_lowest_bit(differs) / 8;
            return i < most ? i : most;
        }
    }
    return most;
}

/* 2^64 / golden ratio: the highest bits of a product depend on all bits of the word. */
#define WB_HASH_FACTOR UINT64_C(0x9E3779B97F4A7C15)

#endif
