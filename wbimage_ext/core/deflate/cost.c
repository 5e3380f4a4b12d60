/* Entropy by a table of logarithms: no floating point, whose last bits differ between machines.
 * In: frequencies. Out: bits. Ownership: none. */
#include "deflate/cost.h"

const uint8_t wb_log2_fractions[256] = {
    0,   1,   3,   4,   6,   7,   9,   10,  11,  13,  14,  16,  17,  18,  20,  21,  22,  24,  25,
    26,  28,  29,  30,  32,  33,  34,  36,  37,  38,  40,  41,  42,  44,  45,  46,  47,  49,  50,
    51,  52,  54,  55,  56,  57,  59,  60,  61,  62,  63,  65,  66,  67,  68,  69,  71,  72,  73,
    74,  75,  77,  78,  79,  80,  81,  82,  84,  85,  86,  87,  88,  89,  90,  92,  93,  94,  95,
    96,  97,  98,  99,  100, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 116,
    117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135,
    136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154,
    155, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 169, 170, 171,
    172, 173, 174, 175, 176, 177, 178, 178, 179, 180, 181, 182, 183, 184, 185, 185, 186, 187, 188,
    189, 190, 191, 192, 192, 193, 194, 195, 196, 197, 198, 198, 199, 200, 201, 202, 203, 203, 204,
    205, 206, 207, 208, 208, 209, 210, 211, 212, 212, 213, 214, 215, 216, 216, 217, 218, 219, 220,
    220, 221, 222, 223, 224, 224, 225, 226, 227, 228, 228, 229, 230, 231, 231, 232, 233, 234, 234,
    235, 236, 237, 238, 238, 239, 240, 241, 241, 242, 243, 244, 244, 245, 246, 247, 247, 248, 249,
    249, 250, 251, 252, 252, 253, 254, 255, 255,
};

/* sum f * log2(total / f) = total * log2(total) - sum f * log2(f). Frequencies that are not 0 are
 * collected first, without a branch, which nothing could predict. */
uint64_t wb_entropy(const uint32_t *frequencies, unsigned count)
{
    uint32_t used[WB_DEFLATE_LITLEN_SYMBOLS];
    unsigned used_count = 0;
    for (unsigned i = 0; i < count; i++) {
        used[used_count] = frequencies[i];
        used_count += frequencies[i] != 0;
    }
    uint64_t total = 0, spent = 0;
    for (unsigned i = 0; i < used_count; i++) {
        total += used[i];
        spent += (uint64_t)used[i] * wb_log2_fixed(used[i]);
    }
    if (total == 0)
        return 0;
    uint64_t all = total * wb_log2_fixed((uint32_t)total);
    return all > spent ? all - spent : 0;
}

static uint64_t extra_bits_cost(const wb_deflate_frequencies *frequencies)
{
    uint64_t bits = 0;
    for (unsigned i = 8; i < WB_DEFLATE_LITLEN_SYMBOLS - 1 - WB_DEFLATE_FIRST_LENGTH; i++)
        bits += (uint64_t)frequencies->litlen[WB_DEFLATE_FIRST_LENGTH + i] * (i / 4 - 1);
    for (unsigned i = 4; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        bits += (uint64_t)frequencies->distance[i] * (i / 2 - 1);
    return bits;
}

uint64_t wb_deflate_cost(const wb_deflate_codes *codes, const wb_deflate_frequencies *frequencies)
{
    uint64_t bits = extra_bits_cost(frequencies);
    for (unsigned i = 0; i < WB_DEFLATE_LITLEN_SYMBOLS; i++)
        bits += (uint64_t)frequencies->litlen[i] * codes->litlen_bits[i];
    for (unsigned i = 0; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        bits += (uint64_t)frequencies->distance[i] * codes->distance_bits[i];
    return bits;
}

/* In 32 bits, so that compilers make vectors of it. */
static uint32_t sum(const uint32_t *frequencies, unsigned start, unsigned end)
{
    uint32_t total = 0;
    for (unsigned i = start; i < end; i++)
        total += frequencies[i];
    return total;
}

uint64_t wb_deflate_cost_fixed(const wb_deflate_frequencies *frequencies)
{
    /* Up to where symbols have codes of one length. */
    static const uint16_t ENDS[] = {144, 256, 280, WB_DEFLATE_LITLEN_SYMBOLS};
    uint64_t bits = extra_bits_cost(frequencies);
    for (unsigned i = 0, start = 0; i < sizeof ENDS / sizeof *ENDS; start = ENDS[i++])
        bits += (uint64_t)sum(frequencies->litlen, start, ENDS[i])
                * wb_deflate_fixed_litlen_bits(start);
    return bits
           + (uint64_t)sum(frequencies->distance, 0, WB_DEFLATE_DISTANCE_SYMBOLS)
                 * WB_DEFLATE_FIXED_DISTANCE_BITS;
}

uint64_t wb_deflate_entropy(const wb_deflate_frequencies *frequencies)
{
    return ((wb_entropy(frequencies->litlen, WB_DEFLATE_LITLEN_SYMBOLS)
             + wb_entropy(frequencies->distance, WB_DEFLATE_DISTANCE_SYMBOLS))
            >> 8)
           + extra_bits_cost(frequencies);
}
