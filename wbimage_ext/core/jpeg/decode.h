/* The pixels of a JPEG in the modes Pillow gives.
 * In: a whole file. Out: pixels. Ownership: see pixels/decoded.h. */
#ifndef WB_JPEG_DECODE_H
#define WB_JPEG_DECODE_H

#include "pixels/decoded.h"

wb_status wb_jpeg_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error);

#endif
