/* From pixels of any dtype to uint8 rows: what the values mean (plan), then the rows (raster).
 * In: a view and how to normalise it. Out: a raster. For the documented rule see convert.c.
 * Ownership: a wb_conversion borrows the view's buffer and owns nothing. */
#ifndef WB_CONVERT_H
#define WB_CONVERT_H

#include "cpu.h"
#include "raster.h"
#include "view.h"

typedef enum wb_normalize_rule {
    WB_NORMALIZE_DEFAULT, /* the rule of wandb.Image.to_uint8 */
    WB_NORMALIZE_NONE,    /* clip to 0..255, truncate */
    WB_NORMALIZE_LIMITS,  /* (x - lo) * (255 / (hi - lo)) in double, clipped, truncated */
    WB_NORMALIZE_TORCH    /* make_grid(normalize=True) then * 255, clamped, truncated */
} wb_normalize_rule;

typedef struct wb_normalize {
    wb_normalize_rule rule;
    double lo; /* WB_NORMALIZE_LIMITS: two finite numbers, lo < hi */
    double hi;
    uint8_t nan_value; /* what NaN becomes: 0, or the palette index of the NaN colour */
    uint8_t top_value; /* what hi becomes: 255, or 254 where NaN has a colour; 0 reads as 255 */
} wb_normalize;

typedef struct wb_conversion wb_conversion;

/* Writes one row; a kernel chosen by the plan. */
typedef void wb_convert_row(const wb_conversion *conversion, size_t y, uint8_t *packed);

struct wb_conversion {
    wb_view view;
    wb_normalize normalize;
    bool found_nan;      /* a float view holds at least one NaN */
    bool is_identity;    /* uint8 values pass through unchanged */
    bool is_shifted;     /* lo < 0: values become (x - lo) / span first */
    bool is_scaled;      /* values are then multiplied by 255 */
    double lo, hi, span; /* exact for every dtype but 64-bit integers: */
    int64_t lo_integer;  /* lo of a signed 64-bit view, exact */
    wb_convert_row *convert_row;
    wb_cpu cpu;
};

/* Scans the range of `view` where the rule needs it and chooses the kernel. */
wb_status wb_conversion_plan(wb_conversion *conversion, const wb_view *view,
                             const wb_normalize *normalize, wb_cpu cpu, wb_error *error);

/* The rows of a planned conversion; borrows `conversion`. Packed uint8 rows that pass through
 * unchanged are handed out in place, with no copy. */
wb_raster wb_conversion_raster(const wb_conversion *conversion);

#endif
