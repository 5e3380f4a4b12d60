/* What one PNG encode keeps in memory, and keeps for the next one.
 * In: sizes. Out: buffers. Ownership: a wb_png_scratch owns every buffer in it, and serves one
 * encode at a time. */
#ifndef WB_PNG_SCRATCH_H
#define WB_PNG_SCRATCH_H

#include "base/bytes.h"

typedef struct wb_png_scratch {
    wb_bytes rows;     /* rows pulled from the raster, and the zeros above the first */
    wb_bytes filtered; /* filtered bytes: a strip, or the whole image for a compression level */
    wb_bytes tokens;   /* of the strip */
    wb_bytes tables;   /* of the matcher */
} wb_png_scratch;

wb_png_scratch *wb_png_scratch_new(void);          /* NULL without memory */
void wb_png_scratch_free(wb_png_scratch *scratch); /* NULL is allowed */
/* Gives memory back when more than `limit_bytes` are held. */
void wb_png_scratch_trim(wb_png_scratch *scratch, size_t limit_bytes);

#endif
