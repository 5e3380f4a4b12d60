/* Segmentation masks: one pass over a two-dimensional view checks that every value is an integer
 * from 0 to 255, notes which of them are present, and writes them as uint8.
 * In: a one-channel view of any dtype. Out: uint8 rows and 256 presence flags.
 * Ownership: borrows the view; fills `values`. */
#ifndef WB_CONVERT_MASK_H
#define WB_CONVERT_MASK_H

#include "base/bytes.h"
#include "base/cpu.h"
#include "pixels/view.h"

/* `values` becomes height * width bytes (it is renewed, so it may be scratch); it stays empty and
 * *in_place is the view's own memory where that is packed uint8 already. `present[v]` is 1 for each
 * value v that occurs. WB_OUT_OF_RANGE for a value over 255, below 0, fractional, NaN or infinite;
 * the error's detail names the value and its row and column. */
wb_status wb_mask_values(const wb_view *view, wb_cpu cpu, wb_bytes *values,
                         const uint8_t **in_place, uint8_t present[256], wb_error *error);

#endif
