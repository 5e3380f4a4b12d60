/* Literals 32 at a time: the codes of residuals near zero, which nearly all of a photograph's are,
 * are looked up in registers by byte shuffles and merged there, eight to a word.
 * In: tokens, codes. Out: bits, the same as the portable ones. Ownership: see deflate_emit.h. */
#include <immintrin.h>

#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2")))

#define KERNEL(name) name##_avx2
#define TARGET TARGET_AVX2
#define VECTOR __m256i
#define SET16(value) _mm256_set1_epi16(value)
#define SET32(value) _mm256_set1_epi32(value)
#define SET64(value) _mm256_set1_epi64x(value)
#define SET_LANES(first, last) _mm256_set_epi64x(last, first, last, first)
#define AND(a, b) _mm256_and_si256(a, b)
#define SUB8(a, b) _mm256_sub_epi8(a, b)
#define SUB16(a, b) _mm256_sub_epi16(a, b)
#define SHUFFLE8(table, index) _mm256_shuffle_epi8(table, index)
#define MULTIPLY_ADD8(a, b) _mm256_maddubs_epi16(a, b)
#define MULTIPLY_ADD16(a, b) _mm256_madd_epi16(a, b)
#define UNPACK_LOWER8(a, b) _mm256_unpacklo_epi8(a, b)
#define UNPACK_UPPER8(a, b) _mm256_unpackhi_epi8(a, b)
#define UNPACK_LOWER16(a, b) _mm256_unpacklo_epi16(a, b)
#define UNPACK_UPPER16(a, b) _mm256_unpackhi_epi16(a, b)
#define UNPACK_LOWER64(a, b) _mm256_unpacklo_epi64(a, b)
#define UNPACK_UPPER64(a, b) _mm256_unpackhi_epi64(a, b)
#define SHIFT_UP_BY32(a, bits) _mm256_sllv_epi32(a, bits)
#define SHIFT_DOWN_BY64(a, bits) _mm256_srlv_epi64(a, bits)
#define SUM_BYTES(a) _mm256_sad_epu8(a, _mm256_setzero_si256())
#include "deflate_merge_impl.h"

enum {
    NEAR_PARTS = 4,                   /* of 16 symbols; each more costs a photograph 3 percent */
    NEAR_REACH = NEAR_PARTS * 16 / 2, /* as many residuals below zero as above */
    NEAR_MAX_BITS = 12                /* a code and its length share 16 bits */
};

/* Of the symbols near zero: the low byte of a code; its high bits with its length above them, or 0
 * where the code is too long. Each part twice, for a shuffle looks at 16 bytes. */
typedef struct near_tables {
    __m256i code_low[NEAR_PARTS], high_and_bits[NEAR_PARTS];
} near_tables;

TARGET_AVX2 static inline __m256i load_twice(const uint8_t *from)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)from));
}

TARGET_AVX2 static near_tables load_near_tables(const wb_deflate_codes *codes)
{
    near_tables tables;
    for (int part = 0; part < NEAR_PARTS; part++) {
        uint8_t code_low[16], high_and_bits[16];
        for (int i = 0; i < 16; i++) {
            uint8_t symbol = (uint8_t)(16 * part + i - NEAR_REACH);
            unsigned bits = codes->litlen_bits[symbol], code = codes->litlen[symbol];
            code_low[i] = (uint8_t)code;
            high_and_bits[i] = (uint8_t)(bits <= NEAR_MAX_BITS ? code >> 8 | bits << 4 : 0);
        }
        tables.code_low[part] = load_twice(code_low);
        tables.high_and_bits[part] = load_twice(high_and_bits);
    }
    return tables;
}

/* `count` literals, up to 32; a constant where it is 32. */
TARGET_AVX2 WB_ALWAYS_INLINE void put_up_to_32(const near_tables *tables, const uint64_t *entries,
                                               const uint8_t *bytes, size_t count,
                                               wb_bit_writer *writer)
{
    static const uint8_t FIRST_OF[64] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    };
    const __m256i zero = _mm256_setzero_si256(), low_4 = _mm256_set1_epi8(15);
    __m256i symbols = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i low = zero, high_and_bits = zero;
    for (int part = 0; part < NEAR_PARTS; part++) {
        /* A shuffle gives 0 where its index has the highest bit: all that is not in 0 to 15. */
        __m256i first = _mm256_set1_epi8((char)(16 * part - NEAR_REACH));
        __m256i index = _mm256_adds_epu8(_mm256_sub_epi8(symbols, first), _mm256_set1_epi8(112));
        low = _mm256_or_si256(low, _mm256_shuffle_epi8(tables->code_low[part], index));
        high_and_bits = _mm256_or_si256(high_and_bits,
                                        _mm256_shuffle_epi8(tables->high_and_bits[part], index));
    }
    __m256i missing = _mm256_cmpeq_epi8(high_and_bits, zero);
    if (count < 32) {
        __m256i some = _mm256_loadu_si256((const __m256i *)(const void *)(FIRST_OF + 32 - count));
        missing = _mm256_and_si256(missing, some);
        high_and_bits = _mm256_and_si256(high_and_bits, some);
        low = _mm256_and_si256(low, some);
    }
    __m256i high = _mm256_and_si256(high_and_bits, low_4);
    __m256i bits = _mm256_and_si256(_mm256_srli_epi16(high_and_bits, 4), low_4);
    merged_avx2 fours = merge_avx2(low, high, bits);
    __m256i eights = _mm256_or_si256(fours.first, _mm256_sllv_epi64(fours.last, fours.first_bits));
    __m256i too_long = _mm256_cmpgt_epi64(fours.bits, _mm256_set1_epi64x(WB_BIT_WRITER_MAX_BITS));
    __m256i slow = _mm256_or_si256(missing, too_long);
    if (_mm256_testz_si256(slow, slow)) {
        uint64_t value[4], size_bits[4];
        _mm256_storeu_si256((__m256i *)(void *)value, eights);
        _mm256_storeu_si256((__m256i *)(void *)size_bits, fours.bits);
        for (int i = 0; i < 4; i++)
            wb_bits_put(writer, value[i], (unsigned)size_bits[i]);
    } else {
        /* All of them without a branch: which are slow is hard to foresee. */
        put_literals(entries, bytes, count, false, writer);
    }
}

TARGET_AVX2 static void emit_avx2(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                                  wb_bit_writer *shared_writer)
{
    wb_bit_writer writer = *shared_writer; /* in registers */
    const near_tables tables = load_near_tables(codes);
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        wb_deflate_token token = stretch->tokens[i];
        size_t literals = token.literals;
        for (; literals >= 32; literals -= 32, bytes += 32)
            put_up_to_32(&tables, codes->literal_entries, bytes, 32, &writer);
        if (literals <= 4)
            put_group(&writer, group_of_some(codes->literal_entries, bytes, literals));
        else
            put_up_to_32(&tables, codes->literal_entries, bytes, literals, &writer);
        put_long_match(codes, token.length, token.distance, &writer);
        bytes += literals + token.length;
    }
    *shared_writer = writer;
}
