/* The smallest and the largest value of an array, read in the order of its memory.
 * In: a batch. Out: a wb_range. Ownership: borrows the batch's buffer. */
#ifndef WB_CONVERT_RANGE_H
#define WB_CONVERT_RANGE_H

#include "convert/value_kernels.h"
#include "pixels/batch.h"

/* NaN and infinities take no part in lo and hi. */
typedef struct wb_range {
    bool found_nan;
    bool has_values; /* false: not one value is finite, lo and hi are 0 */
    double lo;       /* exact for every dtype but 64-bit integers */
    double hi;
    int64_t lo_key; /* keys as in convert/value_kernels.h: exact for every dtype */
    int64_t hi_key;
} wb_range;

enum { WB_RANGE_WHOLE = -1 };

/* Scans a batch. Of integers the scan may stop as soon as hi is over `enough`; lo and hi are then
 * those of the values seen. */
void wb_range_scan(const wb_batch *batch, int32_t enough, const wb_value_kernels *kernels,
                   unsigned thread_count, wb_range *range);

#endif
