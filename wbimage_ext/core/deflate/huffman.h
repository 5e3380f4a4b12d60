/* Length-limited Huffman codes, canonical as in DEFLATE (RFC 1951, 3.2.2).
 * In: how often each symbol occurs. Out: code lengths, bit-reversed codes. Ownership: none. */
#ifndef WB_DEFLATE_HUFFMAN_H
#define WB_DEFLATE_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

enum { WB_HUFFMAN_MAX_SYMBOLS = 288, WB_HUFFMAN_MAX_BITS = 15 };

/* Gives every symbol of a frequency over 0 a length of 1 to `max_bits`, the others 0. A lone symbol
 * gets length 1. The sum of the frequencies is below 2^31; 2^max_bits is at least `count`. */
void wb_huffman_lengths(const uint32_t *frequencies, unsigned count, unsigned max_bits,
                        uint8_t *lengths);

/* The canonical code of each symbol that has a length, its first bit lowest. */
void wb_huffman_codes(const uint8_t *lengths, unsigned count, uint16_t *codes);

#endif
