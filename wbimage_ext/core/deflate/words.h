/* Bytes compared eight at a time, and the hash of a word.
 * In: bytes. Out: lengths. Ownership: borrows. */
#ifndef WB_DEFLATE_WORDS_H
#define WB_DEFLATE_WORDS_H

#include <stddef.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/kernel.h"

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
