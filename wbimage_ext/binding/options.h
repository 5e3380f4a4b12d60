/* Python's encoding arguments -> wb_image_options.
 * In: the keyword arguments of encode and encode_grid. Out: options, or an exception that names the
 * argument, what came and what is allowed.
 * Ownership: an encode_options owns the palette that its options point to; it must not be moved. */
#ifndef WB_OPTIONS_H
#define WB_OPTIONS_H

#include <Python.h>
#include <stdbool.h>

#include "image.h"

enum {
    MAX_DIMENSION = 65500,       /* of a side of an Image; JPEG's own limit is little more */
    DECODE_MAX_PIXELS = 1 << 28, /* of a file, unless the caller says otherwise */
    PALETTE_COLORS = 256,
    PALETTE_BYTES = 3 * PALETTE_COLORS
};

/* What Python passed; NULL and None mean the default. Borrowed. */
typedef struct encode_arguments {
    const char *file_type;
    PyObject *mode;
    PyObject *normalize;
    PyObject *quality;
    PyObject *compress_level;
    PyObject *colormap;
    PyObject *nan_color;
    PyObject *bit_depth;
    PyObject *num_threads;
} encode_arguments;

typedef struct encode_options {
    wb_image_options image;
    bool has_palette;
    uint8_t palette_rgb[PALETTE_BYTES];
} encode_options;

/* `default_rule` is what normalize=True means. 0, or -1 with an exception set. */
int encode_options_parse(encode_options *options, const encode_arguments *arguments,
                         wb_normalize_rule default_rule, wb_cpu cpu);

/* An integer argument: anything with __index__ but a bool; NULL leaves `target` as it is. `needed`
 * says what would be right, for the exception. 0, or -1 with an exception set. */
int integer_parse(int *target, PyObject *object, const char *needed, int least, int most);

/* Fills a number of threads: NULL is one. */
int num_threads_parse(unsigned *num_threads, PyObject *object);

/* The same of normalize alone: True, False or None, 1 or 0, two limits. */
int normalize_parse(wb_normalize *normalize, PyObject *object, wb_normalize_rule default_rule);

#endif
