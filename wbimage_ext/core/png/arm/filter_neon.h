/* The PNG filters with NEON.
 * In: rows. Out: scores, filtered bytes. Ownership: see png/filter.h. */
#define KERNEL(name) name##_neon
#define TARGET
#define VECTOR uint8x16_t
#define VECTOR_BYTES 16
#define LOAD(from) vld1q_u8((const uint8_t *)(from))
#define STORE(to, value) vst1q_u8((uint8_t *)(to), value)
#define ZERO() vdupq_n_u8(0)
#define ONES() vdupq_n_u8(1)
#define AND(a, b) vandq_u8(a, b)
#define OR(a, b) vorrq_u8(a, b)
#define XOR(a, b) veorq_u8(a, b)
#define ADD_SATURATED(a, b) vqaddq_u8(a, b)
#define SUB(a, b) vsubq_u8(a, b)
#define SUB_SATURATED(a, b) vqsubq_u8(a, b)
#define MIN(a, b) vminq_u8(a, b)
#define AVERAGE_UP(a, b) vrhaddq_u8(a, b)
#define EQUAL(a, b) vceqq_u8(a, b)
#define SELECT(mask, yes, no) vbslq_u8(mask, yes, no)
#define SUM_BYTES(a) vreinterpretq_u8_u64(vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(a))))
#define ADD64(a, b) \
    vreinterpretq_u8_u64(vaddq_u64(vreinterpretq_u64_u8(a), vreinterpretq_u64_u8(b)))
#include "png/filter_impl.h"
