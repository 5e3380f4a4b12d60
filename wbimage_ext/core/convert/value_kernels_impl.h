/* The value kernels of one instruction set: plain C that compilers vectorise.
 * In: TARGET, a function attribute or nothing, KERNEL, and the macros of value_kernels.c.
 * Out: the table KERNEL(kernels). Ownership: none; undefines KERNEL and TARGET at the end. */

RANGE(uint8, uint8_t, int8_t, KEY_OF_UNSIGNED)
RANGE(int8, uint8_t, int8_t, KEY_OF_SIGNED)
RANGE(uint16, uint16_t, int16_t, KEY_OF_UNSIGNED)
RANGE(int16, uint16_t, int16_t, KEY_OF_SIGNED)
RANGE(uint32, uint32_t, int32_t, KEY_OF_UNSIGNED)
RANGE(int32, uint32_t, int32_t, KEY_OF_SIGNED)
RANGE(uint64, uint64_t, int64_t, KEY_OF_UNSIGNED)
RANGE(int64, uint64_t, int64_t, KEY_OF_SIGNED)
RANGE(float16, uint16_t, int16_t, KEY_OF_FLOAT)
RANGE(float32, uint32_t, int32_t, KEY_OF_FLOAT)
RANGE(float64, uint64_t, int64_t, KEY_OF_FLOAT)

FINITE_RANGE(float16, uint16_t, int16_t, 0x7c00)
FINITE_RANGE(bfloat16, uint16_t, int16_t, 0x7f80)
FINITE_RANGE(float32, uint32_t, int32_t, 0x7f800000)
FINITE_RANGE(float64, uint64_t, int64_t, 0x7ff0000000000000)

NARROW(uint16, uint16_t)
NARROW(uint32, uint32_t)
NARROW(uint64, uint64_t)

REPLACE_NAN(float16, uint16_t, 0x7c00)
REPLACE_NAN(bfloat16, uint16_t, 0x7f80)
REPLACE_NAN(float32, uint32_t, 0x7f800000)
REPLACE_NAN(float64, uint64_t, 0x7ff0000000000000)

EQUALS(uint8, load_uint8, 1, int32_t)
EQUALS(int8, load_int8, 1, int32_t)
EQUALS(uint16, load_uint16, 2, int32_t)
EQUALS(int16, load_int16, 2, int32_t)
EQUALS(uint32, load_uint32, 4, uint32_t)
EQUALS(int32, load_int32, 4, int32_t)
EQUALS(uint64, load_uint64, 8, uint64_t)
EQUALS(int64, load_int64, 8, int64_t)
EQUALS(float16, load_half, 2, float)
EQUALS(bfloat16, load_bfloat, 2, float)
EQUALS(float32, load_float, 4, float)
EQUALS(float64, load_double, 8, double)

/* Eight values by one load leave the load units to the table. */
TARGET static void KERNEL(translate)(const uint8_t table[256], const uint8_t *values, size_t count,
                                     uint8_t *restrict target)
{
    uint8_t eight[8];
    size_t i = 0;
    for (; count - i >= sizeof eight; i += sizeof eight) {
        memcpy(eight, values + i, sizeof eight);
        for (unsigned k = 0; k < sizeof eight; k++)
            eight[k] = table[eight[k]];
        memcpy(target + i, eight, sizeof eight);
    }
    for (; i < count; i++)
        target[i] = table[values[i]];
}

#define SAMPLED(name) KERNEL(name##_to_uint8)
#define STORE_SAMPLE store_uint8
#define SAMPLE_MOST 255
#define SAMPLE_BYTES 1
#define ROUND_HALF wb_round_to_half
#define ROUND_BFLOAT wb_round_to_bfloat
#include "convert/sample_kernels_impl.h"

#define SAMPLED(name) KERNEL(name##_to_uint16)
#define STORE_SAMPLE store_uint16
#define SAMPLE_MOST 65535
#define SAMPLE_BYTES 2
#define ROUND_HALF EXACT
#define ROUND_BFLOAT EXACT
#include "convert/sample_kernels_impl.h"

static const wb_value_kernels KERNEL(kernels) = {
    .range =
        {
            [WB_BOOL] = KERNEL(range_uint8),
            [WB_UINT8] = KERNEL(range_uint8),
            [WB_INT8] = KERNEL(range_int8),
            [WB_UINT16] = KERNEL(range_uint16),
            [WB_INT16] = KERNEL(range_int16),
            [WB_UINT32] = KERNEL(range_uint32),
            [WB_INT32] = KERNEL(range_int32),
            [WB_UINT64] = KERNEL(range_uint64),
            [WB_INT64] = KERNEL(range_int64),
            [WB_FLOAT16] = KERNEL(range_float16),
            [WB_BFLOAT16] = KERNEL(range_float16),
            [WB_FLOAT32] = KERNEL(range_float32),
            [WB_FLOAT64] = KERNEL(range_float64),
        },
    .finite_range =
        {
            [WB_FLOAT16] = KERNEL(finite_range_float16),
            [WB_BFLOAT16] = KERNEL(finite_range_bfloat16),
            [WB_FLOAT32] = KERNEL(finite_range_float32),
            [WB_FLOAT64] = KERNEL(finite_range_float64),
        },
    .narrow =
        {
            [WB_UINT16] = KERNEL(narrow_uint16),
            [WB_INT16] = KERNEL(narrow_uint16),
            [WB_UINT32] = KERNEL(narrow_uint32),
            [WB_INT32] = KERNEL(narrow_uint32),
            [WB_UINT64] = KERNEL(narrow_uint64),
            [WB_INT64] = KERNEL(narrow_uint64),
        },
    .replace_nan =
        {
            [WB_FLOAT16] = KERNEL(replace_nan_float16),
            [WB_BFLOAT16] = KERNEL(replace_nan_bfloat16),
            [WB_FLOAT32] = KERNEL(replace_nan_float32),
            [WB_FLOAT64] = KERNEL(replace_nan_float64),
        },
    .equals =
        {
            [WB_UINT8] = KERNEL(equals_uint8),
            [WB_INT8] = KERNEL(equals_int8),
            [WB_UINT16] = KERNEL(equals_uint16),
            [WB_INT16] = KERNEL(equals_int16),
            [WB_UINT32] = KERNEL(equals_uint32),
            [WB_INT32] = KERNEL(equals_int32),
            [WB_UINT64] = KERNEL(equals_uint64),
            [WB_INT64] = KERNEL(equals_int64),
            [WB_FLOAT16] = KERNEL(equals_float16),
            [WB_BFLOAT16] = KERNEL(equals_bfloat16),
            [WB_FLOAT32] = KERNEL(equals_float32),
            [WB_FLOAT64] = KERNEL(equals_float64),
        },
    .translate = KERNEL(translate),
    .to_uint8 = &KERNEL(kernels_to_uint8),
    .to_uint16 = &KERNEL(kernels_to_uint16),
};

#undef KERNEL
#undef TARGET
