/* The seam between the probe, which gathers fields from pieces, and the formats, which read them.
 * In: whole fields. Out: what to gather, pass over or scan next. Ownership: as the probe's. */
#ifndef WB_PROBE_FORMAT_H
#define WB_PROBE_FORMAT_H

#include "probe/probe.h"

typedef struct wb_probe_format {
    wb_format format;
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

extern const wb_probe_format wb_probe_format_png;
extern const wb_probe_format wb_probe_format_jpeg;
extern const wb_probe_format wb_probe_format_bmp;
extern const wb_probe_format wb_probe_format_gif;
extern const wb_probe_format wb_probe_format_webp;

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
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void wb_probe_enter(wb_probe *probe, uint64_t position, const char *format, ...);

/* Fails with "<title>, <part> at byte <position>: <text>". */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
wb_status
wb_probe_fail(wb_probe *probe, wb_status status, const char *format, ...);

#endif
