/* Literals 64 at a time: codes are looked up in registers by byte permutes (VBMI) and merged there,
 * two, four, eight to a word, so that memory sees one store for eight literals.
 * In: tokens, codes. Out: bits, the same as the portable ones. Ownership: see deflate_emit.h. */
#include <immintrin.h>

#define TARGET_AVX512 \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2")))

/* A byte for each of 256 symbols. */
typedef struct byte_table {
    __m512i part[4];
} byte_table;

typedef struct literal_tables {
    byte_table code_low, code_high, bits;
} literal_tables;

TARGET_AVX512 static inline literal_tables load_tables(const wb_deflate_codes *codes)
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

TARGET_AVX512 static inline __m512i look_up(const byte_table *table, __m512i symbols)
{
    __m512i low = _mm512_permutex2var_epi8(table->part[0], symbols, table->part[1]);
    __m512i high = _mm512_permutex2var_epi8(table->part[2], symbols, table->part[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(symbols), low, high);
}

/* Eight words of four literals each twice over: those at even and those at odd places. */
typedef struct merged {
    __m512i even, odd;           /* four literals' codes */
    __m512i even_bits, odd_bits; /* and their sizes */
} merged;

TARGET_AVX512 static inline merged merge_by_four(const literal_tables *tables, __m512i symbols)
{
    const __m512i low_16 = _mm512_set1_epi32(0xffff), low_32 = _mm512_set1_epi64(0xffffffff);
    const __m512i low_8 = _mm512_set1_epi16(0xff);
    __m512i low = look_up(&tables->code_low, symbols);
    __m512i high = look_up(&tables->code_high, symbols);
    __m512i bits = look_up(&tables->bits, symbols);
    /* Codes of even and of odd literals, 16 bits each. */
    __m512i even = _mm512_or_si512(_mm512_and_si512(low, low_8), _mm512_slli_epi16(high, 8));
    __m512i odd = _mm512_or_si512(_mm512_srli_epi16(low, 8), _mm512_andnot_si512(low_8, high));
    __m512i even_bits = _mm512_and_si512(bits, low_8);
    __m512i pair_bits = _mm512_add_epi16(even_bits, _mm512_srli_epi16(bits, 8));
    /* Pairs in 32 bits: of the lower and of the upper half of each 32. */
    __m512i pair_low = _mm512_or_si512(
        _mm512_and_si512(even, low_16),
        _mm512_sllv_epi32(_mm512_and_si512(odd, low_16), _mm512_and_si512(even_bits, low_16)));
    __m512i pair_high = _mm512_or_si512(
        _mm512_srli_epi32(even, 16),
        _mm512_sllv_epi32(_mm512_srli_epi32(odd, 16), _mm512_srli_epi32(even_bits, 16)));
    __m512i pair_low_bits = _mm512_and_si512(pair_bits, low_16);
    __m512i four_bits = _mm512_add_epi32(pair_low_bits, _mm512_srli_epi32(pair_bits, 16));
    /* Fours in 64 bits. */
    merged result;
    result.even = _mm512_or_si512(_mm512_and_si512(pair_low, low_32),
                                  _mm512_sllv_epi64(_mm512_and_si512(pair_high, low_32),
                                                    _mm512_and_si512(pair_low_bits, low_32)));
    result.odd = _mm512_or_si512(
        _mm512_srli_epi64(pair_low, 32),
        _mm512_sllv_epi64(_mm512_srli_epi64(pair_high, 32), _mm512_srli_epi64(pair_low_bits, 32)));
    result.even_bits = _mm512_and_si512(four_bits, low_32);
    result.odd_bits = _mm512_srli_epi64(four_bits, 32);
    return result;
}

TARGET_AVX512 static inline void put_64_literals(const literal_tables *tables, const uint8_t *bytes,
                                                 wb_bit_writer *writer)
{
    merged fours = merge_by_four(tables, _mm512_loadu_si512(bytes));
    __m512i sizes = _mm512_add_epi64(fours.even_bits, fours.odd_bits);
    uint64_t values[2][8], bits[2][8];
    const __m512i most = _mm512_set1_epi64(WB_BIT_WRITER_MAX_BITS);
    if (_mm512_cmpgt_epu64_mask(sizes, most) == 0) {
        __m512i eights = _mm512_or_si512(fours.even, _mm512_sllv_epi64(fours.odd, fours.even_bits));
        _mm512_storeu_si512(values[0], eights);
        _mm512_storeu_si512(bits[0], sizes);
        for (int i = 0; i < 8; i++)
            wb_bits_put(writer, values[0][i], (unsigned)bits[0][i]);
        return;
    }
    _mm512_storeu_si512(values[0], fours.even);
    _mm512_storeu_si512(values[1], fours.odd);
    _mm512_storeu_si512(bits[0], fours.even_bits);
    _mm512_storeu_si512(bits[1], fours.odd_bits);
    for (int i = 0; i < 8; i++) {
        wb_bits_put(writer, values[0][i], (unsigned)bits[0][i]);
        wb_bits_put(writer, values[1][i], (unsigned)bits[1][i]);
    }
}

TARGET_AVX512 static void emit_avx512(const wb_deflate_stretch *stretch,
                                      const wb_deflate_codes *codes, wb_bit_writer *shared_writer)
{
    wb_bit_writer writer = *shared_writer;
    const literal_tables tables = load_tables(codes);
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        wb_deflate_token token = stretch->tokens[i];
        size_t literals = token.literals;
        for (; literals >= 64; literals -= 64, bytes += 64)
            put_64_literals(&tables, bytes, &writer);
        put_literals(codes->literal_entries, bytes, literals, true, &writer);
        put_long_match(codes, token.length, token.distance, &writer);
        bytes += literals + token.length;
    }
    *shared_writer = writer;
}
