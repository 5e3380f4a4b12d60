/* Values of every dtype, the same on every machine: integers and bit patterns only, no libm.
 * In: a dtype, a kind, a seed. Out: packed elements. Ownership: fills the caller's memory. */
#ifndef VALUES_H
#define VALUES_H

#include "pixels/view.h"

typedef enum value_kind {
    VALUES_ZERO_ONE,   /* 0 and 1 */
    VALUES_BYTES,      /* integers from 0 to 255 */
    VALUES_UNIT,       /* 0 to 1, both present; integers: 0 to the dtype's largest */
    VALUES_SIGNED,     /* -2 to 2; integers: from below 0 where they can be */
    VALUES_WIDE,       /* every bit pattern whose value is finite */
    VALUES_NOT_FINITE, /* -2 to 2 with NaN and infinities between */
    VALUES_CONSTANT,   /* one value */
    VALUE_KINDS
} value_kind;

const char *value_kind_name(value_kind kind);
const char *dtype_name(wb_dtype dtype);

/* `count` elements; with `is_swapped` of the other byte order than the machine's. */
void values_fill(void *target, size_t count, wb_dtype dtype, value_kind kind, bool is_swapped,
                 uint64_t seed);

#endif
