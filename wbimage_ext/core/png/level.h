/* PNG at a compression level: IDAT filled by libdeflate or zlib.
 * In: a raster. Out: a zlib stream (RFC 1950) of the filtered rows.
 * Ownership: borrows the raster; appends to the file of the wb_png_idat. */
#ifndef WB_PNG_LEVEL_H
#define WB_PNG_LEVEL_H

#include "base/machine.h"
#include "pixels/raster.h"
#include "png/chunks.h"
#include "png/scratch.h"

/* `level` is 0 to 9, as zlib's. */
wb_status wb_png_stream_level(const wb_raster *raster, int level, wb_machine machine,
                              wb_png_scratch *scratch, wb_png_idat *idat, wb_error *error);

/* One line: which library serves the compression levels and the checksums, with its version. */
const char *wb_png_library(void);

#endif
