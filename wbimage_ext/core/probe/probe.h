/* Format and size of an encoded image, its structure checked to the end, without decoding it.
 * In: the file's bytes, in pieces of any length, none kept. Out: a wb_probe_result.
 * Ownership: a wb_probe is a plain struct that owns nothing; it needs no free. */
#ifndef WB_PROBE_PROBE_H
#define WB_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum wb_format {
    WB_FORMAT_UNKNOWN,
    WB_FORMAT_PNG,
    WB_FORMAT_JPEG,
    WB_FORMAT_BMP,
    WB_FORMAT_GIF,
    WB_FORMAT_WEBP
} wb_format;

typedef struct wb_probe_result {
    wb_format format;
    uint32_t width;
    uint32_t height;
} wb_probe_result;

/* "png", "jpeg", "bmp", "gif", "webp" or "unknown". */
const char *wb_format_name(wb_format format);

typedef struct wb_probe wb_probe; /* complete below, so that callers can place it where they like */

void wb_probe_init(wb_probe *probe);

/* Takes the next piece. After a failure, and after the image's end, it takes no notice of more, and
 * answers as before. */
wb_status wb_probe_feed(wb_probe *probe, const uint8_t *data, size_t size_bytes, wb_error *error);

/* Says what the bytes so far are: WB_OK and `result`, or what is missing (WB_TRUNCATED) or foreign
 * (WB_UNKNOWN_FORMAT; no byte at all counts as that). Bytes after the image's end are allowed. */
wb_status wb_probe_finish(wb_probe *probe, wb_probe_result *result, wb_error *error);

enum {
    WB_PROBE_SIGNATURE_BYTES = 12, /* enough to tell the formats apart, less than any whole image */
    WB_PROBE_FIELD_BYTES = 64      /* the longest field any format wants at once */
};

/* What each format remembers between its fields; see probe_<format>.c. */
typedef struct wb_probe_png {
    int step;
    uint32_t chunk_bytes; /* of data */
    char chunk[5];        /* its type, NUL-terminated */
    uint32_t crc;
    uint8_t color_type;
    bool has_header;
    bool has_palette;
    bool has_fault;      /* a chunk after the pixels has a wrong CRC */
    uint8_t pixel_bits;  /* of all samples of a pixel */
    uint64_t data_bytes; /* of the IDAT chunks so far */
} wb_probe_png;

typedef struct wb_probe_jpeg {
    int step;
    uint8_t marker;
    uint16_t segment_bytes;  /* without its length field */
    uint8_t component_count; /* 0 before the frame header */
    uint8_t stray[4];        /* the first bytes that came where a marker has to be */
    uint64_t stray_bytes;    /* how many came there */
    bool has_scan;
} wb_probe_jpeg;

typedef struct wb_probe_bmp {
    int step;
} wb_probe_bmp;

typedef struct wb_probe_gif {
    int step;
    bool has_image;
    bool awaits_image; /* a graphic control extension announced one */
} wb_probe_gif;

typedef struct wb_probe_webp {
    int step;
    uint64_t end;       /* of the RIFF chunk, from the file's start */
    uint64_t chunk_end; /* of the chunk inside it */
    char chunk[5];      /* its name, NUL-terminated */
    bool has_image;
} wb_probe_webp;

struct wb_probe {
    const struct wb_probe_format *format;
    wb_status status;
    wb_error failure;
    bool is_complete;
    wb_probe_result result;
    uint64_t position;   /* in the file, of the next byte */
    uint64_t pass_bytes; /* to be passed over before the next field */
    bool is_scanning;    /* passing over what has no length given: a JPEG scan */
    size_t wanted_bytes; /* of the next field */
    size_t gathered_bytes;
    uint8_t gathered[WB_PROBE_FIELD_BYTES];
    char part[32]; /* where in the structure: named in failures */
    uint64_t part_position;
    union {
        wb_probe_png png;
        wb_probe_jpeg jpeg;
        wb_probe_bmp bmp;
        wb_probe_gif gif;
        wb_probe_webp webp;
    } state;
};

#endif
