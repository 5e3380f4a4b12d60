/* Literals 32 at a time: the codes of residuals near zero, which nearly all of a photograph's are,
 * are looked up in registers by byte shuffles and merged there, eight to a word. Of a long run of
 * literals many are looked up first, then the codes of the others are filled in, then all merged.
 * In: tokens, codes. Out: bits, the same as the portable ones. Ownership: see deflate/emit.h. */
#define KERNEL(name) name##_avx2
#define TARGET WB_TARGET_AVX2
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
#include "deflate/x86/emit_impl.h"

enum {
    NEAR_PARTS = 4,                   /* of 16 symbols; each more costs a photograph 3 percent */
    NEAR_REACH = NEAR_PARTS * 16 / 2, /* as many residuals below zero as above */
    NEAR_MAX_BITS = 12,               /* a code and its length share 16 bits */
    PIECE_LITERALS = 32,
    CHUNK_LITERALS = 2048,
    CHUNK_MIN_LITERALS = 96, /* for fewer, three loops take longer to begin and end than to run */
    FILLED_AT_ONCE = 2       /* the end of a loop over single codes is hard to foresee */
};

WB_TARGET_AVX2 WB_ALWAYS_INLINE __m256i load_32(const void *from)
{
    return _mm256_loadu_si256(from);
}

WB_TARGET_AVX2 WB_ALWAYS_INLINE void store_32(void *to, __m256i value)
{
    _mm256_storeu_si256(to, value);
}

/* Of the symbols near zero: the low byte of a code; its high bits with its length above them, or 0
 * where the code is too long. Each part twice, for a shuffle looks at 16 bytes. */
typedef struct near_tables {
    __m256i code_low[NEAR_PARTS], high_and_bits[NEAR_PARTS];
} near_tables;

WB_TARGET_AVX2 static near_tables load_near_tables(const wb_deflate_codes *codes)
{
    const __m128i low_8 = _mm_set1_epi16(255), max_bits = _mm_set1_epi8(NEAR_MAX_BITS);
    near_tables tables;
    for (int part = 0; part < NEAR_PARTS; part++) {
        uint8_t symbol = (uint8_t)(16 * part - NEAR_REACH);
        const __m128i *from = (const void *)(codes->litlen + symbol);
        __m128i first = _mm_loadu_si128(from), second = _mm_loadu_si128(from + 1);
        __m128i low = _mm_packus_epi16(_mm_and_si128(first, low_8), _mm_and_si128(second, low_8));
        __m128i high = _mm_packus_epi16(_mm_srli_epi16(first, 8), _mm_srli_epi16(second, 8));
        __m128i bits = _mm_loadu_si128((const void *)(codes->litlen_bits + symbol));
        __m128i too_long = _mm_cmpgt_epi8(bits, max_bits);
        high = _mm_andnot_si128(too_long, _mm_or_si128(high, _mm_slli_epi16(bits, 4)));
        tables.code_low[part] = _mm256_broadcastsi128_si256(low);
        tables.high_and_bits[part] = _mm256_broadcastsi128_si256(high);
    }
    return tables;
}

/* A byte a literal: what merge_avx2 takes, and whether its code is missing because it is too long
 * or the symbol not near zero. */
typedef struct piece {
    __m256i low, high, bits, missing;
} piece;

/* `count` literals; a constant where there are enough for a piece. Behind them all is 0. */
WB_TARGET_AVX2 WB_ALWAYS_INLINE piece look_up_piece(const near_tables *tables, const uint8_t *bytes,
                                                    size_t count)
{
    static const uint8_t FIRST_OF[2 * PIECE_LITERALS] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    };
    const __m256i low_4 = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
    __m256i symbols = load_32(bytes);
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
    if (count < PIECE_LITERALS) {
        __m256i some = load_32(FIRST_OF + PIECE_LITERALS - count);
        low = _mm256_and_si256(low, some);
        high_and_bits = _mm256_and_si256(high_and_bits, some);
        missing = _mm256_and_si256(missing, some);
    }
    return (piece){low, _mm256_and_si256(high_and_bits, low_4),
                   _mm256_and_si256(_mm256_srli_epi16(high_and_bits, 4), low_4), missing};
}

WB_TARGET_AVX2 WB_ALWAYS_INLINE void put_piece(wb_bit_writer *writer, __m256i low, __m256i high,
                                               __m256i bits)
{
    merged_avx2 fours = merge_avx2(low, high, bits);
    __m256i too_long = _mm256_cmpgt_epi64(fours.bits, _mm256_set1_epi64x(WB_BIT_WRITER_MAX_BITS));
    uint64_t values[2][4], value_bits[2][4];
    if (_mm256_testz_si256(too_long, too_long)) {
        store_32(values[0],
                 _mm256_or_si256(fours.first, _mm256_sllv_epi64(fours.last, fours.first_bits)));
        store_32(value_bits[0], fours.bits);
        for (int i = 0; i < 4; i++)
            wb_bits_put(writer, values[0][i], (unsigned)value_bits[0][i]);
        return;
    }
    store_32(values[0], fours.first);
    store_32(values[1], fours.last);
    store_32(value_bits[0], fours.first_bits);
    store_32(value_bits[1], _mm256_sub_epi64(fours.bits, fours.first_bits));
    for (int i = 0; i < 4; i++) {
        wb_bits_put(writer, values[0][i], (unsigned)value_bits[0][i]);
        wb_bits_put(writer, values[1][i], (unsigned)value_bits[1][i]);
    }
}

