/* PNG at a compression level: IDAT filled by libdeflate or zlib.
 * In: a raster and options. Out: a zlib stream (RFC 1950) of the filtered rows.
 * Ownership: borrows the raster; appends to the file of the wb_png_idat. */
#ifndef WB_PNG_LEVEL_H
#define WB_PNG_LEVEL_H

#include "pixels/raster.h"
#include "png/chunks.h"
#include "png/options.h"
#include "png/scratch.h"

/* compress_level is 0 to 9. */
wb_status wb_png_stream_level(const wb_raster *raster, const wb_png_options *options,
                              wb_png_scratch *scratch, wb_png_idat *idat, wb_error *error);

/* One line: which library serves the compression levels and the checksums, with its version. */
const char *wb_png_library(void);

#endif
