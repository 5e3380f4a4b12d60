/* The pixels of a PNG in the modes Pillow gives.
 * In: a whole file. Out: pixels. Ownership: see pixels/decoded.h. */
#ifndef WB_PNG_DECODE_H
#define WB_PNG_DECODE_H

#include "pixels/decoded.h"

wb_status wb_png_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error);

/* "1.6.39": the version of libpng in use. */
const char *wb_png_reader(void);

#endif
