/* A bit for each byte, which NEON has no instruction for. Included on ARM64 only.
 * In: vectors whose bytes are 0 or 255. Out: a word. Ownership: none. */
#ifndef WB_BASE_NEON_H
#define WB_BASE_NEON_H

#include <stdint.h>

#include "base/kernel.h"

/* Each byte keeps the bit of its place in a group of eight, and pairwise sums gather them. */
WB_ALWAYS_INLINE uint8x16_t wb_neon_bits(uint8x16_t first, uint8x16_t second)
{
    const uint8x16_t places = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    return vpaddq_u8(vandq_u8(first, places), vandq_u8(second, places));
}

/* Bit k is set where byte k of the two vectors is. */
WB_ALWAYS_INLINE uint32_t wb_neon_mask_32(uint8x16_t first, uint8x16_t second)
{
    const uint8x16_t bits = wb_neon_bits(first, second), sums = vpaddq_u8(bits, bits);
    return vgetq_lane_u32(vreinterpretq_u32_u8(vpaddq_u8(sums, sums)), 0);
}

/* The same of four vectors. */
WB_ALWAYS_INLINE uint64_t wb_neon_mask(uint8x16_t first, uint8x16_t second, uint8x16_t third,
                                       uint8x16_t fourth)
{
    const uint8x16_t both = vpaddq_u8(wb_neon_bits(first, second), wb_neon_bits(third, fourth));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(both, both)), 0);
}

#endif
