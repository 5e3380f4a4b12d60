/* The pixels of a BMP in the modes Pillow gives.
 * In: a whole file. Out: pixels. Ownership: see pixels/decoded.h. */
#ifndef WB_BMP_DECODE_H
#define WB_BMP_DECODE_H

#include "pixels/decoded.h"

wb_status wb_bmp_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error);

#endif
