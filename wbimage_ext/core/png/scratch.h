/* What one PNG encode keeps in memory, and keeps for the next one.
 * In: sizes. Out: buffers. Ownership: a wb_png_scratch owns every buffer in it, and serves one
 * encode at a time. */
#ifndef WB_PNG_SCRATCH_H
#define WB_PNG_SCRATCH_H

#include "base/bytes.h"
#include "base/threads.h"

typedef struct wb_png_buffers {
    wb_bytes rows;     /* rows pulled from the raster, and the zeros above the first */
    wb_bytes filtered; /* filtered bytes: some parts, or the whole image for a compression level */
    wb_bytes tokens;   /* of these */
    wb_bytes tables;   /* of the matcher */
} wb_png_buffers;

/* What one segment takes until it is in the file. */
typedef struct wb_png_slot {
    wb_png_buffers image;
    wb_png_buffers trial; /* while the plans for a part are compared */
    wb_bytes segment;     /* its blocks */
} wb_png_slot;

typedef struct wb_png_scratch {
    wb_bytes samples;  /* of a small image */
    wb_bytes coders;   /* one a slot */
    size_t slot_count; /* of those that may hold memory, at least 1 */
    wb_png_slot slots[WB_MAX_SLOTS];
} wb_png_scratch;

wb_png_scratch *wb_png_scratch_new(void);          /* NULL without memory */
void wb_png_scratch_free(wb_png_scratch *scratch); /* NULL is allowed */

/* Gives back the memory of the last slots, as far as more than `limit_bytes` are held. */
void wb_png_scratch_trim(wb_png_scratch *scratch, size_t limit_bytes);

#endif
