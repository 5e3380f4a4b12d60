/* JPEG encoding: libjpeg-turbo's defaults, from the rows straight into the file's memory.
 * In: a raster. Out: bytes after `file`'s own. Ownership: see jpeg/encode.h. */
#include "jpeg/encode.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it first */
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#ifndef JCS_EXTENSIONS
#error "wbimage_ext needs libjpeg-turbo; this jpeglib.h is of another libjpeg"
#endif

enum {
    MAX_SIDE = 65500,         /* JPEG_MAX_DIMENSION, as libjpeg's jmorecfg.h is built everywhere */
    MIN_FREE_BYTES = 1 << 12, /* of output memory, whenever it is extended */
    HEADER_BYTES = 640,  /* JFIF, two tables for quantisation, four for Huffman: 623 in colour */
    GROUP_ROWS = DCTSIZE /* how many rows are handed over at a time */
};

/* One encode. libjpeg's own structs come first in `error` and `destination`, so that its callbacks
 * can be given back the whole. */
typedef struct jpeg_encoder {
    struct jpeg_compress_struct library;
    struct {
        struct jpeg_error_mgr manager;
        jmp_buf escape;
        wb_status status; /* what the escape was for */
        wb_error *detail;
    } error;
    struct {
        struct jpeg_destination_mgr manager;
        wb_bytes *file;
    } destination;
    const wb_raster *raster;
    int quality;
    uint8_t *row_buffers; /* GROUP_ROWS of them */
    size_t row_buffer_bytes;
    JSAMPROW rows[GROUP_ROWS];
} jpeg_encoder;

static jpeg_encoder *encoder_of(j_common_ptr library)
{
    return library->client_data;
}

_Noreturn static void encoder_escape(jpeg_encoder *encoder, wb_status status)
{
    encoder->error.status = status;
    longjmp(encoder->error.escape, 1);
}

_Noreturn static void on_error(j_common_ptr library)
{
    jpeg_encoder *encoder = encoder_of(library);
    if (library->err->msg_code == JERR_OUT_OF_MEMORY)
        encoder_escape(encoder, WB_OUT_OF_MEMORY);
    char text[JMSG_LENGTH_MAX];
    library->err->format_message(library, text);
    encoder_escape(encoder, wb_fail(encoder->error.detail, WB_LIBRARY_FAILED, "libjpeg: %s", text));
}

static void on_message(j_common_ptr library, int level)
{
    (void)library;
    (void)level; /* warnings and traces: nothing is printed, and an encoder has none that matter */
}

/* Offers libjpeg the free end of the file's memory. */
static void destination_offer(jpeg_encoder *encoder, size_t wanted_bytes)
{
    wb_bytes *file = encoder->destination.file;
    if (wb_bytes_reserve(file, wanted_bytes) != WB_OK)
        encoder_escape(encoder, WB_OUT_OF_MEMORY);
    encoder->destination.manager.next_output_byte = file->data + file->size_bytes;
    encoder->destination.manager.free_in_buffer = file->capacity_bytes - file->size_bytes;
}

/* Photographs take about a bit and a half a pixel at quality 75; memory that stays untouched is
 * cheap, moving what was written is not. */
static void on_start(j_compress_ptr library)
{
    jpeg_encoder *encoder = encoder_of((j_common_ptr)library);
    size_t pixels = encoder->raster->width * encoder->raster->height; /* both at most MAX_SIDE */
    destination_offer(encoder, HEADER_BYTES + MIN_FREE_BYTES + pixels / 4);
}

/* Called when the offered memory is full: all of it, whatever the manager's counters say. */
static boolean on_full(j_compress_ptr library)
{
    jpeg_encoder *encoder = encoder_of((j_common_ptr)library);
    encoder->destination.file->size_bytes = encoder->destination.file->capacity_bytes;
    destination_offer(encoder, MIN_FREE_BYTES);
    return TRUE;
}

static void on_end(j_compress_ptr library)
{
    jpeg_encoder *encoder = encoder_of((j_common_ptr)library);
    wb_bytes *file = encoder->destination.file;
    file->size_bytes = file->capacity_bytes - encoder->destination.manager.free_in_buffer;
}

static void encoder_set_up(jpeg_encoder *encoder)
{
    static const J_COLOR_SPACE COLOR_SPACES[] = {
        [1] = JCS_GRAYSCALE, [3] = JCS_RGB, [4] = JCS_EXT_RGBX};
    j_compress_ptr library = &encoder->library;
    jpeg_create_compress(library);
    library->dest = &encoder->destination.manager;
    library->image_width = (JDIMENSION)encoder->raster->width;
    library->image_height = (JDIMENSION)encoder->raster->height;
    library->input_components = (int)encoder->raster->channels;
    library->in_color_space = COLOR_SPACES[encoder->raster->channels];
    jpeg_set_defaults(library);
    jpeg_set_quality(library, encoder->quality, TRUE);
    library->raw_data_in = encoder->raster->channels == 1;
}

