/* The formats that the probe knows, one file each.
 * In: fields. Out: sizes of images. Ownership: constant. */
#ifndef WB_PROBE_FORMATS_H
#define WB_PROBE_FORMATS_H

#include "probe/fields.h"

extern const wb_probe_format wb_probe_format_png;
extern const wb_probe_format wb_probe_format_jpeg;
extern const wb_probe_format wb_probe_format_bmp;
extern const wb_probe_format wb_probe_format_gif;
extern const wb_probe_format wb_probe_format_webp;

#endif
