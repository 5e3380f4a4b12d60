/* Literals 64 at a time: the codes of residuals near zero, which nearly all of a photograph's are,
 * are looked up in registers. The codes of the others are filled in, then all are merged in
 * registers, eight to a word.
 * In: tokens, codes. Out: bits, the same as the portable ones. Ownership: see deflate/emit.h. */
#include "base/neon.h"

enum {
    NEAR_SYMBOLS = 64,  /* what one look-up reaches: residuals from -32 to 31 */
    NEAR_MAX_BITS = 12, /* a code and its length share 16 bits */
    PIECE_LITERALS = 64,
    PIECE_VECTORS = PIECE_LITERALS / 16,
    PIECE_MIN_LITERALS = 28, /* for fewer, one after the other takes fewer instructions */
    CHUNK_LITERALS = 1024    /* looked up before they are merged; 4 KiB */
};

/* Of the symbols near zero: the low byte of a code; its high bits with its length above them, or 0
 * where the code is too long. */
typedef struct near_tables {
    uint8x16x4_t code_low, high_and_bits;
} near_tables;

static near_tables load_near_tables(const wb_deflate_codes *codes)
{
    near_tables tables;
    for (int part = 0; part < PIECE_VECTORS; part++) {
        const uint8_t symbol = (uint8_t)(16 * part - NEAR_SYMBOLS / 2);
        const uint16x8_t first = vld1q_u16(codes->litlen + symbol);
        const uint16x8_t second = vld1q_u16(codes->litlen + symbol + 8);
        const uint8x16_t bits = vld1q_u8(codes->litlen_bits + symbol);
        const uint8x16_t high = vcombine_u8(vshrn_n_u16(first, 8), vshrn_n_u16(second, 8));
        const uint8x16_t is_short = vcleq_u8(bits, vdupq_n_u8(NEAR_MAX_BITS));
        tables.code_low.val[part] = vcombine_u8(vmovn_u16(first), vmovn_u16(second));
        tables.high_and_bits.val[part] = vandq_u8(is_short, vorrq_u8(high, vshlq_n_u8(bits, 4)));
    }
    return tables;
}

/* The codes of many literals, and room to fill in a code a piece behind the last. */
typedef struct chunk {
    uint16_t codes[CHUNK_LITERALS + 2 * PIECE_LITERALS];
    uint8_t bits[CHUNK_LITERALS + 2 * PIECE_LITERALS];
} chunk;

/* Looks up a piece. Bit k of the result tells that the code of literal k is missing: it is
 * too long, or the symbol is not near zero. */
WB_ALWAYS_INLINE uint64_t look_up_piece(const near_tables *tables, const uint8_t *bytes,
                                        uint16_t *codes, uint8_t *bits)
{
    uint8x16_t missing[PIECE_VECTORS];
    for (int part = 0; part < PIECE_VECTORS; part++) {
        const uint8x16_t index = vaddq_u8(vld1q_u8(bytes + 16 * part),
                                          vdupq_n_u8(NEAR_SYMBOLS / 2));
        /* A look-up gives 0 where the index is not below 64. */
        const uint8x16_t high_and_bits = vqtbl4q_u8(tables->high_and_bits, index);
        const uint8x16x2_t code = {
            {vqtbl4q_u8(tables->code_low, index), vandq_u8(high_and_bits, vdupq_n_u8(15))}};
        vst2q_u8((uint8_t *)(codes + 16 * part), code);
        vst1q_u8(bits + 16 * part, vshrq_n_u8(high_and_bits, 4));
        missing[part] = vceqzq_u8(high_and_bits);
    }
    return wb_neon_mask(missing[0], missing[1], missing[2], missing[3]);
}

/* Enters the codes of `count` literals; what of the last piece lies behind them gets no bits. */
WB_ALWAYS_INLINE void look_up_chunk(const near_tables *tables, const wb_deflate_codes *codes,
                                    const uint8_t *bytes, size_t count, chunk *found)
{
    const uint16_t *litlen = codes->litlen;
    const uint8_t *litlen_bits = codes->litlen_bits;
    for (size_t i = 0; i < count; i += PIECE_LITERALS) {
        uint64_t missing = look_up_piece(tables, bytes + i, found->codes + i, found->bits + i);
        for (; missing != 0; missing &= missing - 1) {
            const size_t k = i + wb_lowest_bit(missing);
            const uint8_t symbol = bytes[k];
            found->codes[k] = litlen[symbol];
            found->bits[k] = litlen_bits[symbol];
        }
    }
    memset(found->codes + count, 0, PIECE_LITERALS * sizeof *found->codes);
    memset(found->bits + count, 0, PIECE_LITERALS);
}

