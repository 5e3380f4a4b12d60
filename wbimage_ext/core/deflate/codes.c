/* Builds the codes of a DEFLATE block and its header (RFC 1951, 3.2.6 and 3.2.7).
 * In: frequencies. Out: wb_deflate_codes. Ownership: none. */
#include "deflate/codes.h"

#include "deflate/huffman.h"

#include <string.h>

enum {
    PRECODE_SYMBOLS = 19,
    PRECODE_MAX_BITS = 7,
    REPEAT_LAST = 16, /* 3 to 6 times, 2 extra bits */
    ZEROS_SHORT = 17, /* 3 to 10, 3 extra bits */
    ZEROS_LONG = 18   /* 11 to 138, 7 extra bits */
};

static const uint8_t PRECODE_ORDER[PRECODE_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                       11, 4,  12, 3, 13, 2, 14, 1, 15};

static unsigned precode_extra_bits(unsigned symbol)
{
    return symbol < REPEAT_LAST ? 0 : symbol == REPEAT_LAST ? 2 : symbol == ZEROS_SHORT ? 3 : 7;
}

static void header_add(wb_deflate_codes *codes, uint32_t *frequencies, unsigned symbol,
                       unsigned extra)
{
    codes->header_symbols[codes->header_symbol_count].symbol = (uint8_t)symbol;
    codes->header_symbols[codes->header_symbol_count].extra = (uint8_t)extra;
    codes->header_symbol_count++;
    frequencies[symbol]++;
}

/* Lists the lengths of both codes as one run-length coded sequence. */
static void header_list_lengths(wb_deflate_codes *codes, uint32_t *frequencies)
{
    uint8_t lengths[WB_DEFLATE_LITLEN_SYMBOLS + WB_DEFLATE_DISTANCE_SYMBOLS];
    unsigned count = (unsigned)codes->litlen_count + codes->distance_count;
    memcpy(lengths, codes->litlen_bits, codes->litlen_count);
    memcpy(lengths + codes->litlen_count, codes->distance_bits, codes->distance_count);
    codes->header_symbol_count = 0;
    for (unsigned i = 0; i < count;) {
        unsigned length = lengths[i], run = 1;
        while (i + run < count && lengths[i + run] == length)
            run++;
        i += run;
        if (length != 0) {
            header_add(codes, frequencies, length, 0);
            run--;
        }
        while (run >= 3) {
            unsigned most = length != 0 ? 6 : 138, take = run < most ? run : most;
            if (length != 0)
                header_add(codes, frequencies, REPEAT_LAST, take - 3);
            else if (take <= 10)
                header_add(codes, frequencies, ZEROS_SHORT, take - 3);
            else
                header_add(codes, frequencies, ZEROS_LONG, take - 11);
            run -= take;
        }
        for (; run != 0; run--)
            header_add(codes, frequencies, length, 0);
    }
}

static unsigned precode_count(const wb_deflate_codes *codes)
{
    unsigned count = PRECODE_SYMBOLS;
    while (count > 4 && codes->precode_bits[PRECODE_ORDER[count - 1]] == 0)
        count--;
    return count;
}

static void header_build(wb_deflate_codes *codes)
{
    uint32_t frequencies[PRECODE_SYMBOLS] = {0};
    codes->litlen_count = WB_DEFLATE_LITLEN_SYMBOLS;
    while (codes->litlen_bits[codes->litlen_count - 1] == 0)
        codes->litlen_count--;
    codes->distance_count = WB_DEFLATE_DISTANCE_SYMBOLS;
    while (codes->distance_bits[codes->distance_count - 1] == 0)
        codes->distance_count--;
    header_list_lengths(codes, frequencies);
    wb_huffman_lengths(frequencies, PRECODE_SYMBOLS, PRECODE_MAX_BITS, codes->precode_bits);
    wb_huffman_codes(codes->precode_bits, PRECODE_SYMBOLS, codes->precode);
    codes->header_bits = 5 + 5 + 4 + 3 * precode_count(codes);
    for (unsigned symbol = 0; symbol < PRECODE_SYMBOLS; symbol++)
        codes->header_bits += frequencies[symbol]
                              * (codes->precode_bits[symbol] + precode_extra_bits(symbol));
}

