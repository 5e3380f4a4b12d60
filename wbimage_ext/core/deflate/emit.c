/* Writes tokens: literals eight at a time, merged in registers, then the match behind them.
 * In: bytes, tokens, codes. Out: bits. Ownership: see deflate/emit.h. */
#include "deflate/emit.h"

#include "base/kernel.h"

typedef void emit_kernel(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                         wb_bit_writer *writer);

/* Up to four literals as one value: `bits` of them, in the highest bits of `value`. Below the code
 * bits there may be rests of entries' lengths, in the lowest six bits, which a shift removes. */
typedef struct literal_group {
    uint64_t value;
    unsigned bits;
} literal_group;

WB_ALWAYS_INLINE literal_group group_join(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    /* Shifting by an entry shifts by the length in its low bits: the codes before move down to make
     * room for the next at the top. The codes are too high up to disturb the sum of lengths. */
    uint64_t value = a >> (b & 63) | b;
    value = value >> (c & 63) | c;
    value = value >> (d & 63) | d;
    return (literal_group){value, (uint8_t)(a + b + c + d)};
}

WB_ALWAYS_INLINE literal_group group_of_four(const uint64_t *entries, const uint8_t *bytes)
{
    return group_join(entries[bytes[0]], entries[bytes[1]], entries[bytes[2]], entries[bytes[3]]);
}

/* The first `count` of four, 0 to 4, without a branch: an entry of 0 adds nothing. */
WB_ALWAYS_INLINE literal_group group_of_some(const uint64_t *entries, const uint8_t *bytes,
                                             size_t count)
{
    uint64_t a = entries[bytes[0]] & (0 - (uint64_t)(count > 0));
    uint64_t b = entries[bytes[1]] & (0 - (uint64_t)(count > 1));
    uint64_t c = entries[bytes[2]] & (0 - (uint64_t)(count > 2));
    uint64_t d = entries[bytes[3]] & (0 - (uint64_t)(count > 3));
    return group_join(a, b, c, d);
}

WB_ALWAYS_INLINE void put_group(wb_bit_writer *writer, literal_group group)
{
    /* Of no bits the value is 0 and the shift, taken modulo 64, moves nothing. */
    wb_bits_put(writer, group.value >> ((64 - group.bits) & 63), group.bits);
}

WB_ALWAYS_INLINE void put_two_groups(wb_bit_writer *writer, literal_group first,
                                     literal_group second)
{
    unsigned bits = first.bits + second.bits;
    if (bits <= WB_BIT_WRITER_MAX_BITS) {
        put_group(writer, (literal_group){first.value >> (second.bits & 63) | second.value, bits});
    } else {
        put_group(writer, first);
        put_group(writer, second);
    }
}

WB_ALWAYS_INLINE void put_literals(const uint64_t *entries, const uint8_t *bytes, size_t count,
                                   bool short_codes, wb_bit_writer *writer)
{
    if (short_codes) {
        for (; count >= 8; count -= 8, bytes += 8)
            put_two_groups(writer, group_of_four(entries, bytes),
                           group_of_four(entries, bytes + 4));
    } else {
        for (; count >= 7; count -= 7, bytes += 7)
            put_two_groups(writer, group_of_four(entries, bytes),
                           group_join(entries[bytes[4]], entries[bytes[5]], entries[bytes[6]], 0));
    }
    if (count == 0)
        return;
    size_t first = count < 4 ? count : 4;
    put_two_groups(writer, group_of_some(entries, bytes, first),
                   group_of_some(entries, bytes + 4, count - first));
}

WB_ALWAYS_INLINE void put_long_match(const wb_deflate_codes *codes, uint32_t length,
                                     uint32_t distance, wb_bit_writer *writer)
{
    while (length != 0) {
        uint32_t piece = wb_deflate_piece(length);
        wb_deflate_put_match(codes, writer, piece, distance);
        length -= piece;
    }
}

WB_ALWAYS_INLINE void emit(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                           bool short_codes, wb_bit_writer *shared_writer)
{
    wb_bit_writer writer = *shared_writer; /* in registers */
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        wb_deflate_token token = stretch->tokens[i];
        put_literals(codes->literal_entries, bytes, token.literals, short_codes, &writer);
        put_long_match(codes, token.length, token.distance, &writer);
        bytes += (size_t)token.literals + token.length;
    }
    *shared_writer = writer;
}

static void emit_portable(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                          wb_bit_writer *writer)
{
    emit(stretch, codes, false, writer);
}

static void emit_short_portable(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                                wb_bit_writer *writer)
{
    emit(stretch, codes, true, writer);
}

#if WB_X86_64
#include "deflate/x86/emit_avx2.h"
#include "deflate/x86/emit_avx512.h"

/* Whether few literals are far from zero, as their codes tell: a symbol of n bits is about one in
 * 2^n. Low bytes of 16-bit samples are far from zero. */
static bool are_near_zero(const wb_deflate_codes *codes)
{
    enum { REACH = 32, ALL = 1 << 15, MOST_FAR = ALL / 12 };
    uint32_t far = 0;
    for (unsigned i = REACH; i < WB_DEFLATE_LITERALS - REACH; i++)
        far += codes->litlen_bits[i] != 0 ? (uint32_t)ALL >> codes->litlen_bits[i] : 0;
    return far < MOST_FAR;
}
#elif WB_ARM64
#include "deflate/arm/emit_neon.h"
#endif

static emit_kernel *select_emit(wb_cpu cpu, const wb_deflate_codes *codes, bool short_codes)
{
    (void)codes; /* only AVX2 goes by them */
    WB_SELECT(cpu, AVX512, emit_avx512);
    WB_SELECT(cpu, AVX2,
              !short_codes           ? emit_bmi2
              : are_near_zero(codes) ? emit_avx2
                                     : emit_short_bmi2);
    WB_SELECT(cpu, NEON, short_codes ? emit_neon : emit_portable);
    return short_codes ? emit_short_portable : emit_portable;
}

void wb_deflate_emit(const wb_deflate_stretch *stretch, const wb_deflate_codes *codes,
                     bool short_codes, wb_cpu cpu, wb_bit_writer *writer)
{
    select_emit(cpu, codes, short_codes)(stretch, codes, writer);
}
