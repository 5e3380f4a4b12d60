/* PNG files: filters and container. Pixels go to the fast entropy coder (deflate/blocks.h), or at a
 * compression level to libdeflate (zlib where it is missing).
 * In: a raster. Out: a whole PNG file (PNG specification, third edition).
 * Ownership: borrows the raster; fills `file`; `scratch` keeps working memory between calls. */
#ifndef WB_PNG_ENCODE_H
#define WB_PNG_ENCODE_H

#include "base/bytes.h"
#include "base/cpu.h"
#include "pixels/raster.h"

enum { WB_PNG_LEVEL_FAST = -1 };

typedef struct wb_png_options {
    int compress_level; /* WB_PNG_LEVEL_FAST, or 0 to 9 as zlib's levels */
    /* NULL, or 3 * palette_count bytes: indices, one channel. The palette is a colormap: its indices
     * are values, and filtered as gray is. */
    const uint8_t *palette_rgb;
    unsigned palette_count; /* 1 to 256; every index in the raster is below it */
    wb_cpu cpu;
} wb_png_options;

/* Working memory of one encode at a time; zeroed before its first use. */
typedef struct wb_png_scratch wb_png_scratch;
wb_png_scratch *wb_png_scratch_new(void);          /* NULL without memory */
void wb_png_scratch_free(wb_png_scratch *scratch); /* NULL is allowed */
/* Gives memory back when more than `limit_bytes` are held. */
void wb_png_scratch_trim(wb_png_scratch *scratch, size_t limit_bytes);

/* Appends to `file`, whose content before the call is kept. The same raster and options give the
 * same bytes on every CPU and for every `cpu` of the options. */
wb_status wb_png_encode(const wb_raster *raster, const wb_png_options *options,
                        wb_png_scratch *scratch, wb_bytes *file, wb_error *error);

/* One line: which library serves the compression levels and the checksums, with its version. */
const char *wb_png_library(void);

#endif
