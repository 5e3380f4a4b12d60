/* Merges the codes of literals inside a vector: two, four, eight to a word. Included once for each
 * vector type.
 * In: the macros that name a vector's operations. Out: KERNEL(merge).
 * Ownership: none; undefines its macros at the end. */

/* Of eight literals each: the first four's codes and the last four's, how many bits the first four
 * are and all eight. */
typedef struct KERNEL(merged) {
    VECTOR first, last, first_bits, bits;
} KERNEL(merged);

/* A byte a literal: its code's low and high bits, and how many bits it has. Instructions work in
 * lanes of 16 literals; "lower" and "upper" are the first and the last eight of each. */
TARGET static inline KERNEL(merged) KERNEL(merge)(VECTOR low, VECTOR high, VECTOR bits)
{
    /* 2^bits of the first of each two literals, in 16 bits: each half of its bits from a table
     * that is 0 where the index is not in 0 to 7. */
    const VECTOR first_of_two = SET_LANES(0x0606040402020000, 0x0e0e0c0c0a0a0808);
    const VECTOR powers = SET_LANES(INT64_C(-0x7fbfdfeff7fbfdff), 0);
    VECTOR index = SUB8(SHUFFLE8(bits, first_of_two), SET16(0x0800));
    VECTOR power = SHUFFLE8(powers, index), one = SET16(1), zero = SET64(0);
    /* Two literals in 32 bits: the first's code + the second's * 2^bits. */
    VECTOR lower = MULTIPLY_ADD16(UNPACK_LOWER8(low, high), UNPACK_LOWER16(one, power));
    VECTOR upper = MULTIPLY_ADD16(UNPACK_UPPER8(low, high), UNPACK_UPPER16(one, power));
    /* Four in 64: the first two move up to the second two, then both down. */
    VECTOR gap = SUB16(SET32(32), MULTIPLY_ADD8(bits, SET32(0x0101)));
    VECTOR lower_gap = UNPACK_LOWER16(gap, zero), upper_gap = UNPACK_UPPER16(gap, zero);
    lower = SHIFT_DOWN_BY64(SHIFT_UP_BY32(lower, lower_gap), lower_gap);
    upper = SHIFT_DOWN_BY64(SHIFT_UP_BY32(upper, upper_gap), upper_gap);
    return (KERNEL(merged)){
        UNPACK_LOWER64(lower, upper),
        UNPACK_UPPER64(lower, upper),
        SUM_BYTES(AND(bits, SET64(0xffffffff))),
        SUM_BYTES(bits),
    };
}

#undef KERNEL
#undef TARGET
#undef VECTOR
#undef SET16
#undef SET32
#undef SET64
#undef SET_LANES
#undef AND
#undef SUB8
#undef SUB16
#undef SHUFFLE8
#undef MULTIPLY_ADD8
#undef MULTIPLY_ADD16
#undef UNPACK_LOWER8
#undef UNPACK_UPPER8
#undef UNPACK_LOWER16
#undef UNPACK_UPPER16
#undef UNPACK_LOWER64
#undef UNPACK_UPPER64
#undef SHIFT_UP_BY32
#undef SHIFT_DOWN_BY64
#undef SUM_BYTES