static void fill_length_entries(wb_deflate_codes *codes)
{
    unsigned length = WB_DEFLATE_MIN_MATCH;
    while (length < WB_DEFLATE_MAX_MATCH) {
        wb_deflate_symbol first = wb_deflate_length_symbol(length);
        unsigned bits = codes->litlen_bits[first.symbol];
        if (bits == 0) { /* no match has such a length */
            length += 1u << first.extra_bits;
            continue;
        }
        uint32_t entry = codes->litlen[first.symbol]
                         | (bits + first.extra_bits) << WB_DEFLATE_ENTRY_BITS;
        for (uint32_t extra = 0; extra >> first.extra_bits == 0; extra++)
            codes->length_entries[length++] = entry | extra << bits;
    }
    codes->length_entries[WB_DEFLATE_MAX_MATCH] =
        codes->litlen[WB_DEFLATE_LITLEN_SYMBOLS - 1]
        | (uint32_t)codes->litlen_bits[WB_DEFLATE_LITLEN_SYMBOLS - 1] << WB_DEFLATE_ENTRY_BITS;
}

void wb_deflate_codes_fit(wb_deflate_codes *codes, const wb_deflate_frequencies *frequencies)
{
    uint32_t litlen[WB_DEFLATE_LITLEN_SYMBOLS];
    memcpy(litlen, frequencies->litlen, sizeof litlen);
    litlen[WB_DEFLATE_END_OF_BLOCK] += litlen[WB_DEFLATE_END_OF_BLOCK] == 0;
    wb_huffman_lengths(litlen, WB_DEFLATE_LITLEN_SYMBOLS, WB_DEFLATE_LITERAL_MAX_BITS,
                       codes->litlen_bits);
    wb_huffman_lengths(frequencies->distance, WB_DEFLATE_DISTANCE_SYMBOLS, WB_HUFFMAN_MAX_BITS,
                       codes->distance_bits);
    unsigned distances = 0;
    for (unsigned i = 0; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        distances += codes->distance_bits[i];
    if (distances == 0) /* RFC 1951 allows a lone code of zero bits; some decoders do not */
        codes->distance_bits[0] = 1;
    /* Those that only the fixed code has. */
    memset(codes->litlen_bits + WB_DEFLATE_LITLEN_SYMBOLS, 0, 2);
    memset(codes->distance_bits + WB_DEFLATE_DISTANCE_SYMBOLS, 0, 2);
    header_build(codes);
}

void wb_deflate_codes_fix(wb_deflate_codes *codes)
{
    for (unsigned i = 0; i < WB_DEFLATE_LITLEN_SYMBOLS + 2; i++)
        codes->litlen_bits[i] = wb_deflate_fixed_litlen_bits(i);
    memset(codes->distance_bits, WB_DEFLATE_FIXED_DISTANCE_BITS, sizeof codes->distance_bits);
}

void wb_deflate_codes_finish(wb_deflate_codes *codes)
{
    wb_huffman_codes(codes->litlen_bits, sizeof codes->litlen_bits, codes->litlen);
    wb_huffman_codes(codes->distance_bits, sizeof codes->distance_bits, codes->distance);
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++) {
        unsigned bits = codes->litlen_bits[i];
        codes->literal_entries[i] = bits == 0 ? 0
                                              : (uint64_t)codes->litlen[i] << (64 - bits) | bits;
    }
    fill_length_entries(codes);
}

void wb_deflate_codes_write_header(const wb_deflate_codes *codes, wb_bit_writer *writer)
{
    unsigned precodes = precode_count(codes);
    wb_bits_put(writer, codes->litlen_count - 257u, 5);
    wb_bits_put(writer, codes->distance_count - 1u, 5);
    wb_bits_put(writer, precodes - 4, 4);
    for (unsigned i = 0; i < precodes; i++)
        wb_bits_put(writer, codes->precode_bits[PRECODE_ORDER[i]], 3);
    for (unsigned i = 0; i < codes->header_symbol_count; i++) {
        unsigned symbol = codes->header_symbols[i].symbol;
        unsigned bits = codes->precode_bits[symbol];
        uint64_t extra = codes->header_symbols[i].extra;
        wb_bits_put(writer, codes->precode[symbol] | extra << bits,
                    bits + precode_extra_bits(symbol));
    }
}
