/* The loops over packed values in native byte order: range, conversion to samples, comparison.
 * In: packed values, unaligned, and the numbers of a wb_arithmetic. Out: samples, or a range.
 * Ownership: none; the tables are constant, one for each instruction set, with equal results. */
#ifndef WB_CONVERT_VALUE_KERNELS_H
#define WB_CONVERT_VALUE_KERNELS_H

#include "base/cpu.h"
#include "pixels/view.h"

enum { WB_DTYPE_COUNT = WB_FLOAT64 + 1 };

/* A key is a value's place in the order of its dtype, as a signed integer: a signed integer itself,
 * an unsigned one less half its range, a float's bits with sign and magnitude made two's
 * complement. So one integer loop finds the range of every dtype, NaN beyond the infinities
 * included. */

/* Lowers *lo and raises *hi to the keys of the values. */
typedef void wb_range_kernel(const void *values, size_t count, int64_t *lo, int64_t *hi);

/* The same for the finite values only; floats. */
typedef wb_range_kernel wb_finite_range_kernel;

/* What a conversion computes: ((x * before - lo) / span) * factor, clipped to 0..ceiling,
 * truncated; NaN becomes 0. Integers without a division: x clipped to 0..ceiling, times factor. */
typedef struct wb_arithmetic {
    double before; /* 1, or 0.5 where hi - lo would overflow; lo and span are then halved too */
    double lo;
    double span;
    double factor;
    uint16_t ceiling;
    int64_t lo_integer; /* lo of a signed 64-bit view, exact */
} wb_arithmetic;

typedef void wb_convert_kernel(const wb_arithmetic *arithmetic, const void *values, size_t count,
                               uint8_t *target);

/* Writes the low byte of each integer; returns the bits that are set in any of them. */
typedef uint64_t wb_narrow_kernel(const void *values, size_t count, uint8_t *target);

/* Sets target[i] to `nan_value` where value i is NaN. */
typedef void wb_nan_kernel(const void *values, size_t count, uint8_t nan_value, uint8_t *target);

/* Whether each value equals its byte. */
typedef bool wb_equals_kernel(const void *values, size_t count, const uint8_t *bytes);

/* target[i] = table[values[i]] */
typedef void wb_translate_kernel(const uint8_t table[256], const uint8_t *values, size_t count,
                                 uint8_t *target);

/* Puts planes of samples side by side: pixel i is planes[0][i], planes[1][i] and so on. */
typedef void wb_interleave_kernel(const uint8_t *const *planes, unsigned channels, size_t count,
                                  uint8_t *target);

/* Reverses the channels of `count` packed pixels of 3 or 4 channels, as from BGR to RGB. */
typedef void wb_reverse_kernel(const uint8_t *pixels, unsigned channels, size_t count,
                               uint8_t *target);

/* The kernels for one kind of sample; the arrays are indexed by wb_dtype. */
typedef struct wb_sample_kernels {
    wb_convert_kernel *clip[WB_DTYPE_COUNT];           /* integers and bool */
    wb_convert_kernel *numpy_multiply[WB_DTYPE_COUNT]; /* floats, in their own type; no division */
    wb_convert_kernel *numpy_divide[WB_DTYPE_COUNT];   /* in NumPy's type: integers in double */
    wb_convert_kernel *torch_divide[WB_DTYPE_COUNT];  /* 16-bit floats in single, integers double */
    wb_convert_kernel *limits_divide[WB_DTYPE_COUNT]; /* all in double */
    wb_interleave_kernel *interleave;
    wb_reverse_kernel *reverse;
} wb_sample_kernels;

/* Indexed by wb_dtype; NULL where a dtype has no use for the kernel. */
typedef struct wb_value_kernels {
    wb_range_kernel *range[WB_DTYPE_COUNT];
    wb_finite_range_kernel *finite_range[WB_DTYPE_COUNT];
    wb_narrow_kernel *narrow[WB_DTYPE_COUNT];   /* integers of more than a byte */
    wb_nan_kernel *replace_nan[WB_DTYPE_COUNT]; /* floats */
    wb_equals_kernel *equals[WB_DTYPE_COUNT];   /* all but bool */
    wb_translate_kernel *translate;
    const wb_sample_kernels *to_uint8;
    /* The high byte first, as PNG has it. 16-bit floats are computed in single: they do not hold
     * 65535. */
    const wb_sample_kernels *to_uint16;
} wb_value_kernels;

/* The fastest table that `cpu` allows. */
const wb_value_kernels *wb_value_kernels_choose(wb_cpu cpu);

#endif
