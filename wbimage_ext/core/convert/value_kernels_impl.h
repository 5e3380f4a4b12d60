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

CLIP(uint8, uint8_t, 255)
CLIP(int8, int8_t, 127)
CLIP(uint16, uint16_t, 255)
CLIP(int16, int16_t, 255)
CLIP(uint32, uint32_t, 255)
CLIP(int32, int32_t, 255)
CLIP(uint64, uint64_t, 255)
CLIP(int64, int64_t, 255)

MULTIPLY(numpy, float16, load_half, 2, float, wb_round_to_half)
MULTIPLY(numpy, bfloat16, load_bfloat, 2, float, wb_round_to_bfloat)
MULTIPLY(numpy, float32, load_float, 4, float, EXACT)
MULTIPLY(numpy, float64, load_double, 8, double, EXACT)
DIVIDE(numpy, float16, load_half, 2, float, wb_round_to_half)
DIVIDE(numpy, bfloat16, load_bfloat, 2, float, wb_round_to_bfloat)

DIVIDE(torch, float16, load_half, 2, float, EXACT)
DIVIDE(torch, bfloat16, load_bfloat, 2, float, EXACT)
DIVIDE(torch, float32, load_float, 4, float, EXACT)

DIVIDE(double, uint8, load_uint8, 1, double, EXACT)
DIVIDE(double, int8, load_int8, 1, double, EXACT)
DIVIDE(double, uint16, load_uint16, 2, double, EXACT)
DIVIDE(double, int16, load_int16, 2, double, EXACT)
DIVIDE(double, uint32, load_uint32, 4, double, EXACT)
DIVIDE(double, int32, load_int32, 4, double, EXACT)
DIVIDE(double, uint64, load_uint64_as_double, 8, double, EXACT)
DIVIDE(double, int64, load_int64_as_double, 8, double, EXACT)
DIVIDE(double, float16, load_half, 2, double, EXACT)
DIVIDE(double, bfloat16, load_bfloat, 2, double, EXACT)
DIVIDE(double, float32, load_float, 4, double, EXACT)
DIVIDE(double, float64, load_double, 8, double, EXACT)

/* x - lo can need 64 bits: it is taken without sign, then rounded to double once, as NumPy does. */
TARGET static void KERNEL(numpy_divide_int64)(const wb_arithmetic *arithmetic, const void *values,
                                              size_t count, uint8_t *restrict target)
{
    const uint8_t *source = values;
    const uint64_t lo = (uint64_t)arithmetic->lo_integer;
    const double span = arithmetic->span, factor = arithmetic->factor;
    const double ceiling = (double)arithmetic->ceiling;
    for (size_t i = 0; i < count; i++) {
        double x = wb_double_from_uint64(load_uint64(source + i * sizeof lo) - lo);
        x = x / span * factor;
        STORE_CLIPPED(x);
    }
}

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

TARGET static void KERNEL(interleave)(const uint8_t *const *planes, unsigned channels, size_t count,
                                      uint8_t *restrict target){
    FOR_CONSTANT_CHANNELS(interleave_planes, planes)}

TARGET static void KERNEL(reverse)(const uint8_t *pixels, unsigned channels, size_t count,
                                   uint8_t *restrict target)
{
    FOR_CONSTANT_CHANNELS(reverse_pixels, pixels)
}

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
    .clip =
        {
            [WB_BOOL] = KERNEL(clip_uint8),
            [WB_UINT8] = KERNEL(clip_uint8),
            [WB_INT8] = KERNEL(clip_int8),
            [WB_UINT16] = KERNEL(clip_uint16),
            [WB_INT16] = KERNEL(clip_int16),
            [WB_UINT32] = KERNEL(clip_uint32),
            [WB_INT32] = KERNEL(clip_int32),
            [WB_UINT64] = KERNEL(clip_uint64),
            [WB_INT64] = KERNEL(clip_int64),
        },
    .numpy_multiply =
        {
            [WB_FLOAT16] = KERNEL(numpy_multiply_float16),
            [WB_BFLOAT16] = KERNEL(numpy_multiply_bfloat16),
            [WB_FLOAT32] = KERNEL(numpy_multiply_float32),
            [WB_FLOAT64] = KERNEL(numpy_multiply_float64),
        },
    .numpy_divide =
        {
            [WB_INT8] = KERNEL(double_divide_int8),
            [WB_INT16] = KERNEL(double_divide_int16),
            [WB_INT32] = KERNEL(double_divide_int32),
            [WB_INT64] = KERNEL(numpy_divide_int64),
            [WB_FLOAT16] = KERNEL(numpy_divide_float16),
            [WB_BFLOAT16] = KERNEL(numpy_divide_bfloat16),
            [WB_FLOAT32] = KERNEL(torch_divide_float32),
            [WB_FLOAT64] = KERNEL(double_divide_float64),
        },
    .torch_divide =
        {
            [WB_BOOL] = KERNEL(double_divide_uint8),
            [WB_UINT8] = KERNEL(double_divide_uint8),
            [WB_INT8] = KERNEL(double_divide_int8),
            [WB_UINT16] = KERNEL(double_divide_uint16),
            [WB_INT16] = KERNEL(double_divide_int16),
            [WB_UINT32] = KERNEL(double_divide_uint32),
            [WB_INT32] = KERNEL(double_divide_int32),
            [WB_UINT64] = KERNEL(double_divide_uint64),
            [WB_INT64] = KERNEL(double_divide_int64),
            [WB_FLOAT16] = KERNEL(torch_divide_float16),
            [WB_BFLOAT16] = KERNEL(torch_divide_bfloat16),
            [WB_FLOAT32] = KERNEL(torch_divide_float32),
            [WB_FLOAT64] = KERNEL(double_divide_float64),
        },
    .limits_divide =
        {
            [WB_BOOL] = KERNEL(double_divide_uint8),
            [WB_UINT8] = KERNEL(double_divide_uint8),
            [WB_INT8] = KERNEL(double_divide_int8),
            [WB_UINT16] = KERNEL(double_divide_uint16),
            [WB_INT16] = KERNEL(double_divide_int16),
            [WB_UINT32] = KERNEL(double_divide_uint32),
            [WB_INT32] = KERNEL(double_divide_int32),
            [WB_UINT64] = KERNEL(double_divide_uint64),
            [WB_INT64] = KERNEL(double_divide_int64),
            [WB_FLOAT16] = KERNEL(double_divide_float16),
            [WB_BFLOAT16] = KERNEL(double_divide_bfloat16),
            [WB_FLOAT32] = KERNEL(double_divide_float32),
            [WB_FLOAT64] = KERNEL(double_divide_float64),
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
    .interleave = KERNEL(interleave),
    .reverse = KERNEL(reverse),
};

#undef KERNEL
#undef TARGET