/* `count` literals, up to a piece; a constant where it is a whole one. */
WB_TARGET_AVX2 WB_ALWAYS_INLINE void put_up_to_piece(const near_tables *tables,
                                                     const uint64_t *entries, const uint8_t *bytes,
                                                     size_t count, wb_bit_writer *writer)
{
    piece found = look_up_piece(tables, bytes, count);
    if (_mm256_testz_si256(found.missing, found.missing))
        put_piece(writer, found.low, found.high, found.bits);
    else
        put_literals(entries, bytes, count, false, writer);
}

/* What merge_avx2 takes of many pieces, and room to fill in a code two pieces behind the last. */
typedef struct chunk {
    uint8_t low[CHUNK_LITERALS + 2 * PIECE_LITERALS];
    uint8_t high[CHUNK_LITERALS + 2 * PIECE_LITERALS];
    uint8_t bits[CHUNK_LITERALS + 2 * PIECE_LITERALS];
} chunk;

/* The codes that a piece lacks, a bit each. */
typedef struct missing_codes {
    uint32_t mask, start;
} missing_codes;

/* Enters the codes of `count` literals; what of the last piece lies behind them gets no bits. Which
 * pieces lack codes is hard to foresee, so that no branch asks for it: one that was guessed wrong
 * would cost as much as a piece. */
WB_TARGET_AVX2 WB_ALWAYS_INLINE void look_up_chunk(const near_tables *tables,
                                                   const wb_deflate_codes *codes,
                                                   const uint8_t *bytes, size_t count, chunk *found)
{
    missing_codes missing[CHUNK_LITERALS / PIECE_LITERALS + 1];
    size_t missing_count = 0;
    for (size_t i = 0; i < count; i += PIECE_LITERALS) {
        piece here = look_up_piece(tables, bytes + i, count - i);
        store_32(found->low + i, here.low);
        store_32(found->high + i, here.high);
        store_32(found->bits + i, here.bits);
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(here.missing);
        missing[missing_count] = (missing_codes){mask, (uint32_t)i};
        missing_count += mask != 0;
    }
    for (size_t k = 0; k < missing_count; k++) {
        const uint8_t *symbols = bytes + missing[k].start;
        uint8_t *low = found->low + missing[k].start;
        uint8_t *high = found->high + missing[k].start;
        uint8_t *bits = found->bits + missing[k].start;
        uint64_t mask = missing[k].mask;
        do {
            for (int j = 0; j < FILLED_AT_ONCE; j++) {
                /* 64 where no bit is left: if there is a piece, its first literal gets the code
                 * that it has or will get. */
                uint64_t i = _tzcnt_u64(mask);
                uint8_t symbol = symbols[i];
                uint16_t code = codes->litlen[symbol];
                low[i] = (uint8_t)code;
                high[i] = (uint8_t)(code >> 8);
                bits[i] = codes->litlen_bits[symbol];
                mask &= mask - 1;
            }
        } while (mask != 0);
    }
}

WB_TARGET_AVX2 WB_ALWAYS_INLINE void put_chunk(const chunk *found, size_t count,
                                               wb_bit_writer *writer)
{
    for (size_t i = 0; i < count; i += PIECE_LITERALS)
        put_piece(writer, load_32(found->low + i), load_32(found->high + i),
                  load_32(found->bits + i));
}

WB_TARGET_AVX2 static void emit_avx2(const wb_deflate_stretch *stretch,
                                     const wb_deflate_codes *codes, wb_bit_writer *shared_writer)
{
    wb_bit_writer writer = *shared_writer; /* in registers */
    const near_tables tables = load_near_tables(codes);
    const uint64_t *entries = codes->literal_entries;
    const uint8_t *bytes = stretch->bytes;
    chunk found;
    for (size_t i = 0; i < stretch->token_count; i++) {
        wb_deflate_token token = stretch->tokens[i];
        size_t literals = token.literals;
        while (literals >= CHUNK_MIN_LITERALS) {
            size_t count = literals < CHUNK_LITERALS ? literals : CHUNK_LITERALS;
            look_up_chunk(&tables, codes, bytes, count, &found);
            put_chunk(&found, count, &writer);
            bytes += count;
            literals -= count;
        }
        for (; literals >= PIECE_LITERALS; literals -= PIECE_LITERALS, bytes += PIECE_LITERALS)
            put_up_to_piece(&tables, entries, bytes, PIECE_LITERALS, &writer);
        if (literals <= 4)
            put_group(&writer, group_of_some(entries, bytes, literals));
        else
            put_up_to_piece(&tables, entries, bytes, literals, &writer);
        put_long_match(codes, token.length, token.distance, &writer);
        bytes += literals + token.length;
    }
    *shared_writer = writer;
}

/* Where many codes are long or those of symbols far from zero: the portable way, for which BMI2 has
 * shifts by any register. */
WB_TARGET_AVX2 static void emit_bmi2(const wb_deflate_stretch *stretch,
                                     const wb_deflate_codes *codes, wb_bit_writer *writer)
{
    emit(stretch, codes, false, writer);
}

WB_TARGET_AVX2 static void emit_short_bmi2(const wb_deflate_stretch *stretch,
                                           const wb_deflate_codes *codes, wb_bit_writer *writer)
{
    emit(stretch, codes, true, writer);
}
