/* JPEG through libjpeg-turbo with its defaults: gray, RGB, and CMYK as Pillow gives it.
 * In: a whole file. Out: pixels. Ownership: see pixels/decoded.h. */
#include "jpeg/decode.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it first */

#include <jpeglib.h>

#include <jerror.h>

enum {
    /* A progressive file may repeat tiny scans of the whole image without end; the T.81 limit for
     * real ones is far below. */
    MAX_SCANS = 500
};

typedef struct jpeg_decoder {
    struct jpeg_decompress_struct library;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    const wb_encoded *file;
    wb_decoded *decoded;
    wb_status status; /* what the escape was for */
    wb_error *error;
} jpeg_decoder;

_Noreturn static void decoder_escape(j_common_ptr library, wb_status status)
{
    jpeg_decoder *decoder = library->client_data;
    decoder->status = status;
    longjmp(decoder->escape, 1);
}

_Noreturn static void on_error(j_common_ptr library)
{
    const jpeg_decoder *decoder = library->client_data;
    if (library->err->msg_code == JERR_OUT_OF_MEMORY)
        decoder_escape(library, WB_OUT_OF_MEMORY);
    char text[JMSG_LENGTH_MAX];
    library->err->format_message(library, text);
    decoder_escape(library, wb_fail(decoder->error, WB_DAMAGED, "libjpeg: %s", text));
}

static void on_message(j_common_ptr library, int level)
{
    (void)library;
    (void)level; /* what libjpeg goes on after is no reason to stop, and nothing is printed */
}

static void on_progress(j_common_ptr library)
{
    const jpeg_decoder *decoder = library->client_data;
    if (decoder->library.input_scan_number > MAX_SCANS)
        decoder_escape(library,
                       wb_fail(decoder->error, WB_DAMAGED, "a JPEG of over %d scans", MAX_SCANS));
}

static void on_source_start(j_decompress_ptr library)
{
    (void)library; /* the whole file is there from the start */
}

static boolean on_source_empty(j_decompress_ptr library)
{
    const jpeg_decoder *decoder = library->client_data;
    decoder_escape((j_common_ptr)library,
                   wb_fail(decoder->error, WB_TRUNCATED, "the JPEG ends at byte %zu",
                           decoder->file->size_bytes));
}

static void on_source_skip(j_decompress_ptr library, long size_bytes)
{
    struct jpeg_source_mgr *source = library->src;
    if (size_bytes <= 0)
        return;
    if ((unsigned long)size_bytes > source->bytes_in_buffer)
        on_source_empty(library);
    source->next_input_byte += size_bytes;
    source->bytes_in_buffer -= (size_t)size_bytes;
}

static void decoder_open(jpeg_decoder *decoder)
{
    j_decompress_ptr library = &decoder->library;
    jpeg_create_decompress(library);
    decoder->source = (struct jpeg_source_mgr){
        .next_input_byte = decoder->file->data,
        .bytes_in_buffer = decoder->file->size_bytes,
        .init_source = on_source_start,
        .fill_input_buffer = on_source_empty,
        .skip_input_data = on_source_skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = on_source_start,
    };
    library->src = &decoder->source;
    decoder->progress.progress_monitor = on_progress;
    library->progress = &decoder->progress;
}

/* Sets libjpeg's output to what Pillow asks for; fails for what Pillow does not read. */
static const char *decoder_choose_mode(jpeg_decoder *decoder)
{
    j_decompress_ptr library = &decoder->library;
    if (library->data_precision != 8)
        decoder_escape((j_common_ptr)library,
                       wb_fail(decoder->error, WB_UNKNOWN_FORMAT, "a JPEG of %d bits a sample",
                               library->data_precision));
    switch (library->num_components) {
    case 1: library->out_color_space = JCS_GRAYSCALE; return "L";
    case 3: library->out_color_space = JCS_RGB; return "RGB";
    case 4: library->out_color_space = JCS_CMYK; return "CMYK";
    default:
        decoder_escape((j_common_ptr)library,
                       wb_fail(decoder->error, WB_UNKNOWN_FORMAT, "a JPEG of %d components",
                               library->num_components));
    }
}

/* The least that such a file takes. A Huffman code has a bit or more a block, and of the components
 * one at least has a block for every 4 * 64 pixels; arithmetic coding knows no such bound. */
static size_t least_bytes(const struct jpeg_decompress_struct *library)
{
    size_t pixels;
    if (library->arith_code)
        return 0;
    return wb_multiply(library->image_width, library->image_height, &pixels) ? pixels / (4 * 64 * 8)
                                                                             : SIZE_MAX;
}

static void decoder_read(jpeg_decoder *decoder)
{
    j_decompress_ptr library = &decoder->library;
    decoder_open(decoder);
    jpeg_read_header(library, TRUE);
    const char *mode = decoder_choose_mode(decoder);
    const wb_decoded_layout layout = {
        .width = library->image_width,
        .height = library->image_height,
        .channels = (unsigned)library->num_components,
        .sample_bytes = 1,
        .mode = mode,
        .least_bytes = least_bytes(library),
    };
    wb_status status = wb_decoded_allocate(decoder->decoded, decoder->file, &layout,
                                           decoder->error);
    if (status != WB_OK)
        decoder_escape((j_common_ptr)library, status);
    jpeg_start_decompress(library);
    const size_t row_bytes = layout.width * layout.channels;
    while (library->output_scanline < library->output_height) {
        JSAMPROW row = decoder->decoded->pixels.data + library->output_scanline * row_bytes;
        jpeg_read_scanlines(library, &row, 1);
    }
    jpeg_finish_decompress(library);
}

/* The only function libjpeg leaves by longjmp; what it changes is all behind the pointer. */
static wb_status decoder_run(jpeg_decoder *decoder)
{
    if (setjmp(decoder->escape) != 0)
        return decoder->status;
    decoder_read(decoder);
    return WB_OK;
}

wb_status wb_jpeg_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error)
{
    jpeg_decoder decoder = {.file = file, .decoded = decoded, .error = error};
    decoder.library.client_data = &decoder;
    decoder.library.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = on_error;
    decoder.errors.emit_message = on_message;
    wb_status status = decoder_run(&decoder);
    jpeg_destroy_decompress(&decoder.library);
    if (status == WB_OK && decoded->channels == 4)
        for (size_t i = 0; i < decoded->pixels.size_bytes; i++)
            decoded->pixels.data[i] ^= 0xFF; /* Adobe stores CMYK inverted */
    return status;
}
