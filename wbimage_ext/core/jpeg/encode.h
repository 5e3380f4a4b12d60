/* JPEG files through libjpeg-turbo, as Pillow writes them: JFIF, baseline, 4:2:0.
 * In: a raster of 1 (gray), 3 (RGB) or 4 channels (alpha is left out), sides up to 65500.
 * Out: a whole JPEG file. Ownership: borrows the raster; appends to `file`. */
#ifndef WB_JPEG_ENCODE_H
#define WB_JPEG_ENCODE_H

#include "base/bytes.h"
#include "pixels/raster.h"

/* `quality` is 1 to 100. */
wb_status wb_jpeg_encode(const wb_raster *raster, int quality, wb_bytes *file, wb_error *error);

/* The library and the version it was built against. */
const char *wb_jpeg_library(void);

#endif
