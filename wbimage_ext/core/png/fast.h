/* The fast way to fill IDAT: as fast as can be at the size of zlib's level 6.
 * In: a raster. Out: a zlib stream (RFC 1950) of the filtered rows.
 * Ownership: borrows the raster; appends to the file of the wb_png_idat. */
#ifndef WB_PNG_FAST_H
#define WB_PNG_FAST_H

#include "base/machine.h"
#include "pixels/raster.h"
#include "png/chunks.h"
#include "png/scratch.h"

wb_status wb_png_stream_fast(const wb_raster *raster, wb_machine machine, wb_png_scratch *scratch,
                             wb_png_idat *idat);

#endif
