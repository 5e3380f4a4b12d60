/* Literals 64 at a time: codes are looked up in registers by byte permutes (VBMI) and merged there,
 * two, four, eight to a word, so that memory sees one store for eight literals.
 * In: tokens, codes. Out: bits, the same as the portable ones. Ownership: see deflate/emit.h. */
#define KERNEL(name) name##_avx512
#define TARGET WB_TARGET_AVX512
#define VECTOR __m512i
#define SET16(value) _mm512_set1_epi16(value)
#define SET32(value) _mm512_set1_epi32(value)
#define SET64(value) _mm512_set1_epi64(value)
#define SET_LANES(first, last) _mm512_set4_epi64(last, first, last, first)
#define AND(a, b) _mm512_and_si512(a, b)
#define SUB8(a, b) _mm512_sub_epi8(a, b)
#define SUB16(a, b) _mm512_sub_epi16(a, b)
#define SHUFFLE8(table, index) _mm512_shuffle_epi8(table, index)
#define MULTIPLY_ADD8(a, b) _mm512_maddubs_epi16(a, b)
#define MULTIPLY_ADD16(a, b) _mm512_madd_epi16(a, b)
#define UNPACK_LOWER8(a, b) _mm512_unpacklo_epi8(a, b)
#define UNPACK_UPPER8(a, b) _mm512_unpackhi_epi8(a, b)
#define UNPACK_LOWER16(a, b) _mm512_unpacklo_epi16(a, b)
#define UNPACK_UPPER16(a, b) _mm512_unpackhi_epi16(a, b)
#define UNPACK_LOWER64(a, b) _mm512_unpacklo_epi64(a, b)
#define UNPACK_UPPER64(a, b) _mm512_unpackhi_epi64(a, b)
#define SHIFT_UP_BY32(a, bits) _mm512_sllv_epi32(a, bits)
#define SHIFT_DOWN_BY64(a, bits) _mm512_srlv_epi64(a, bits)
#define SUM_BYTES(a) _mm512_sad_epu8(a, _mm512_setzero_si512())
#include "deflate/x86/emit_impl.h"

/* A byte for each of 256 symbols. */
typedef struct byte_table {
    __m512i part[4];
} byte_table;

typedef struct literal_tables {
    byte_table code_low, code_high, bits;
} literal_tables;

WB_TARGET_AVX512 static inline literal_tables load_tables(const wb_deflate_codes *codes)
{
    literal_tables tables;
    for (int i = 0; i < 4; i++) {
        const uint16_t *from = codes->litlen + 64 * i;
        __m512i first = _mm512_loadu_si512(from), second = _mm512_loadu_si512(from + 32);
        tables.code_low.part[i] = _mm512_inserti64x4(
            _mm512_castsi256_si512(_mm512_cvtepi16_epi8(first)), _mm512_cvtepi16_epi8(second), 1);
        tables.code_high.part[i] = _mm512_inserti64x4(
            _mm512_castsi256_si512(_mm512_cvtepi16_epi8(_mm512_srli_epi16(first, 8))),
            _mm512_cvtepi16_epi8(_mm512_srli_epi16(second, 8)), 1);
        tables.bits.part[i] = _mm512_loadu_si512(codes->litlen_bits + 64 * i);
    }
    return tables;
}

WB_TARGET_AVX512 static inline __m512i look_up(const byte_table *table, __m512i symbols)
{
    __m512i low = _mm512_permutex2var_epi8(table->part[0], symbols, table->part[1]);
    __m512i high = _mm512_permutex2var_epi8(table->part[2], symbols, table->part[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(symbols), low, high);
}

/* Those of 64 literals that `some` has bits for; none of them behind the first `words` eights. */
WB_TARGET_AVX512 WB_ALWAYS_INLINE void put_some(const literal_tables *tables, const uint8_t *bytes,
                                                __mmask64 some, int words, wb_bit_writer *writer)
{
    __m512i symbols = _mm512_loadu_si512(bytes);
    merged_avx512 fours = merge_avx512(
        _mm512_maskz_mov_epi8(some, look_up(&tables->code_low, symbols)),
        _mm512_maskz_mov_epi8(some, look_up(&tables->code_high, symbols)),
        _mm512_maskz_mov_epi8(some, look_up(&tables->bits, symbols)));
    uint64_t values[2][8], bits[2][8];
    const __m512i most = _mm512_set1_epi64(WB_BIT_WRITER_MAX_BITS);
    if (_mm512_cmpgt_epu64_mask(fours.bits, most) == 0) {
        _mm512_storeu_si512(
            values[0],
            _mm512_or_si512(fours.first, _mm512_sllv_epi64(fours.last, fours.first_bits)));
        _mm512_storeu_si512(bits[0], fours.bits);
        for (int i = 0; i < words; i++)
            wb_bits_put(writer, values[0][i], (unsigned)bits[0][i]);
        return;
    }
    _mm512_storeu_si512(values[0], fours.first);
    _mm512_storeu_si512(values[1], fours.last);
    _mm512_storeu_si512(bits[0], fours.first_bits);
    _mm512_storeu_si512(bits[1], _mm512_sub_epi64(fours.bits, fours.first_bits));
    for (int i = 0; i < words; i++) {
        wb_bits_put(writer, values[0][i], (unsigned)bits[0][i]);
        wb_bits_put(writer, values[1][i], (unsigned)bits[1][i]);
    }
}

WB_TARGET_AVX512 static void emit_avx512(const wb_deflate_stretch *stretch,
                                         const wb_deflate_codes *codes,
                                         wb_bit_writer *shared_writer)
{
    wb_bit_writer writer = *shared_writer;
    const literal_tables tables = load_tables(codes);
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        wb_deflate_token token = stretch->tokens[i];
        size_t literals = token.literals;
        for (; literals >= 64; literals -= 64, bytes += 64)
            put_some(&tables, bytes, ~(__mmask64)0, 8, &writer);
        __mmask64 rest = ((__mmask64)1 << literals) - 1;
        if (literals > 32)
            put_some(&tables, bytes, rest, 8, &writer);
        else if (literals > 4)
            put_some(&tables, bytes, rest, 4, &writer);
        else if (literals != 0)
            put_group(&writer, group_of_some(codes->literal_entries, bytes, literals));
        put_long_match(codes, token.length, token.distance, &writer);
        bytes += literals + token.length;
    }
    *shared_writer = writer;
}
