/* PNG files: the container around pixels that are compressed the fast way (png/fast.h) or at a
 * compression level (png/level.h).
 * In: a raster. Out: a whole PNG file (PNG specification, third edition).
 * Ownership: borrows the raster; fills `file`; `scratch` keeps working memory between calls. */
#ifndef WB_PNG_ENCODE_H
#define WB_PNG_ENCODE_H

#include "base/bytes.h"
#include "base/machine.h"
#include "pixels/raster.h"
#include "png/options.h"
#include "png/scratch.h"

/* Appends to `file`, whose content before the call is kept. The same raster and options give the
 * same bytes on every machine. */
wb_status wb_png_encode(const wb_raster *raster, const wb_png_options *options, wb_machine machine,
                        wb_png_scratch *scratch, wb_bytes *file, wb_error *error);

#endif
