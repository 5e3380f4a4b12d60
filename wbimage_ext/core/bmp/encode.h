/* BMP files, byte for byte as Pillow writes them: BITMAPINFOHEADER, bottom row first, a gray
 * palette for one channel, 24 bits for RGB, 32 for RGBA.
 * In: a raster of 1, 3 or 4 channels. Out: a whole BMP file.
 * Ownership: borrows the raster; appends to `file`. */
#ifndef WB_BMP_ENCODE_H
#define WB_BMP_ENCODE_H

#include "base/bytes.h"
#include "pixels/raster.h"

wb_status wb_bmp_encode(const wb_raster *raster, wb_bytes *file, wb_error *error);

#endif