/* 2^bits in 16 bits, and in 32. */
WB_ALWAYS_INLINE uint16x8_t power16(uint8x8_t bits)
{
    return vshlq_u16(vdupq_n_u16(1), vreinterpretq_s16_u16(vmovl_u8(bits)));
}

WB_ALWAYS_INLINE uint32x4_t power32(uint16x4_t bits)
{
    return vshlq_u32(vdupq_n_u32(1), vreinterpretq_s32_u32(vmovl_u16(bits)));
}

/* Four pairs of codes, each in 32 bits: the first + the second * 2^bits of the first. */
WB_ALWAYS_INLINE uint32x4_t join16(uint16x4_t first, uint16x4_t second, uint16x4_t power)
{
    return vmlal_u16(vmovl_u16(first), second, power);
}

WB_ALWAYS_INLINE uint64x2_t join32(uint32x2_t first, uint32x2_t second, uint32x2_t power)
{
    return vmlal_u32(vmovl_u32(first), second, power);
}

/* Of 32 literals in four parts, the first, second, third and fourth of each four: eight words with
 * the four codes each. */
WB_ALWAYS_INLINE void merge_fours(const uint16x8x4_t codes, uint8x8_t bits_a, uint8x8_t bits_b,
                                  uint8x8_t bits_c, uint64x2_t fours[4])
{
    const uint16x8_t power_a = power16(bits_a), power_c = power16(bits_c);
    const uint16x8_t bits_ab = vaddl_u8(bits_a, bits_b);
    const uint32x4_t power_low = power32(vget_low_u16(bits_ab));
    const uint32x4_t power_high = power32(vget_high_u16(bits_ab));
    const uint32x4_t ab_low = join16(vget_low_u16(codes.val[0]), vget_low_u16(codes.val[1]),
                                     vget_low_u16(power_a));
    const uint32x4_t cd_low = join16(vget_low_u16(codes.val[2]), vget_low_u16(codes.val[3]),
                                     vget_low_u16(power_c));
    const uint32x4_t ab_high = join16(vget_high_u16(codes.val[0]), vget_high_u16(codes.val[1]),
                                      vget_high_u16(power_a));
    const uint32x4_t cd_high = join16(vget_high_u16(codes.val[2]), vget_high_u16(codes.val[3]),
                                      vget_high_u16(power_c));
    fours[0] = join32(vget_low_u32(ab_low), vget_low_u32(cd_low), vget_low_u32(power_low));
    fours[1] = join32(vget_high_u32(ab_low), vget_high_u32(cd_low), vget_high_u32(power_low));
    fours[2] = join32(vget_low_u32(ab_high), vget_low_u32(cd_high), vget_low_u32(power_high));
    fours[3] = join32(vget_high_u32(ab_high), vget_high_u32(cd_high), vget_high_u32(power_high));
}

/* Puts eight words, as wb_bits_put does one after the other. Where in the output each begins is
 * summed in registers. */
WB_ALWAYS_INLINE void put_eight(wb_bit_writer *writer, const uint64x2_t words[4], uint8x8_t bits)
{
    const uint16x8_t zero = vdupq_n_u16(0), own = vmovl_u8(bits);
    uint16x8_t ends = vaddq_u16(own, vextq_u16(zero, own, 7));
    ends = vaddq_u16(ends, vextq_u16(zero, ends, 6));
    ends = vaddq_u16(ends, vextq_u16(zero, ends, 4));
    const uint16x8_t begins = vaddq_u16(vsubq_u16(ends, own), vdupq_n_u16((uint16_t)writer->count));
    const uint16x8_t up = vandq_u16(begins, vdupq_n_u16(7)), byte_bits = vsubq_u16(begins, up);
    /* By how much what is pending moves down before each. */
    const uint16x8_t down = vsubq_u16(byte_bits, vextq_u16(zero, byte_bits, 7));
    const uint16x8_t bytes = vshrq_n_u16(begins, 3);
    const uint32x4_t up32[2] = {vmovl_u16(vget_low_u16(up)), vmovl_high_u16(up)};
    const uint64x2_t placed[4] = {
        vshlq_u64(words[0], vreinterpretq_s64_u64(vmovl_u32(vget_low_u32(up32[0])))),
        vshlq_u64(words[1], vreinterpretq_s64_u64(vmovl_high_u32(up32[0]))),
        vshlq_u64(words[2], vreinterpretq_s64_u64(vmovl_u32(vget_low_u32(up32[1])))),
        vshlq_u64(words[3], vreinterpretq_s64_u64(vmovl_high_u32(up32[1]))),
    };
    uint64_t pending = writer->pending;
    uint8_t *next = writer->next;
#define PUT(i)                                                                               \
    pending = pending >> vgetq_lane_u16(down, i) | vgetq_lane_u64(placed[(i) / 2], (i) % 2); \
    wb_store_le64(next + vgetq_lane_u16(bytes, i), pending)
    PUT(0);
    PUT(1);
    PUT(2);
    PUT(3);
    PUT(4);
    PUT(5);
    PUT(6);
    PUT(7);
#undef PUT
    const unsigned end = writer->count + vgetq_lane_u16(ends, 7);
    *writer = (wb_bit_writer){next + end / 8,
                              pending >> (end / 8 * 8 - vgetq_lane_u16(byte_bits, 7)), end % 8};
}

