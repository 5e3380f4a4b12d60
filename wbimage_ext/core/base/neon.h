/* A bit for each of 64 bytes, which NEON has no instruction for. Included on ARM64 only.
 * In: vectors whose bytes are 0 or 255. Out: a word. Ownership: none. */
#ifndef WB_BASE_NEON_H
#define WB_BASE_NEON_H

#include <stdint.h>

#include "base/kernel.h"

/* Bit k is set where byte k of the four vectors is. */
WB_ALWAYS_INLINE uint64_t wb_neon_mask(uint8x16_t first, uint8x16_t second, uint8x16_t third,
                                       uint8x16_t fourth)
{
    /* Each byte keeps the bit of its place in a group of eight; three pairwise sums gather them. */
    const uint8x16_t places = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    const uint8x16_t lower = vpaddq_u8(vandq_u8(first, places), vandq_u8(second, places));
    const uint8x16_t upper = vpaddq_u8(vandq_u8(third, places), vandq_u8(fourth, places));
    const uint8x16_t both = vpaddq_u8(lower, upper);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(both, both)), 0);
}

#endif
