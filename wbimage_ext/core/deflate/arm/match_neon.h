/* The search for matches with NEON.
 * In: lines of bytes. Out: tokens. Ownership: see deflate/match.h. */
#include "base/neon.h"

static inline uint64_t differs_neon(const uint8_t *a, const uint8_t *b)
{
    return ~(uint64_t)wb_neon_mask_32(vceqq_u8(vld1q_u8(a), vld1q_u8(b)),
                                      vceqq_u8(vld1q_u8(a + 16), vld1q_u8(b + 16)));
}

#define KERNEL(name) name##_neon
#define TARGET
#include "deflate/match_impl.h"
