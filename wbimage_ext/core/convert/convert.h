/* From pixels of any dtype to rows of samples: what values mean (plan), then the rows (raster).
 * In: a view and how to normalise it. Out: a raster. For the documented rule see convert/convert.c.
 * Ownership: a wb_conversion borrows the view's buffer and owns nothing. */
#ifndef WB_CONVERT_CONVERT_H
#define WB_CONVERT_CONVERT_H

#include "base/machine.h"
#include "convert/value_kernels.h"
#include "pixels/batch.h"
#include "pixels/raster.h"

typedef enum wb_normalize_rule {
    WB_NORMALIZE_DEFAULT, /* the rule of wandb.Image.to_uint8 */
    WB_NORMALIZE_NONE,    /* clip to 0..255, truncate */
    WB_NORMALIZE_LIMITS,  /* (x - lo) / (hi - lo) * 255 in double, clipped, truncated */
    WB_NORMALIZE_TORCH    /* make_grid(normalize=True) then * 255, clamped, truncated */
} wb_normalize_rule;

typedef struct wb_normalize {
    wb_normalize_rule rule;
    double lo; /* WB_NORMALIZE_LIMITS: two finite numbers, lo < hi */
    double hi;
    uint8_t nan_value; /* what NaN becomes: 0, or the palette index of the NaN colour */
    /* The largest result: 255, or 254 where NaN has a colour; 0 reads as 255. LIMITS scales hi to
     * it, NONE clips to it; DEFAULT and TORCH take trunc(result * top / 255) of their result. */
    uint8_t top_value;
    /* Samples of 16 bits, as in wb_raster: 65535 stands for 255 in every rule, and integers keep
     * their values in all but LIMITS, clipped. No NaN colour and no top value. */
    bool is_16_bit;
    bool finds_clipped; /* look for integers that are clipped where no rule asks for their range */
} wb_normalize;

typedef struct wb_conversion {
    wb_view view;
    wb_normalize normalize;
    bool found_nan;   /* a float view holds at least one NaN */
    bool is_clipped;  /* no sample holds some of the integers, and nothing scales them */
    bool is_identity; /* the bytes of the values pass through unchanged */
    /* The finite values of a float view that WB_NORMALIZE_DEFAULT is about; hi < lo: none. */
    double lo, hi;
    double scale_lo, scale_hi; /* the values that sample 0 and the largest sample stand for */

    /* The rest is the plan, of use to convert/convert.c alone. */
    const wb_value_kernels *kernels;
    const wb_sample_kernels *samples; /* of the kernels: to_uint8 or to_uint16 */
    wb_convert_kernel *kernel;        /* NULL: `table` holds the result of each of 256 values */
    wb_arithmetic arithmetic;
    uint8_t table[256];
    uint8_t scaled_top; /* what the result 255 is scaled down to afterwards; 255: nothing to do */
} wb_conversion;

/* Scans the range of `view` where the rule needs it and chooses the kernel. */
wb_status wb_conversion_plan(wb_conversion *conversion, const wb_view *view,
                             const wb_normalize *normalize, wb_machine machine, wb_error *error);

/* Plans and writes in one pass where the values are integers of more than a byte that become
 * samples as they are, as in most images. `packed` has room for all samples. Elsewhere false, and
 * nothing is planned. */
bool wb_conversion_narrow(wb_conversion *conversion, const wb_view *view,
                          const wb_normalize *normalize, wb_machine machine, uint8_t *packed);

/* The same over all views of a batch. */
wb_status wb_conversion_plan_batch(wb_conversion *conversion, const wb_batch *batch,
                                   const wb_normalize *normalize, wb_machine machine,
                                   wb_error *error);

/* Row `y` of `view`, which is the planned one or another of its batch: in place where it is packed
 * and passes through unchanged, otherwise `buffer`, filled with width * channels samples. */
const uint8_t *wb_conversion_row(const wb_conversion *conversion, const wb_view *view, size_t y,
                                 uint8_t *buffer);

/* The same, written to `packed` in any case: width * channels samples and nothing beyond. */
void wb_conversion_write_row(const wb_conversion *conversion, const wb_view *view, size_t y,
                             uint8_t *packed);

/* All rows of the planned view, one after the other; on several threads where it is large. */
void wb_conversion_write(const wb_conversion *conversion, wb_machine machine, uint8_t *packed);

/* The rows of a planned conversion; borrows `conversion`. Packed rows that pass through unchanged
 * are handed out in place, with no copy. */
wb_raster wb_conversion_raster(const wb_conversion *conversion);

#endif
