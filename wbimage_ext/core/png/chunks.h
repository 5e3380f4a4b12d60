/* The chunks of a PNG file, and the IDAT chunk that is being written.
 * In: data. Out: chunks at the end of a file. Ownership: borrows the data; appends to the file. */
#ifndef WB_PNG_CHUNKS_H
#define WB_PNG_CHUNKS_H

#include "base/bytes.h"

/* A whole chunk; `type` has four letters. */
wb_status wb_png_chunk_append(wb_bytes *file, const char *type, const uint8_t *data,
                              size_t size_bytes);

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

#endif
