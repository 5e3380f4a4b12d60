/* Strided copies. Each loop has a constant block size, so that a block is one load and one store.
 * In: an address, a stride, a count. Out: packed elements. Ownership: see pixels/elements.h. */
#include "pixels/elements.h"

#include <string.h>

static inline void copy_blocks(uint8_t *target, ptrdiff_t target_stride_bytes,
                               const uint8_t *source, ptrdiff_t source_stride_bytes, size_t count,
                               size_t block_bytes)
{
    for (size_t i = 0; i < count; i++)
        memcpy(target + (ptrdiff_t)i * target_stride_bytes,
               source + (ptrdiff_t)i * source_stride_bytes, block_bytes);
}

void wb_elements_copy(uint8_t *target, ptrdiff_t target_stride_bytes, const uint8_t *source,
                      ptrdiff_t source_stride_bytes, size_t count, size_t block_bytes)
{
    if (target_stride_bytes == (ptrdiff_t)block_bytes
        && source_stride_bytes == (ptrdiff_t)block_bytes) {
        memcpy(target, source, count * block_bytes);
        return;
    }
#define BLOCK(bytes)                                                                         \
    case bytes:                                                                              \
        copy_blocks(target, target_stride_bytes, source, source_stride_bytes, count, bytes); \
        return
    switch (block_bytes) { /* 1, 3 or 4 channels of 1, 2, 4 or 8 bytes */
        BLOCK(1);
        BLOCK(2);
        BLOCK(3);
        BLOCK(4);
        BLOCK(6);
        BLOCK(8);
        BLOCK(12);
        BLOCK(16);
        BLOCK(24);
        BLOCK(32);
    default:
        copy_blocks(target, target_stride_bytes, source, source_stride_bytes, count, block_bytes);
    }
#undef BLOCK
}

static inline void swap_each(uint8_t *elements, size_t count, size_t size_bytes)
{
    for (size_t i = 0; i < count; i++, elements += size_bytes)
        for (size_t low = 0; low < size_bytes / 2; low++) {
            uint8_t byte = elements[low];
            elements[low] = elements[size_bytes - 1 - low];
            elements[size_bytes - 1 - low] = byte;
        }
}

void wb_elements_swap(uint8_t *elements, size_t count, size_t size_bytes)
{
    switch (size_bytes) {
    case 2: swap_each(elements, count, 2); return;
    case 4: swap_each(elements, count, 4); return;
    case 8: swap_each(elements, count, 8); return;
    default: return;
    }
}

static bool has_packed_channels(const wb_view *view)
{
    return view->channels == 1
           || view->channel_stride_bytes == (ptrdiff_t)wb_dtype_size_bytes(view->dtype);
}

bool wb_view_has_packed_rows(const wb_view *view)
{
    const size_t pixel_bytes = wb_dtype_size_bytes(view->dtype) * view->channels;
    return !view->is_byte_swapped && has_packed_channels(view)
           && (view->width == 1 || view->column_stride_bytes == (ptrdiff_t)pixel_bytes);
}

bool wb_view_is_packed(const wb_view *view)
{
    const size_t row_bytes = wb_dtype_size_bytes(view->dtype) * view->channels * view->width;
    return wb_view_has_packed_rows(view)
           && (view->height == 1 || view->row_stride_bytes == (ptrdiff_t)row_bytes);
}

void wb_view_gather(const wb_view *view, size_t y, size_t x, size_t count, uint8_t *packed)
{
    const size_t item_bytes = wb_dtype_size_bytes(view->dtype);
    const size_t pixel_bytes = item_bytes * view->channels;
    const uint8_t *source = wb_view_pixel(view, y, x);
    if (has_packed_channels(view))
        wb_elements_copy(packed, (ptrdiff_t)pixel_bytes, source, view->column_stride_bytes, count,
                         pixel_bytes);
    else
        for (unsigned c = 0; c < view->channels; c++)
            wb_elements_copy(packed + c * item_bytes, (ptrdiff_t)pixel_bytes,
                             source + (ptrdiff_t)c * view->channel_stride_bytes,
                             view->column_stride_bytes, count, item_bytes);
    if (view->is_byte_swapped)
        wb_elements_swap(packed, count * view->channels, item_bytes);
}