/* Merges and puts 64 literals, sixteen fours of them; where two fours do not fit a word together,
 * in sixteen words, else in eight. */
WB_ALWAYS_INLINE void put_piece(wb_bit_writer *writer, const uint16_t *codes, const uint8_t *bits)
{
    const uint8x16x4_t b = vld4q_u8(bits);
    uint64x2_t fours[8], eights[4];
    merge_fours(vld4q_u16(codes), vget_low_u8(b.val[0]), vget_low_u8(b.val[1]),
                vget_low_u8(b.val[2]), fours);
    merge_fours(vld4q_u16(codes + 32), vget_high_u8(b.val[0]), vget_high_u8(b.val[1]),
                vget_high_u8(b.val[2]), fours + 4);
    const uint8x16_t four_bits = vaddq_u8(vaddq_u8(b.val[0], b.val[1]),
                                          vaddq_u8(b.val[2], b.val[3]));
    const uint8x8_t eight_bits = vget_low_u8(vpaddq_u8(four_bits, four_bits));
    if (vmaxv_u8(eight_bits) > WB_BIT_WRITER_MAX_BITS) {
        put_eight(writer, fours, vget_low_u8(four_bits));
        put_eight(writer, fours + 4, vget_high_u8(four_bits));
        return;
    }
    /* The bits of each first of two fours, in 64 bits. */
    const uint16x8_t first16 = vandq_u16(vreinterpretq_u16_u8(four_bits), vdupq_n_u16(255));
    const uint32x4_t first32[2] = {vmovl_u16(vget_low_u16(first16)), vmovl_high_u16(first16)};
    for (int i = 0; i < 4; i++) {
        const uint64x2_t first_bits = i % 2 == 0 ? vmovl_u32(vget_low_u32(first32[i / 2]))
                                                 : vmovl_high_u32(first32[i / 2]);
        const uint64x2_t first = vuzp1q_u64(fours[2 * i], fours[2 * i + 1]);
        const uint64x2_t second = vuzp2q_u64(fours[2 * i], fours[2 * i + 1]);
        eights[i] = vorrq_u64(first, vshlq_u64(second, vreinterpretq_s64_u64(first_bits)));
    }
    put_eight(writer, eights, eight_bits);
}

static void emit_neon(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                      wb_bit_writer *shared_writer)
{
    wb_bit_writer writer = *shared_writer; /* in registers */
    const near_tables tables = load_near_tables(codes);
    const uint8_t *bytes = stretch->bytes;
    chunk found;
    for (size_t i = 0; i < stretch->token_count; i++) {
        const wb_deflate_token token = stretch->tokens[i];
        size_t literals = token.literals;
        while (literals >= PIECE_MIN_LITERALS) {
            size_t count = literals < CHUNK_LITERALS ? literals : CHUNK_LITERALS;
            if (count % PIECE_LITERALS < PIECE_MIN_LITERALS && count >= PIECE_LITERALS)
                count -= count % PIECE_LITERALS;
            look_up_chunk(&tables, codes, bytes, count, &found);
            for (size_t k = 0; k < count; k += PIECE_LITERALS)
                put_piece(&writer, found.codes + k, found.bits + k);
            bytes += count;
            literals -= count;
        }
        put_literals(codes->literal_entries, bytes, literals, true, &writer);
        put_long_match(codes, token.length, token.distance, &writer);
        bytes += literals + token.length;
    }
    *shared_writer = writer;
}
