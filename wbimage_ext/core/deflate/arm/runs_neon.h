/* The search for runs with NEON.
 * In: filtered bytes. Out: tokens. Ownership: see deflate/tokens.h. */
#include "base/neon.h"

static inline uint64_t equal_mask_neon(const uint8_t *a, const uint8_t *b)
{
    return wb_neon_mask(
        vceqq_u8(vld1q_u8(a), vld1q_u8(b)), vceqq_u8(vld1q_u8(a + 16), vld1q_u8(b + 16)),
        vceqq_u8(vld1q_u8(a + 32), vld1q_u8(b + 32)), vceqq_u8(vld1q_u8(a + 48), vld1q_u8(b + 48)));
}

#define KERNEL(name) name##_neon
#define TARGET
#define VECTOR_BYTES 64
#define EQUAL_MASK(a, b) equal_mask_neon(a, b)
#include "deflate/runs_impl.h"
