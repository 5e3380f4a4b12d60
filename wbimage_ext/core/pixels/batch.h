/* Views of one shape that lie apart by one stride.
 * In: the first view. Out: any of them. Ownership: borrows the buffer, as its views do. */
#ifndef WB_PIXELS_BATCH_H
#define WB_PIXELS_BATCH_H

#include "pixels/view.h"

/* `count` images that lie `image_stride_bytes` apart; `first` is the first of them. */
typedef struct wb_batch {
    wb_view first;
    size_t count;
    ptrdiff_t image_stride_bytes;
} wb_batch;

static inline wb_batch wb_batch_of_one(const wb_view *view)
{
    return (wb_batch){.first = *view, .count = 1};
}

static inline wb_view wb_batch_image(const wb_batch *batch, size_t index)
{
    wb_view image = batch->first;
    image.data += (ptrdiff_t)index * batch->image_stride_bytes;
    return image;
}

#endif
