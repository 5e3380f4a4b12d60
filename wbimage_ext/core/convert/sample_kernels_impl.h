/* The kernels of one instruction set that make one kind of sample.
 * In: TARGET, SAMPLED(name), STORE_SAMPLE, SAMPLE_MOST, SAMPLE_BYTES, ROUND_HALF and ROUND_BFLOAT,
 * and the macros of value_kernels.c. Out: the table SAMPLED(kernels).
 * Ownership: none; undefines what describes the sample at the end. */

CLIP(uint8, uint8_t, 255)
CLIP(int8, int8_t, 127)
CLIP(uint16, uint16_t, SAMPLE_MOST)
CLIP(int16, int16_t, (SAMPLE_MOST < 32767 ? SAMPLE_MOST : 32767))
CLIP(uint32, uint32_t, SAMPLE_MOST)
CLIP(int32, int32_t, SAMPLE_MOST)
CLIP(uint64, uint64_t, SAMPLE_MOST)
CLIP(int64, int64_t, SAMPLE_MOST)

MULTIPLY(numpy, float16, load_half, 2, float, ROUND_HALF)
MULTIPLY(numpy, bfloat16, load_bfloat, 2, float, ROUND_BFLOAT)
MULTIPLY(numpy, float32, load_float, 4, float, EXACT)
MULTIPLY(numpy, float64, load_double, 8, double, EXACT)
DIVIDE(numpy, float16, load_half, 2, float, ROUND_HALF)
DIVIDE(numpy, bfloat16, load_bfloat, 2, float, ROUND_BFLOAT)

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
TARGET static void SAMPLED(numpy_divide_int64)(const wb_arithmetic *arithmetic, const void *values,
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

TARGET static void SAMPLED(interleave)(const uint8_t *const *planes, unsigned channels,
                                       size_t count, uint8_t *restrict target){
    FOR_CONSTANT_CHANNELS(interleave_planes, planes)}

TARGET static void SAMPLED(reverse)(const uint8_t *pixels, unsigned channels, size_t count,
                                    uint8_t *restrict target)
{
    FOR_CONSTANT_CHANNELS(reverse_pixels, pixels)
}

/* The same for every rule that divides integers in double. */
#define INTEGERS_IN_DOUBLE                                                                  \
    [WB_BOOL] = SAMPLED(double_divide_uint8), [WB_UINT8] = SAMPLED(double_divide_uint8),    \
    [WB_INT8] = SAMPLED(double_divide_int8), [WB_UINT16] = SAMPLED(double_divide_uint16),   \
    [WB_INT16] = SAMPLED(double_divide_int16), [WB_UINT32] = SAMPLED(double_divide_uint32), \
    [WB_INT32] = SAMPLED(double_divide_int32), [WB_UINT64] = SAMPLED(double_divide_uint64), \
    [WB_INT64] = SAMPLED(double_divide_int64)

static const wb_sample_kernels SAMPLED(kernels) = {
    .clip =
        {
            [WB_BOOL] = SAMPLED(clip_uint8),
            [WB_UINT8] = SAMPLED(clip_uint8),
            [WB_INT8] = SAMPLED(clip_int8),
            [WB_UINT16] = SAMPLED(clip_uint16),
            [WB_INT16] = SAMPLED(clip_int16),
            [WB_UINT32] = SAMPLED(clip_uint32),
            [WB_INT32] = SAMPLED(clip_int32),
            [WB_UINT64] = SAMPLED(clip_uint64),
            [WB_INT64] = SAMPLED(clip_int64),
        },
    .numpy_multiply =
        {
            [WB_FLOAT16] = SAMPLED(numpy_multiply_float16),
            [WB_BFLOAT16] = SAMPLED(numpy_multiply_bfloat16),
            [WB_FLOAT32] = SAMPLED(numpy_multiply_float32),
            [WB_FLOAT64] = SAMPLED(numpy_multiply_float64),
        },
    .numpy_divide =
        {
            [WB_INT8] = SAMPLED(double_divide_int8),
            [WB_INT16] = SAMPLED(double_divide_int16),
            [WB_INT32] = SAMPLED(double_divide_int32),
            [WB_INT64] = SAMPLED(numpy_divide_int64),
            [WB_FLOAT16] = SAMPLED(numpy_divide_float16),
            [WB_BFLOAT16] = SAMPLED(numpy_divide_bfloat16),
            [WB_FLOAT32] = SAMPLED(torch_divide_float32),
            [WB_FLOAT64] = SAMPLED(double_divide_float64),
        },
    .torch_divide =
        {
            INTEGERS_IN_DOUBLE,
            [WB_FLOAT16] = SAMPLED(torch_divide_float16),
            [WB_BFLOAT16] = SAMPLED(torch_divide_bfloat16),
            [WB_FLOAT32] = SAMPLED(torch_divide_float32),
            [WB_FLOAT64] = SAMPLED(double_divide_float64),
        },
    .limits_divide =
        {
            INTEGERS_IN_DOUBLE,
            [WB_FLOAT16] = SAMPLED(double_divide_float16),
            [WB_BFLOAT16] = SAMPLED(double_divide_bfloat16),
            [WB_FLOAT32] = SAMPLED(double_divide_float32),
            [WB_FLOAT64] = SAMPLED(double_divide_float64),
        },
    .interleave = SAMPLED(interleave),
    .reverse = SAMPLED(reverse),
};

#undef INTEGERS_IN_DOUBLE
#undef SAMPLED
#undef STORE_SAMPLE
#undef SAMPLE_MOST
#undef SAMPLE_BYTES
#undef ROUND_HALF
#undef ROUND_BFLOAT
