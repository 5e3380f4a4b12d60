/* Chunk by chunk, values become uint8, are compared with what they were, and noted as present.
 * In: a one-channel view. Out: uint8 values, presence flags. Ownership: see convert/mask.h. */
#include "convert/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floats.h"
#include "convert/value_kernels.h"
#include "pixels/elements.h"

enum { CHUNK_VALUES = 1024 /* converted, then counted while in the first-level cache */ };

/* Masks are flat, so eight values that equal the last are passed over by one comparison. */
static void note_present(const uint8_t *values, size_t count, uint8_t present[256])
{
    size_t i = 0;
    while (i < count) {
        const uint64_t same = values[i] * 0x0101010101010101u;
        uint64_t eight;
        present[values[i++]] = 1;
        for (; count - i >= sizeof eight; i += sizeof eight) {
            memcpy(&eight, values + i, sizeof eight);
            if (eight != same)
                break;
        }
        for (size_t stop = count - i < 8 ? count : i + 8; i < stop; i++)
            present[values[i]] = 1;
    }
}

/* A float with the fewest digits that read back as the same number of its type. */
static void print_float(char *text, size_t size_bytes, double value, bool is_single)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size_bytes, "%.*g", digits, value);
        const double read = strtod(text, NULL);
        if (is_single ? (float)read == (float)value : read == value)
            return;
    }
}

static void print_value(char *text, size_t size_bytes, wb_dtype dtype, const uint8_t *value)
{
#define PRINT(type, format, shown)                         \
    {                                                      \
        type number;                                       \
        memcpy(&number, value, sizeof number);             \
        snprintf(text, size_bytes, format, (shown)number); \
        return;                                            \
    }
#define PRINT_FLOAT(type, to_double, is_single)                    \
    {                                                              \
        type bits;                                                 \
        memcpy(&bits, value, sizeof bits);                         \
        print_float(text, size_bytes, to_double(bits), is_single); \
        return;                                                    \
    }
    switch (dtype) {
    case WB_BOOL:
    case WB_UINT8: PRINT(uint8_t, "%d", int)
    case WB_INT8: PRINT(int8_t, "%d", int)
    case WB_UINT16: PRINT(uint16_t, "%d", int)
    case WB_INT16: PRINT(int16_t, "%d", int)
    case WB_UINT32: PRINT(uint32_t, "%lu", unsigned long)
    case WB_INT32: PRINT(int32_t, "%ld", long)
    case WB_UINT64: PRINT(uint64_t, "%llu", unsigned long long)
    case WB_INT64: PRINT(int64_t, "%lld", long long)
    case WB_FLOAT16: PRINT_FLOAT(uint16_t, wb_float_from_half, true)
    case WB_BFLOAT16: PRINT_FLOAT(uint16_t, wb_float_from_bfloat, true)
    case WB_FLOAT32: PRINT_FLOAT(uint32_t, wb_float_from_bits, true)
    case WB_FLOAT64: PRINT_FLOAT(uint64_t, wb_double_from_bits, false)
    }
#undef PRINT
#undef PRINT_FLOAT
}

/* Clips and truncates; what that does not change is an integer between 0 and 255. */
static bool convert_values(const wb_value_kernels *kernels, wb_dtype dtype, const uint8_t *values,
                           size_t count, uint8_t *target)
{
    const wb_arithmetic whole = {
        .before = 1, .span = 1, .factor = 1, .ceiling = dtype == WB_BOOL ? 1 : 255};
    wb_convert_kernel *const clip = kernels->to_uint8->clip[dtype];
    wb_convert_kernel *const convert = clip != NULL ? clip
                                                    : kernels->to_uint8->numpy_multiply[dtype];
    convert(&whole, values, count, target);
    return dtype == WB_BOOL || kernels->equals[dtype](values, count, target);
}

/* Names the first value of `count` that is refused. */
static wb_status fail_value(wb_error *error, const wb_view *view, const wb_value_kernels *kernels,
                            size_t y, size_t x, size_t count)
{
    uint64_t value = 0; /* of any size up to 8 bytes */
    uint8_t ignored;
    for (; count > 0; x++, count--) {
        wb_view_gather(view, y, x, 1, (uint8_t *)&value);
        if (!convert_values(kernels, view->dtype, (const uint8_t *)&value, 1, &ignored))
            break;
    }
    char text[64] = "";
    print_value(text, sizeof text, view->dtype, (const uint8_t *)&value);
    return wb_fail(error, WB_OUT_OF_RANGE,
                   "Mask data must be integers between 0 and 255, found %s in row %zu, column %zu",
                   text, y, x);
}

static wb_status convert_row(const wb_view *view, const wb_value_kernels *kernels, size_t y,
                             uint8_t *target, uint8_t present[256], wb_error *error)
{
    const bool is_packed = wb_view_has_packed_rows(view);
    uint64_t gathered[CHUNK_VALUES]; /* of any size up to 8 bytes */
    for (size_t x = 0, count; x < view->width; x += count) {
        count = view->width - x < CHUNK_VALUES ? view->width - x : CHUNK_VALUES;
        const uint8_t *values = wb_view_pixel(view, y, x);
        if (!is_packed) {
            wb_view_gather(view, y, x, count, (uint8_t *)gathered);
            values = (const uint8_t *)gathered;
        }
        if (!convert_values(kernels, view->dtype, values, count, target + x))
            return fail_value(error, view, kernels, y, x, count);
        note_present(target + x, count, present);
    }
    return WB_OK;
}

wb_status wb_mask_values(const wb_view *view, wb_cpu cpu, wb_bytes *values,
                         const uint8_t **in_place, uint8_t present[256], wb_error *error)
{
    *in_place = NULL;
    memset(present, 0, 256);
    if (view->channels != 1)
        return wb_fail(error, WB_BAD_SHAPE, "mask_data must be a 2D array, found %u channels",
                       view->channels);
    size_t size_bytes;
    if (!wb_multiply(view->height, view->width, &size_bytes))
        return wb_fail(error, WB_OUT_OF_MEMORY, "a mask of %zu x %zu does not fit into memory",
                       view->height, view->width);
    const bool is_whole = view->height == 1 || view->row_stride_bytes == (ptrdiff_t)view->width;
    if (view->dtype == WB_UINT8 && is_whole && wb_view_has_packed_rows(view)) {
        values->size_bytes = 0;
        *in_place = view->data;
        note_present(view->data, size_bytes, present);
        return WB_OK;
    }
    wb_status status = wb_bytes_renew(values, size_bytes);
    if (status != WB_OK)
        return wb_fail(error, status, "no memory for a mask of %zu bytes", size_bytes);
    const wb_value_kernels *kernels = wb_value_kernels_choose(cpu);
    for (size_t y = 0; y < view->height && status == WB_OK; y++)
        status = convert_row(view, kernels, y, values->data + y * view->width, present, error);
    values->size_bytes = status == WB_OK ? size_bytes : 0;
    return status;
}
