/* The PNG container: signature, header, palette, IDAT, end (PNG specification, section 5.6).
 * In: a raster. Out: a whole PNG file. Ownership: see png/encode.h. */
#include "png/encode.h"

#include "base/endian.h"
#include "png/chunks.h"
#include "png/fast.h"
#include "png/level.h"

static const uint8_t SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

enum {
    SIDE_MAX = 0x7fffffff, /* PNG specification, 11.2.1: a side is at most 2^31 - 1 */
    ROW_MAX_BYTES = WB_PNG_IDAT_STEP_BYTES
};

static wb_status check(const wb_raster *raster, const wb_png_options *options, wb_error *error)
{
    if (raster->width == 0 || raster->height == 0)
        return wb_fail(error, WB_EMPTY, "%zu x %zu pixels", raster->width, raster->height);
    if (raster->width > SIDE_MAX || raster->height > SIDE_MAX)
        return wb_fail(error, WB_TOO_LARGE, "%zu x %zu pixels, PNG holds %d a side", raster->width,
                       raster->height, SIDE_MAX);
    if (raster->channels < 1 || raster->channels > WB_MAX_CHANNELS)
        return wb_fail(error, WB_BAD_SHAPE, "%u channels", raster->channels);
    if (raster->width > ROW_MAX_BYTES / wb_raster_pixel_bytes(raster)) /* a product could wrap */
        return wb_fail(error, WB_TOO_LARGE, "rows of %zu pixels", raster->width);
    if (options->compress_level < WB_PNG_LEVEL_FAST || options->compress_level > 9)
        return wb_fail(error, WB_BAD_ARGUMENT, "compress_level %d is not in 0 to 9",
                       options->compress_level);
    if (options->palette_rgb == NULL)
        return WB_OK;
    if (wb_raster_pixel_bytes(raster) != 1 || options->palette_count < 1
        || options->palette_count > 256)
        return wb_fail(error, WB_BAD_ARGUMENT, "a palette of %u colours for %u channels of %d bits",
                       options->palette_count, raster->channels, raster->is_16_bit ? 16 : 8);
    return WB_OK;
}

static wb_status append_header(const wb_raster *raster, const wb_png_options *options,
                               wb_bytes *file)
{
    enum { INDEXED = 3 };
    static const uint8_t COLOUR_TYPES[WB_MAX_CHANNELS + 1] = {0, 0, 4, 2, 6};
    uint8_t header[13] = {0}; /* deflate, the five filters, not interlaced: all 0 */
    wb_store_be32(header, (uint32_t)raster->width);
    wb_store_be32(header + 4, (uint32_t)raster->height);
    header[8] = raster->is_16_bit ? 16 : 8; /* bit depth */
    header[9] = options->palette_rgb != NULL ? INDEXED : COLOUR_TYPES[raster->channels];
    wb_status status = wb_bytes_append(file, SIGNATURE, sizeof SIGNATURE);
    if (status == WB_OK)
        status = wb_png_chunk_append(file, "IHDR", header, sizeof header);
    if (status == WB_OK && options->palette_rgb != NULL)
        status = wb_png_chunk_append(file, "PLTE", options->palette_rgb,
                                     (size_t)3 * options->palette_count);
    return status;
}

static wb_status append_file(const wb_raster *raster, const wb_png_options *options,
                             wb_machine machine, wb_png_scratch *scratch, wb_bytes *file,
                             wb_error *error)
{
    wb_png_idat idat = {.file = file};
    wb_status status = append_header(raster, options, file);
    if (status == WB_OK)
        status = wb_png_idat_open(&idat);
    if (status == WB_OK)
        status = options->compress_level == WB_PNG_LEVEL_FAST
                     ? wb_png_stream_fast(raster, machine, scratch, &idat)
                     : wb_png_stream_level(raster, options->compress_level, machine, scratch, &idat,
                                           error);
    if (status == WB_OK)
        status = wb_png_idat_close(&idat);
    if (status == WB_OK)
        status = wb_png_chunk_append(file, "IEND", NULL, 0);
    return status;
}

wb_status wb_png_encode(const wb_raster *raster, const wb_png_options *options, wb_machine machine,
                        wb_png_scratch *scratch, wb_bytes *file, wb_error *error)
{
    size_t kept_bytes = file->size_bytes;
    wb_status status = check(raster, options, error);
    if (status == WB_OK)
        status = append_file(raster, options, machine, scratch, file, error);
    if (status != WB_OK)
        file->size_bytes = kept_bytes; /* half a file is of no use to anybody */
    return status;
}
