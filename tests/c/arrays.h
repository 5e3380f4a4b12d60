/* Arrays of any dtype, shape and strides, as a fuzz target reads them from its input.
 * In: a header and bytes for values. Out: an array whose memory ends where the array does.
 * Ownership: array_read allocates `memory`, the caller frees it with free(). */
#ifndef ARRAYS_H
#define ARRAYS_H

#include "pixels/view.h"

enum { ARRAY_MAX_NDIM = 5, ARRAY_HEADER_BYTES = 4 + 2 * ARRAY_MAX_NDIM };

typedef struct array {
    wb_dtype dtype;
    bool is_byte_swapped;
    int ndim;
    ptrdiff_t shape[ARRAY_MAX_NDIM];
    ptrdiff_t strides_bytes[ARRAY_MAX_NDIM];
    uint8_t *memory; /* exactly as long as the array needs */
    const uint8_t *first;
} array;

/* False where the array would have more than `max_values`. One of the sides, at most 255 by itself,
 * is multiplied by `factor`. */
bool array_read(array *a, const uint8_t header[ARRAY_HEADER_BYTES], size_t max_values,
                size_t factor, const uint8_t *values, size_t values_bytes);

/* As the core sees it; borrows `a`. */
wb_array array_described(const array *a);

#endif
