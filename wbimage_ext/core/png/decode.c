/* PNG through libpng, in the modes Pillow gives: low depths spread to a byte, 16 bits kept for
 * gray, for colours only on request, palettes as indices, transparency by colour key not applied.
 * In: a whole file. Out: pixels. Ownership: see pixels/decoded.h. */
#include "png/decode.h"

#include <setjmp.h>
#include <string.h>

#include <png.h>

#include "base/endian.h"

typedef struct png_decoder {
    png_structp library;
    png_infop info;
    jmp_buf escape;
    const wb_encoded *file;
    size_t position;
    wb_decoded *decoded;
    wb_status status; /* what the escape was for; WB_OK: libpng's own reason */
    wb_error *error;
} png_decoder;

_Noreturn static void decoder_escape(png_decoder *decoder, wb_status status)
{
    decoder->status = status;
    longjmp(decoder->escape, 1);
}

_Noreturn static void on_error(png_structp library, png_const_charp text)
{
    png_decoder *decoder = png_get_error_ptr(library);
    if (decoder->status == WB_OUT_OF_MEMORY)
        decoder_escape(decoder, WB_OUT_OF_MEMORY);
    decoder_escape(decoder, wb_fail(decoder->error, WB_DAMAGED, "libpng: %s", text));
}

static void on_warning(png_structp library, png_const_charp text)
{
    (void)library;
    (void)text; /* what libpng goes on after is no reason to stop, and nothing is printed */
}

/* libpng turns NULL into an error of its own words, so the reason is noted here. */
static png_voidp on_allocate(png_structp library, png_alloc_size_t size_bytes)
{
    png_decoder *decoder = png_get_mem_ptr(library);
    void *memory = wb_allocate(size_bytes);
    if (memory == NULL)
        decoder->status = WB_OUT_OF_MEMORY;
    return memory;
}

static void on_free(png_structp library, png_voidp memory)
{
    (void)library;
    wb_release(memory);
}

static void on_read(png_structp library, png_bytep target, size_t size_bytes)
{
    png_decoder *decoder = png_get_io_ptr(library);
    if (size_bytes > decoder->file->size_bytes - decoder->position)
        decoder_escape(decoder, wb_fail(decoder->error, WB_TRUNCATED, "the PNG ends at byte %zu",
                                        decoder->file->size_bytes));
    memcpy(target, decoder->file->data + decoder->position, size_bytes);
    decoder->position += size_bytes;
}