/* Gray samples go to the transform as they are ("raw data" in libjpeg's words): its way through
 * colour conversion and down-sampling would copy them twice. It reads whole blocks then, so a
 * row that ends inside one is continued with its last sample, as libjpeg does. */
static JSAMPROW continue_row(const uint8_t *row, size_t width, uint8_t *buffer)
{
    if (row != buffer)
        memcpy(buffer, row, width);
    memset(buffer + width, buffer[width - 1], DCTSIZE);
    return buffer;
}

/* Sets `rows` to the rows from `y` on, and what is missing below the last to the last. */
static JDIMENSION encoder_gather(jpeg_encoder *encoder, JDIMENSION y)
{
    const wb_raster *raster = encoder->raster;
    const JDIMENSION left = encoder->library.image_height - y;
    const JDIMENSION count = left < GROUP_ROWS ? left : GROUP_ROWS;
    const bool continues = raster->channels == 1 && raster->width % DCTSIZE != 0;
    for (JDIMENSION i = 0; i < GROUP_ROWS; i++) {
        uint8_t *buffer = encoder->row_buffers + i * encoder->row_buffer_bytes;
        if (i >= count) {
            encoder->rows[i] = encoder->rows[count - 1];
            continue;
        }
        const uint8_t *row = raster->row(raster->context, y + i, buffer);
        encoder->rows[i] = continues ? continue_row(row, raster->width, buffer)
                                     : (JSAMPROW)(uintptr_t)row; /* libjpeg only reads it */
    }
    return count;
}

/* The only function libjpeg leaves by longjmp; what it changes is all behind the pointer. */
static wb_status encoder_run(jpeg_encoder *encoder)
{
    if (setjmp(encoder->error.escape) != 0)
        return encoder->error.status;
    encoder_set_up(encoder);
    jpeg_start_compress(&encoder->library, TRUE);
    while (encoder->library.next_scanline < encoder->library.image_height) {
        JDIMENSION count = encoder_gather(encoder, encoder->library.next_scanline);
        if (encoder->library.raw_data_in) {
            JSAMPARRAY plane = encoder->rows;
            jpeg_write_raw_data(&encoder->library, &plane, GROUP_ROWS);
        } else {
            jpeg_write_scanlines(&encoder->library, encoder->rows, count);
        }
    }
    jpeg_finish_compress(&encoder->library);
    return WB_OK;
}

static wb_status check_arguments(const wb_raster *raster, int quality, wb_error *error)
{
    if (raster->width == 0 || raster->height == 0)
        return wb_fail(error, WB_EMPTY, "an image of %zu x %zu pixels", raster->width,
                       raster->height);
    if (raster->width > MAX_SIDE || raster->height > MAX_SIDE)
        return wb_fail(error, WB_TOO_LARGE, "%zu x %zu pixels, a side of a JPEG is at most %d",
                       raster->width, raster->height, MAX_SIDE);
    if (raster->channels != 1 && raster->channels != 3 && raster->channels != 4)
        return wb_fail(error, WB_BAD_ARGUMENT, "a JPEG takes 1, 3 or 4 channels, not %u",
                       raster->channels);
    if (quality < 1 || quality > 100)
        return wb_fail(error, WB_BAD_ARGUMENT, "quality is %d, it must be 1 to 100", quality);
    return WB_OK;
}

wb_status wb_jpeg_encode(const wb_raster *raster, int quality, wb_bytes *file, wb_error *error)
{
    wb_status status = check_arguments(raster, quality, error);
    if (status != WB_OK)
        return status;
    const size_t kept_bytes = file->size_bytes;
    jpeg_encoder encoder = {.raster = raster, .quality = quality};
    encoder.library.client_data = &encoder;
    encoder.library.err = jpeg_std_error(&encoder.error.manager);
    encoder.error.manager.error_exit = on_error;
    encoder.error.manager.emit_message = on_message;
    encoder.error.detail = error;
    encoder.destination.manager.init_destination = on_start;
    encoder.destination.manager.empty_output_buffer = on_full;
    encoder.destination.manager.term_destination = on_end;
    encoder.destination.file = file;
    encoder.row_buffer_bytes = wb_raster_buffer_bytes(raster);
    encoder.row_buffers = wb_allocate(GROUP_ROWS * encoder.row_buffer_bytes);
    if (encoder.row_buffers == NULL)
        status = WB_OUT_OF_MEMORY;
    else
        status = encoder_run(&encoder);
    jpeg_destroy_compress(&encoder.library);
    wb_release(encoder.row_buffers);
    if (status != WB_OK)
        file->size_bytes = kept_bytes;
    return status;
}

#define TEXT_OF(token) #token
#define VERSION_TEXT(token) TEXT_OF(token)

const char *wb_jpeg_library(void)
{
    return "libjpeg-turbo " VERSION_TEXT(LIBJPEG_TURBO_VERSION);
}
