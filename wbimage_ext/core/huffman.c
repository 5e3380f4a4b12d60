/* Huffman's tree in place over sorted frequencies, then its lengths cut to a limit.
 * In: frequencies. Out: lengths and codes. Ownership: none; the work area is on the stack. */
#include "huffman.h"

#include <string.h>

typedef struct leaf {
    uint32_t weight;
    uint16_t symbol;
} leaf;

/* Least significant byte first; a sample's counts are short, so that most passes are skipped. */
static void sort_by_weight(leaf *leaves, unsigned count, uint32_t largest)
{
    leaf other[WB_HUFFMAN_MAX_SYMBOLS];
    leaf *from = leaves, *to = other;
    for (unsigned shift = 0; shift < 32 && largest >> shift != 0; shift += 8) {
        uint16_t starts[257] = {0};
        for (unsigned i = 0; i < count; i++)
            starts[(from[i].weight >> shift & 0xff) + 1]++;
        for (unsigned i = 1; i < 256; i++)
            starts[i] = (uint16_t)(starts[i] + starts[i - 1]);
        for (unsigned i = 0; i < count; i++)
            to[starts[from[i].weight >> shift & 0xff]++] = from[i];
        leaf *swap = from;
        from = to;
        to = swap;
    }
    if (from != leaves)
        memcpy(leaves, from, count * sizeof *leaves);
}

/* Joins the two lightest of leaves and nodes until one is left. Nodes come out in order of their
 * weight, so that two queues are enough, and then depths follow from the root down. Returns how
 * many leaves have each depth, depths over `max_bits` counted there. */
static void count_depths(const leaf *leaves, unsigned count, unsigned max_bits,
                         uint32_t depth_counts[WB_HUFFMAN_MAX_BITS + 1])
{
    uint32_t weights[WB_HUFFMAN_MAX_SYMBOLS];
    uint16_t parents[WB_HUFFMAN_MAX_SYMBOLS], leaf_parents[WB_HUFFMAN_MAX_SYMBOLS];
    unsigned next_leaf = 0, next_node = 0, nodes = count - 1;
    for (unsigned node = 0; node < nodes; node++) {
        uint32_t weight = 0;
        for (int child = 0; child < 2; child++) {
            if (next_leaf < count
                && (next_node == node || leaves[next_leaf].weight <= weights[next_node])) {
                weight += leaves[next_leaf].weight;
                leaf_parents[next_leaf++] = (uint16_t)node;
            } else {
                weight += weights[next_node];
                parents[next_node++] = (uint16_t)node;
            }
        }
        weights[node] = weight;
    }
    uint8_t depths[WB_HUFFMAN_MAX_SYMBOLS];
    depths[nodes - 1] = 0;
    for (unsigned node = nodes - 1; node-- > 0;) {
        unsigned depth = depths[parents[node]] + 1u;
        depths[node] = (uint8_t)(depth < max_bits ? depth : max_bits);
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned depth = depths[leaf_parents[i]] + 1u;
        depth_counts[depth < max_bits ? depth : max_bits]++;
    }
}

/* Leaves cut to max_bits claim more than there is (Kraft's sum is over 1). Each step takes the
 * deepest leaf that has room below it, hangs it and one of the cut ones under its place. */
static void repair_depths(unsigned max_bits, uint32_t depth_counts[WB_HUFFMAN_MAX_BITS + 1])
{
    uint64_t claimed = 0, whole = (uint64_t)1 << max_bits;
    for (unsigned depth = 1; depth <= max_bits; depth++)
        claimed += (uint64_t)depth_counts[depth] << (max_bits - depth);
    while (claimed > whole) {
        unsigned depth = max_bits - 1;
        while (depth_counts[depth] == 0)
            depth--;
        depth_counts[depth]--;
        depth_counts[depth + 1] += 2;
        depth_counts[max_bits]--;
        claimed--;
    }
}

void wb_huffman_lengths(const uint32_t *frequencies, unsigned count, unsigned max_bits,
                        uint8_t *lengths)
{
    leaf leaves[WB_HUFFMAN_MAX_SYMBOLS];
    unsigned used = 0;
    uint32_t largest = 0;
    memset(lengths, 0, count);
    for (unsigned symbol = 0; symbol < count; symbol++) {
        leaves[used] = (leaf){frequencies[symbol], (uint16_t)symbol};
        used += frequencies[symbol] != 0;
        largest = frequencies[symbol] > largest ? frequencies[symbol] : largest;
    }
    if (used <= 1) {
        if (used == 1)
            lengths[leaves[0].symbol] = 1;
        return;
    }
    sort_by_weight(leaves, used, largest);
    uint32_t depth_counts[WB_HUFFMAN_MAX_BITS + 1] = {0};
    count_depths(leaves, used, max_bits, depth_counts);
    repair_depths(max_bits, depth_counts);
    unsigned i = 0; /* the lightest are the deepest */
    for (unsigned depth = max_bits; depth > 0; depth--)
        for (uint32_t left = depth_counts[depth]; left != 0; left--)
            lengths[leaves[i++].symbol] = (uint8_t)depth;
}

static uint16_t reverse_16(uint16_t bits)
{
    unsigned b = bits;
    b = (b >> 1 & 0x5555) | (b & 0x5555) << 1;
    b = (b >> 2 & 0x3333) | (b & 0x3333) << 2;
    b = (b >> 4 & 0x0f0f) | (b & 0x0f0f) << 4;
    return (uint16_t)(b >> 8 | b << 8);
}

void wb_huffman_codes(const uint8_t *lengths, unsigned count, uint16_t *codes)
{
    unsigned counts[WB_HUFFMAN_MAX_BITS + 1] = {0}, next[WB_HUFFMAN_MAX_BITS + 1] = {0};
    for (unsigned symbol = 0; symbol < count; symbol++)
        counts[lengths[symbol]]++;
    counts[0] = 0;
    for (unsigned bits = 1; bits <= WB_HUFFMAN_MAX_BITS; bits++)
        next[bits] = (next[bits - 1] + counts[bits - 1]) << 1;
    for (unsigned symbol = 0; symbol < count; symbol++) {
        unsigned bits = lengths[symbol];
        codes[symbol] = 0;
        if (bits != 0)
            codes[symbol] = (uint16_t)(reverse_16((uint16_t)next[bits]++) >> (16 - bits));
    }
}
