/* The zlib streams that fill a PNG's IDAT chunks, one function for each way to write them.
 * In: a raster and options. Out: a zlib stream (RFC 1950) of the filtered rows.
 * Ownership: borrows the raster; appends to the file of the wb_png_idat. */
#ifndef WB_PNG_STREAM_H
#define WB_PNG_STREAM_H

#include "png/scratch.h"

/* The IDAT chunk being written at the end of `file`. */
typedef struct wb_png_idat {
    wb_bytes *file;
    size_t start; /* where the open chunk begins in `file` */
} wb_png_idat;

wb_status wb_png_idat_open(wb_png_idat *idat);
wb_status wb_png_idat_close(wb_png_idat *idat);
/* Closes the chunk and opens the next one when it is large: a chunk holds less than 2 GiB. Called
 * at least once every WB_PNG_IDAT_STEP_BYTES of appended data. */
wb_status wb_png_idat_break_large(wb_png_idat *idat);
enum { WB_PNG_IDAT_LARGE_BYTES = 1 << 30, WB_PNG_IDAT_STEP_BYTES = 1 << 29 };

/* As fast as can be at the size of zlib's level 6 (deflate/blocks.h). */
wb_status wb_png_stream_fast(const wb_raster *raster, const wb_png_options *options,
                             wb_png_scratch *scratch, wb_png_idat *idat);

/* Level 0 to 9, by libdeflate or zlib. */
wb_status wb_png_stream_level(const wb_raster *raster, const wb_png_options *options,
                              wb_png_scratch *scratch, wb_png_idat *idat, wb_error *error);

#endif
