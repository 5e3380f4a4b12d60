/* The PNG filters with NEON.
 * In: rows. Out: scores, filtered bytes. Ownership: see png/filter.h. */

/* Where left and above lie on the same side of above_left, it is no candidate: any large distance
 * does. Elsewhere the two differences cancel in part. */
static inline uint8x16_t to_above_left_neon(uint8x16_t left, uint8x16_t above,
                                            uint8x16_t above_left)
{
    const uint8x16_t one_side = vceqq_u8(vcgeq_u8(left, above_left), vcgeq_u8(above, above_left));
    return vorrq_u8(one_side, vabdq_u8(vabdq_u8(above, above_left), vabdq_u8(left, above_left)));
}

/* Sums of bytes in four parts of 32 bits, more than any row needs. */
static inline uint8x16_t add_bytes_neon(uint8x16_t sum, uint8x16_t bytes)
{
    return vreinterpretq_u8_u32(vpadalq_u16(vreinterpretq_u32_u8(sum), vpaddlq_u8(bytes)));
}

#define KERNEL(name) name##_neon
#define TARGET
#define VECTOR uint8x16_t
#define VECTOR_BYTES 16
#define LOAD(from) vld1q_u8((const uint8_t *)(from))
#define STORE(to, value) vst1q_u8((uint8_t *)(to), value)
#define ZERO() vdupq_n_u8(0)
#define AND(a, b) vandq_u8(a, b)
#define SUB(a, b) vsubq_u8(a, b)
#define MIN(a, b) vminq_u8(a, b)
#define EQUAL(a, b) vceqq_u8(a, b)
#define SELECT(mask, yes, no) vbslq_u8(mask, yes, no)
#define DISTANCE(a, b) vabdq_u8(a, b)
#define AVERAGE(a, b) vhaddq_u8(a, b)
#define TO_ABOVE_LEFT(left, above, above_left) to_above_left_neon(left, above, above_left)
#define MAGNITUDE(a) vreinterpretq_u8_s8(vabsq_s8(vreinterpretq_s8_u8(a)))
#define ADD_BYTES(sum, a) add_bytes_neon(sum, a)
#define TOTAL(sum) vaddlvq_u32(vreinterpretq_u32_u8(sum))
#include "png/filter_impl.h"
