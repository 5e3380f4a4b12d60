/* Merges the codes of literals inside a vector: two, four, eight to a word. Included once for each
 * vector type.
 * In: the macros that name a vector's operations. Out: KERNEL(merge).
 * Ownership: none; undefines its macros at the end. */

/* Of eight literals each: the first four's codes and the last four's, and how many bits they are. */
typedef struct KERNEL(merged) {
    VECTOR first, last, first_bits, last_bits;
} KERNEL(merged);

/* A byte a literal: its code's low and high bits, and how many bits it has. */
TARGET static inline KERNEL(merged) KERNEL(merge)(VECTOR low, VECTOR high, VECTOR bits)
{
    const VECTOR low_8 = SET16(0xff), low_16 = SET32(0xffff), low_32 = SET64(0xffffffff);
    /* Codes of even and of odd literals, 16 bits each. */
    VECTOR even = OR(AND(low, low_8), SHIFT_UP16(high, 8));
    VECTOR odd = OR(SHIFT_DOWN16(low, 8), AND_NOT(low_8, high));
    VECTOR even_bits = AND(bits, low_8);
    VECTOR pair_bits = ADD16(even_bits, SHIFT_DOWN16(bits, 8));
    /* Pairs in 32 bits: of the lower and of the upper half of each 32. */
    VECTOR pair_low = OR(AND(even, low_16),
                         SHIFT_UP_BY32(AND(odd, low_16), AND(even_bits, low_16)));
    VECTOR pair_high = OR(SHIFT_DOWN32(even, 16),
                          SHIFT_UP_BY32(SHIFT_DOWN32(odd, 16), SHIFT_DOWN32(even_bits, 16)));
    VECTOR pair_low_bits = AND(pair_bits, low_16);
    VECTOR four_bits = ADD32(pair_low_bits, SHIFT_DOWN32(pair_bits, 16));
    /* Fours in 64 bits. */
    return (KERNEL(merged)){
        OR(AND(pair_low, low_32),
           SHIFT_UP_BY64(AND(pair_high, low_32), AND(pair_low_bits, low_32))),
        OR(SHIFT_DOWN64(pair_low, 32),
           SHIFT_UP_BY64(SHIFT_DOWN64(pair_high, 32), SHIFT_DOWN64(pair_low_bits, 32))),
        AND(four_bits, low_32),
        SHIFT_DOWN64(four_bits, 32),
    };
}

#undef KERNEL
#undef TARGET
#undef VECTOR
#undef SET16
#undef SET32
#undef SET64
#undef AND
#undef AND_NOT
#undef OR
#undef ADD16
#undef ADD32
#undef SHIFT_UP16
#undef SHIFT_DOWN16
#undef SHIFT_DOWN32
#undef SHIFT_DOWN64
#undef SHIFT_UP_BY32
#undef SHIFT_UP_BY64
