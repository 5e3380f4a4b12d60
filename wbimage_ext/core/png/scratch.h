/* What one PNG encode keeps in memory, and keeps for the next one.
 * In: sizes. Out: buffers. Ownership: a wb_png_scratch owns every buffer in it. */
#ifndef WB_PNG_SCRATCH_H
#define WB_PNG_SCRATCH_H

#include "base/bytes.h"
#include "png/encode.h"

struct wb_png_scratch {
    wb_bytes rows;     /* rows pulled from the raster, and the zeros above the first */
    wb_bytes filtered; /* filtered bytes: a strip, or the whole image for a compression level */
    wb_bytes tokens;   /* of the strip */
    wb_bytes tables;   /* of the matcher */
};

#endif
