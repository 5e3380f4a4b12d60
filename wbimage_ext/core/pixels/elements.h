/* Copies of elements that lie behind strides, for layouts that kernels do not read in place.
 * In: an address, a stride, a count. Out: packed elements in native byte order.
 * Ownership: borrows the source, fills the target. */
#ifndef WB_PIXELS_ELEMENTS_H
#define WB_PIXELS_ELEMENTS_H

#include "pixels/view.h"

/* Copies `count` blocks of `block_bytes` from one stride to another; they do not overlap. */
void wb_elements_copy(uint8_t *target, ptrdiff_t target_stride_bytes, const uint8_t *source,
                      ptrdiff_t source_stride_bytes, size_t count, size_t block_bytes);

/* Reverses the bytes of each of `count` packed elements. */
void wb_elements_swap(uint8_t *elements, size_t count, size_t size_bytes);

/* True where the pixels of a row lie as in a raster: channels, then columns, native byte order. */
bool wb_view_has_packed_rows(const wb_view *view);

/* True where one row follows the other, too, without a gap. */
bool wb_view_is_packed(const wb_view *view);

/* Writes `count` pixels of row `y` from column `x` on, packed and in native byte order. */
void wb_view_gather(const wb_view *view, size_t y, size_t x, size_t count, uint8_t *packed);

/* Address of the first channel of a pixel. */
static inline const uint8_t *wb_view_pixel(const wb_view *view, size_t y, size_t x)
{
    return view->data + (ptrdiff_t)y * view->row_stride_bytes
           + (ptrdiff_t)x * view->column_stride_bytes;
}

#endif