static void decoder_open(png_decoder *decoder)
{
    decoder->library = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, decoder, on_error,
                                                on_warning, decoder, on_allocate, on_free);
    if (decoder->library == NULL)
        decoder_escape(decoder, WB_OUT_OF_MEMORY);
    decoder->info = png_create_info_struct(decoder->library);
    if (decoder->info == NULL)
        decoder_escape(decoder, WB_OUT_OF_MEMORY);
    png_set_read_fn(decoder->library, decoder, on_read);
    png_set_crc_action(decoder->library, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
#ifdef PNG_HANDLE_AS_UNKNOWN_SUPPORTED
    /* Profiles, texts and the like are not inflated, not even looked at. */
    png_set_keep_unknown_chunks(decoder->library, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
#endif
#ifdef PNG_SET_USER_LIMITS_SUPPORTED
    /* The sides are checked together, against the caller's count of pixels. */
    png_set_user_limits(decoder->library, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
#endif
}

/* Asks libpng for Pillow's mode, or for 16 bits where they are kept. */
static void decoder_choose_mode(png_decoder *decoder, wb_decoded_layout *layout)
{
    const int depth = png_get_bit_depth(decoder->library, decoder->info);
    const int color_type = png_get_color_type(decoder->library, decoder->info);
    const bool is_gray = color_type == PNG_COLOR_TYPE_GRAY;
    const bool keeps_16_bits = depth == 16 && (is_gray || decoder->file->keeps_16_bits);
    layout->sample_bytes = keeps_16_bits ? 2 : 1;
    if (keeps_16_bits && !WB_IS_BIG_ENDIAN) /* as samples are; pixels are the machine's */
        png_set_swap(decoder->library);
    if (!keeps_16_bits)
        png_set_strip_16(decoder->library);
    if (color_type == PNG_COLOR_TYPE_PALETTE) {
        png_set_packing(decoder->library);
        layout->channels = 1;
        layout->mode = "P";
    } else if (is_gray) {
        png_set_expand_gray_1_2_4_to_8(decoder->library);
        layout->channels = 1;
        layout->mode = keeps_16_bits ? "I;16" : depth == 1 ? "1" : "L";
    } else if (color_type == PNG_COLOR_TYPE_RGB) {
        layout->channels = 3;
        layout->mode = keeps_16_bits ? "RGB;16" : "RGB";
    } else if (color_type == PNG_COLOR_TYPE_GRAY_ALPHA && (depth == 8 || keeps_16_bits)) {
        layout->channels = 2;
        layout->mode = keeps_16_bits ? "LA;16" : "LA";
    } else { /* gray with alpha of 16 bits becomes RGBA in Pillow */
        png_set_gray_to_rgb(decoder->library);
        layout->channels = 4;
        layout->mode = keeps_16_bits ? "RGBA;16" : "RGBA";
    }
}

/* The least a file of so many bytes before compression takes: deflate's best is a run of 258 in two
 * bits. */
static size_t least_bytes(size_t row_bytes, size_t height)
{
    size_t raw_bytes;
    return wb_multiply(row_bytes, height, &raw_bytes) ? raw_bytes / (258 * 4) : SIZE_MAX;
}

/* The pixels are there: ancillary chunks may be damaged, IEND may not. Its CRC is compared here:
 * libpng 1.6.48 and newer take it as that of any ancillary chunk. */
static void read_end(png_decoder *decoder)
{
    static const uint8_t IEND[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    png_set_crc_action(decoder->library, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
    png_read_end(decoder->library, NULL);
    if (memcmp(decoder->file->data + decoder->position - sizeof IEND, IEND, sizeof IEND) != 0)
        decoder_escape(decoder, wb_fail(decoder->error, WB_DAMAGED, "the PNG's IEND is damaged"));
}

static void decoder_read(png_decoder *decoder)
{
    wb_decoded_layout layout = {0};
    decoder_open(decoder);
    png_read_info(decoder->library, decoder->info);
    const size_t raw_row_bytes = png_get_rowbytes(decoder->library, decoder->info);
    layout.width = png_get_image_width(decoder->library, decoder->info);
    layout.height = png_get_image_height(decoder->library, decoder->info);
    layout.least_bytes = least_bytes(raw_row_bytes, layout.height);
    decoder_choose_mode(decoder, &layout);
    const int passes = png_set_interlace_handling(decoder->library);
    wb_status status = wb_decoded_allocate(decoder->decoded, decoder->file, &layout,
                                           decoder->error);
    if (status != WB_OK)
        decoder_escape(decoder, status);
    png_read_update_info(decoder->library, decoder->info);
    const size_t row_bytes = png_get_rowbytes(decoder->library, decoder->info);
    if (row_bytes != layout.width * layout.channels * layout.sample_bytes)
        png_error(decoder->library, "unexpected row size");
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < layout.height; y++)
            png_read_row(decoder->library, decoder->decoded->pixels.data + y * row_bytes, NULL);
    read_end(decoder);
}

/* The only function libpng leaves by longjmp; what it changes is all behind the pointer. */
static wb_status decoder_run(png_decoder *decoder)
{
    if (setjmp(decoder->escape) != 0)
        return decoder->status;
    decoder_read(decoder);
    return WB_OK;
}

wb_status wb_png_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error)
{
    png_decoder decoder = {.file = file, .decoded = decoded, .error = error};
    wb_status status = decoder_run(&decoder);
    if (decoder.library != NULL)
        png_destroy_read_struct(&decoder.library, &decoder.info, NULL);
    return status;
}

const char *wb_png_reader(void)
{
    return png_get_libpng_ver(NULL);
}
