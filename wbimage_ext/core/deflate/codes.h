/* The two Huffman codes of a DEFLATE block, ready to emit, and the block header that tells them.
 * In: symbol frequencies. Out: codes, the header's bits. Ownership: none; plain data. */
#ifndef WB_DEFLATE_CODES_H
#define WB_DEFLATE_CODES_H

#include "deflate/bit_writer.h"
#include "deflate/format.h"

/* Four literals have to fit one 56-bit write of the emitter. */
enum { WB_DEFLATE_LITERAL_MAX_BITS = 14, WB_DEFLATE_ENTRY_BITS = 24 };

typedef struct wb_deflate_frequencies {
    uint32_t litlen[WB_DEFLATE_LITLEN_SYMBOLS];
    uint32_t distance[WB_DEFLATE_DISTANCE_SYMBOLS];
} wb_deflate_frequencies;

typedef struct wb_deflate_codes {
    uint8_t litlen_bits[WB_DEFLATE_LITLEN_SYMBOLS + 2]; /* the fixed code has two more symbols */
    uint8_t distance_bits[WB_DEFLATE_DISTANCE_SYMBOLS + 2];
    uint16_t litlen[WB_DEFLATE_LITLEN_SYMBOLS + 2]; /* codes, first bit lowest */
    uint16_t distance[WB_DEFLATE_DISTANCE_SYMBOLS + 2];
    /* A literal's code in the highest bits and its length in the lowest, as the emitter takes them:
     * shifting by an entry shifts by its length. */
    uint64_t literal_entries[WB_DEFLATE_LITERALS];
    /* Of each length: its code with the extra bits above, and how many these are together. */
    uint32_t length_entries[WB_DEFLATE_MAX_MATCH + 1];
    uint32_t header_bits; /* after the three bits that every block begins with */
    uint16_t header_symbol_count;
    struct {
        uint8_t symbol, extra;
    } header_symbols[WB_DEFLATE_LITLEN_SYMBOLS + WB_DEFLATE_DISTANCE_SYMBOLS];
    uint16_t litlen_count, distance_count; /* how many lengths the header lists */
    uint8_t precode_bits[19];
    uint16_t precode[19];
} wb_deflate_codes;

/* Sets the lengths of codes that fit, and the header. Symbols of frequency 0 get no code. There is
 * always one distance code and the end of block. */
void wb_deflate_codes_fit(wb_deflate_codes *codes, const wb_deflate_frequencies *frequencies);

/* Sets the lengths of the fixed codes, which have no header. */
void wb_deflate_codes_fix(wb_deflate_codes *codes);

/* Sets the codes by their lengths. */
void wb_deflate_codes_finish(wb_deflate_codes *codes);

/* The header of codes that fit. */
void wb_deflate_codes_write_header(const wb_deflate_codes *codes, wb_bit_writer *writer);

/* A match of 3 to 258 bytes. */
static inline void wb_deflate_put_match(const wb_deflate_codes *codes, wb_bit_writer *writer,
                                        unsigned length, unsigned distance)
{
    uint32_t entry = codes->length_entries[length];
    uint64_t value = entry & ((1u << WB_DEFLATE_ENTRY_BITS) - 1);
    unsigned bits = entry >> WB_DEFLATE_ENTRY_BITS;
    wb_deflate_symbol d = wb_deflate_distance_symbol(distance);
    value |=
        ((uint64_t)codes->distance[d.symbol] | (uint64_t)d.extra << codes->distance_bits[d.symbol])
        << bits;
    bits += codes->distance_bits[d.symbol] + d.extra_bits;
    wb_bits_put(writer, value, bits); /* at most 14 + 5 + 15 + 13 */
}

#endif
