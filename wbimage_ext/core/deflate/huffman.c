/* Huffman's tree in place over sorted frequencies, then its lengths cut to a limit.
 * In: frequencies. Out: lengths and codes. Ownership: none; the work area is on the stack. */
#include "deflate/huffman.h"

#include "deflate/format.h"

#include <stdbool.h>
#include <string.h>

typedef struct leaf {
    uint32_t weight;
    uint16_t symbol;
} leaf;

enum {
    /* Weights share a bucket if their highest bits are the same, the first and so many more. */
    MANTISSA_BITS = 6,
    MANTISSAS = 1 << MANTISSA_BITS,
    BUCKETS = (32 - MANTISSA_BITS + 1) * MANTISSAS,
    /* What weights that add up to less than 2^31 cannot reach: Fibonacci's numbers go to 45. */
    MAX_DEPTH = 64
};

static unsigned bucket_of(uint32_t weight)
{
    unsigned highest = wb_highest_bit(weight | MANTISSAS), shift = highest - MANTISSA_BITS;
    return shift * MANTISSAS + (weight >> shift);
}

/* Into buckets, where nearly all are in order, then one by one. */
static void sort_by_weight(const leaf *leaves, unsigned count, uint32_t largest, leaf *sorted)
{
    uint16_t starts[BUCKETS + 1];
    unsigned buckets = bucket_of(largest) + 1;
    memset(starts, 0, (buckets + 1) * sizeof *starts);
    for (unsigned i = 0; i < count; i++)
        starts[bucket_of(leaves[i].weight) + 1]++;
    for (unsigned i = 1; i < buckets; i++)
        starts[i] = (uint16_t)(starts[i] + starts[i - 1]);
    for (unsigned i = 0; i < count; i++)
        sorted[starts[bucket_of(leaves[i].weight)]++] = leaves[i];
    for (unsigned i = 1; i < count; i++) {
        leaf moved = sorted[i];
        unsigned to = i;
        for (; to > 0 && sorted[to - 1].weight > moved.weight; to--)
            sorted[to] = sorted[to - 1];
        sorted[to] = moved;
    }
}

/* Joins the two lightest of leaves and nodes until one is left, without branches. Nodes come out in
 * order of their weight, so that two queues are enough; a queue's end is heavier than all. Depths
 * follow from the root down, and fall from node to node. Returns how many leaves have each depth,
 * depths over `max_bits` counted there. */
static void count_depths(const leaf *leaves, unsigned count, unsigned max_bits,
                         uint32_t depth_counts[WB_HUFFMAN_MAX_BITS + 1])
{
    uint32_t weights[WB_HUFFMAN_MAX_SYMBOLS + 1];
    uint16_t parents[WB_HUFFMAN_MAX_SYMBOLS + 1];
    unsigned next_leaf = 0, next_node = 0, nodes = count - 1;
    memset(weights, 0xff, sizeof weights);
    for (unsigned node = 0; node < nodes; node++) {
        uint32_t leaf_0 = leaves[next_leaf].weight, leaf_1 = leaves[next_leaf + 1].weight;
        uint32_t node_0 = weights[next_node], node_1 = weights[next_node + 1];
        bool both_leaves = leaf_1 <= node_0, both_nodes = node_1 < leaf_0;
        weights[node] = (both_nodes ? node_1 : leaf_0) + (both_leaves ? leaf_1 : node_0);
        /* Of those not taken now the parent is written again later. */
        parents[next_node] = parents[next_node + 1] = (uint16_t)node;
        unsigned taken = 1u - both_leaves + both_nodes;
        next_node += taken;
        next_leaf += 2 - taken;
    }
    uint8_t depths[WB_HUFFMAN_MAX_SYMBOLS] = {0};
    uint16_t first[MAX_DEPTH]; /* node of each depth */
    depths[nodes - 1] = 0;
    first[0] = (uint16_t)(nodes - 1);
    for (unsigned node = nodes - 1; node-- > 0;) {
        depths[node] = (uint8_t)(depths[parents[node]] + 1);
        first[depths[node]] = (uint16_t)node;
    }
    unsigned above = 1; /* nodes a level higher, each with two children */
    for (unsigned depth = 1; depth <= depths[0] + 1u; depth++) {
        unsigned here = depth <= depths[0] ? (unsigned)(first[depth - 1] - first[depth]) : 0;
        depth_counts[depth < max_bits ? depth : max_bits] += 2 * above - here;
        above = here;
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
    leaf leaves[WB_HUFFMAN_MAX_SYMBOLS], sorted[WB_HUFFMAN_MAX_SYMBOLS + 2];
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
    sort_by_weight(leaves, used, largest, sorted);
    sorted[used].weight = sorted[used + 1].weight = UINT32_MAX;
    uint32_t depth_counts[WB_HUFFMAN_MAX_BITS + 1] = {0};
    count_depths(sorted, used, max_bits, depth_counts);
    repair_depths(max_bits, depth_counts);
    unsigned i = 0; /* the lightest are the deepest */
    for (unsigned depth = max_bits; depth > 0; depth--)
        for (uint32_t left = depth_counts[depth]; left != 0; left--)
            lengths[sorted[i++].symbol] = (uint8_t)depth;
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
    uint16_t used[WB_HUFFMAN_MAX_SYMBOLS];
    unsigned used_count = 0;
    memset(codes, 0, count * sizeof *codes);
    for (unsigned symbol = 0; symbol < count; symbol++) {
        used[used_count] = (uint16_t)symbol;
        used_count += lengths[symbol] != 0;
    }
    for (unsigned i = 0; i < used_count; i++)
        counts[lengths[used[i]]]++;
    for (unsigned bits = 1; bits <= WB_HUFFMAN_MAX_BITS; bits++)
        next[bits] = (next[bits - 1] + counts[bits - 1]) << 1;
    for (unsigned i = 0; i < used_count; i++) {
        const unsigned bits = lengths[used[i]];
        codes[used[i]] = (uint16_t)(reverse_16((uint16_t)next[bits]++) >> (16 - bits));
    }
}
