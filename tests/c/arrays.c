/* Arrays of any dtype, shape and strides from bytes. In and out, ownership: see arrays.h. */
#include "arrays.h"

#include <stdlib.h>

#include "convert/value_kernels.h" /* WB_DTYPE_COUNT */

/* Sides and gaps from the header; the innermost dimension is not always the last. */
bool array_read(array *a, const uint8_t header[ARRAY_HEADER_BYTES], size_t max_values,
                size_t factor, const uint8_t *values, size_t values_bytes)
{
    const size_t item = wb_dtype_size_bytes(a->dtype = (wb_dtype)(header[0] % WB_DTYPE_COUNT));
    a->is_byte_swapped = header[1] & 1;
    a->ndim = header[2] % (ARRAY_MAX_NDIM + 1);
    size_t low_bytes = 0, high_bytes = item, stride_bytes = item, count = 1;
    for (int k = 0; k < a->ndim; k++) {
        const int i = (k + header[3]) % a->ndim;
        size_t side = header[4 + i] % 4 == 0 ? 3 : header[4 + i];
        if (i == header[1] / 2 % a->ndim)
            side *= factor;
        const uint8_t kind = header[4 + ARRAY_MAX_NDIM + i];
        const size_t gap_bytes = kind / 4 % 8;
        a->shape[i] = (ptrdiff_t)side;
        if (side == 0 || count > max_values / side)
            return false;
        count *= side;
        const size_t step_bytes = kind % 4 == 0 ? 0 : stride_bytes + gap_bytes;
        const size_t extent_bytes = (side - 1) * step_bytes;
        const bool is_backwards = kind % 4 == 1;
        a->strides_bytes[i] = is_backwards ? -(ptrdiff_t)step_bytes : (ptrdiff_t)step_bytes;
        *(is_backwards ? &low_bytes : &high_bytes) += extent_bytes;
        stride_bytes = step_bytes == 0 ? stride_bytes : step_bytes * side;
    }
    a->memory = malloc(low_bytes + high_bytes);
    if (a->memory == NULL)
        return false;
    for (size_t i = 0; i < low_bytes + high_bytes; i++)
        a->memory[i] = values_bytes == 0 ? 0 : values[i % values_bytes];
    a->first = a->memory + low_bytes;
    return true;
}

wb_array array_described(const array *a)
{
    return (wb_array){.data = a->first,
                      .dtype = a->dtype,
                      .is_byte_swapped = a->is_byte_swapped,
                      .ndim = a->ndim,
                      .shape = a->shape,
                      .strides_bytes = a->strides_bytes};
}
