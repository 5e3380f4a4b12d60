/* The headers of a BMP file, for the one who checks a file and the one who decodes it.
 * In: the first bytes of a file. Out: size, layout and place of its pixels, bounded and consistent.
 * Ownership: a wb_bmp_header is plain numbers. */
#ifndef WB_BMP_HEADER_H
#define WB_BMP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    WB_BMP_START_BYTES = 18,     /* file header, and the size of the header after it */
    WB_BMP_MASK_COUNT = 4,       /* red, green, blue, alpha */
    WB_BMP_HEADER_MAX_BYTES = 70 /* all that wb_bmp_header_parse ever reads, masks included */
};

typedef enum wb_bmp_compression {
    WB_BMP_RGB = 0,
    WB_BMP_RLE8 = 1,
    WB_BMP_RLE4 = 2,
    WB_BMP_BITFIELDS = 3
} wb_bmp_compression;

typedef struct wb_bmp_header {
    uint32_t width;
    uint32_t height;
    bool is_top_down;
    unsigned bits; /* a pixel: 1, 4, 8, 16, 24 or 32 */
    wb_bmp_compression compression;
    uint32_t masks[WB_BMP_MASK_COUNT]; /* of WB_BMP_BITFIELDS, where `bytes` reached that far */
    uint32_t palette_offset;
    uint32_t palette_count;       /* 0 over 8 bits a pixel */
    unsigned palette_entry_bytes; /* 3 or 4: blue, green, red, nothing */
    uint32_t pixels_offset;
    uint32_t row_bytes;   /* padded to a multiple of 4 */
    uint32_t pixel_bytes; /* row_bytes * height, or what a run-length coded file says */
} wb_bmp_header;

/* How many bytes from the file's start wb_bmp_header_parse wants (at most 54), or 0 where the
 * header's size is none that is known: then this is no BMP. `start` has WB_BMP_START_BYTES. */
size_t wb_bmp_header_bytes(const uint8_t *start);

/* `bytes` are the file's first wb_bmp_header_bytes(bytes) or more; masks are read from what
 * follows. */
wb_status wb_bmp_header_parse(const uint8_t *bytes, size_t size_bytes, wb_bmp_header *header,
                              wb_error *error);

#endif
