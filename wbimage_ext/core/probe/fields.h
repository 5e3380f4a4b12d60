/* A file that comes in pieces of any length, as fields that a format asks for one after the other.
 * In: pieces. Out: whole fields, handed to a wb_probe_format, which says what to gather, pass over
 * or scan next. Ownership: a wb_probe is a plain struct that owns nothing; it needs no free. */
#ifndef WB_PROBE_FIELDS_H
#define WB_PROBE_FIELDS_H

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

typedef struct wb_probe wb_probe; /* complete below */

enum {
    WB_PROBE_SIGNATURE_BYTES = 12, /* enough to tell the formats apart, less than any whole image */
    WB_PROBE_FIELD_BYTES = 64      /* the longest field any format wants at once */
};

/* What each format remembers between its fields; see probe/<format>.c. */
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

typedef struct wb_probe_format {
    wb_format format;
    const char *name;
    const char *title; /* begins its failures */
    char signature[WB_PROBE_SIGNATURE_BYTES + 1];
    char signature_mask[WB_PROBE_SIGNATURE_BYTES + 1]; /* 'x': the byte counts; to its NUL */
    /* Called at the file's start, with no field gathered, and then with each field asked for. It
     * ends with one or more of wb_probe_want, _pass, _scan, or with wb_probe_complete, so that
     * the probe moves on, or with a failure. */
    wb_status (*read_field)(wb_probe *probe, const uint8_t *field);
    /* NULL, or says whether the image is whole although the data end before the next field. */
    bool (*may_end)(const wb_probe *probe);
    /* NULL, or is shown what is passed over. */
    void (*see_passed)(wb_probe *probe, const uint8_t *data, size_t size_bytes);
    /* NULL, or says how many of `data` belong to the scan; ends it by wb_probe_want. */
    size_t (*scan)(wb_probe *probe, const uint8_t *data, size_t size_bytes);
} wb_probe_format;

/* Moves through the piece, field by field, until it ends, the image ends, or a field is refused. */
void wb_probe_gather(wb_probe *probe, const uint8_t *data, size_t size_bytes);

/* ---- what formats call ----------------------------------------------------------------------- */

/* The next field has `size_bytes`, at most WB_PROBE_FIELD_BYTES, 0 allowed. */
void wb_probe_want(wb_probe *probe, size_t size_bytes);
/* The same, but the field now read stays at its front. */
void wb_probe_want_more(wb_probe *probe, size_t size_bytes);
/* Before the next field, `size_bytes` are passed over. */
void wb_probe_pass(wb_probe *probe, uint64_t size_bytes);
/* Before the next field, `scan` is asked how far to go. */
void wb_probe_scan(wb_probe *probe);
/* The image is whole: `probe->result` holds its size. */
wb_status wb_probe_complete(wb_probe *probe);

/* Names the part of the file that begins at `position`. */
WB_PRINTF(3, 4) void wb_probe_enter(wb_probe *probe, uint64_t position, const char *format, ...);

/* Fails with "<title>, <part> at byte <position>: <text>". */
WB_PRINTF(3, 4) wb_status wb_probe_fail(wb_probe *probe, wb_status status, const char *format, ...);

#endif
