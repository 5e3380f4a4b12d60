/* view -> conversion -> mode -> file, and file -> pixels.
 * In: a view or a raster, options; a file. Out: an encoded file; pixels. Ownership: see image.h. */
#include "image.h"

#include <string.h>

#include "bmp/decode.h"
#include "bmp/encode.h"
#include "convert/mask.h"
#include "pixels/elements.h"
#include "jpeg/decode.h"
#include "jpeg/encode.h"
#include "png/decode.h"

/* The encoders with one signature. */

static wb_status encode_png(const wb_raster *raster, const wb_image_options *options,
                            wb_png_scratch *scratch, wb_bytes *file, wb_error *error)
{
    return wb_png_encode(raster, &options->png, options->machine, scratch, file, error);
}

static wb_status encode_jpeg(const wb_raster *raster, const wb_image_options *options,
                             wb_png_scratch *scratch, wb_bytes *file, wb_error *error)
{
    (void)scratch;
    return wb_jpeg_encode(raster, options->quality, file, error);
}

static wb_status encode_bmp(const wb_raster *raster, const wb_image_options *options,
                            wb_png_scratch *scratch, wb_bytes *file, wb_error *error)
{
    (void)options;
    (void)scratch;
    return wb_bmp_encode(raster, file, error);
}

/* What there is to say of a file type; a new one needs a row here and a value of wb_file_type. */
typedef struct file_format {
    const char *names[2]; /* the second one may be NULL */
    const char *signature;
    bool has_alpha; /* BMP's fourth byte is written, but readers take it for padding */
    bool has_16_bits;
    wb_status (*encode)(const wb_raster *raster, const wb_image_options *options,
                        wb_png_scratch *scratch, wb_bytes *file, wb_error *error);
    wb_status (*decode)(const wb_encoded *file, wb_decoded *decoded, wb_error *error);
} file_format;

static const file_format FORMATS[] = {
    [WB_FILE_PNG] = {{"png"}, "\x89PNG\r\n\x1a\n", true, true, encode_png, wb_png_decode},
    [WB_FILE_JPEG] = {{"jpg", "jpeg"}, "\xff\xd8\xff", false, false, encode_jpeg, wb_jpeg_decode},
    [WB_FILE_BMP] = {{"bmp"}, "BM", false, false, encode_bmp, wb_bmp_decode},
};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof FORMATS[0] };

bool wb_file_type_named(const char *name, wb_file_type *file_type)
{
    for (unsigned i = 0; i < FORMAT_COUNT; i++)
        for (unsigned k = 0; k < 2 && FORMATS[i].names[k] != NULL; k++)
            if (strcmp(name, FORMATS[i].names[k]) == 0) {
                *file_type = (wb_file_type)i;
                return true;
            }
    return false;
}

wb_status wb_raster_encode(const wb_raster *raster, const wb_image_options *options,
                           wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                           wb_error *error)
{
    if ((unsigned)options->file_type >= FORMAT_COUNT)
        return wb_fail(error, WB_BAD_ARGUMENT, "unknown file type %d", (int)options->file_type);
    const file_format *format = &FORMATS[options->file_type];
    wb_raster in_mode;
    wb_status status = wb_mode_convert(&in_mode, raster, options->mode, error);
    if (status != WB_OK)
        return status;
    info->width = in_mode.width;
    info->height = in_mode.height;
    info->mode = (wb_mode)in_mode.channels;
    info->is_16_bit = in_mode.is_16_bit;
    info->dropped_alpha = in_mode.channels == WB_MODE_RGBA && !format->has_alpha;
    if (in_mode.is_16_bit && !format->has_16_bits)
        return wb_fail(error, WB_BAD_ARGUMENT, "samples of 16 bits need file_type 'png'");
    return format->encode(&in_mode, options, scratch, file, error);
}

static wb_status encode_converted(const wb_raster *rows, const wb_conversion *conversion,
                                  const wb_image_options *options, wb_png_scratch *scratch,
                                  wb_bytes *file, wb_image_info *info, wb_error *error)
{
    info->found_nan = conversion->found_nan;
    info->is_clipped = conversion->is_clipped;
    info->lo = conversion->lo;
    info->hi = conversion->hi;
    info->scale_lo = conversion->scale_lo;
    info->scale_hi = conversion->scale_hi;
    return wb_raster_encode(rows, options, scratch, file, info, error);
}

/* Rows of which each lies packed. */
typedef struct packed_rows {
    const uint8_t *samples;
    ptrdiff_t stride_bytes;
} packed_rows;

static const uint8_t *packed_row(const void *context, size_t y, uint8_t *buffer)
{
    (void)buffer;
    const packed_rows *rows = context;
    return rows->samples + (ptrdiff_t)y * rows->stride_bytes;
}

/* Encoders ask for some rows more than once. Of a small image all are converted at once, and then
 * read in place; a larger one would leave the second-level cache meanwhile. Where it is small,
 * `samples` becomes room for all of them. */
static wb_status make_room_if_small(const wb_view *view, bool is_16_bit, wb_png_scratch *scratch,
                                    uint8_t **samples)
{
    enum { SMALL_BYTES = 64 << 10 };
    const size_t row_bytes = view->width * view->channels * (is_16_bit ? 2 : 1);
    size_t size_bytes;
    if (!wb_multiply(row_bytes, view->height, &size_bytes) || size_bytes > SMALL_BYTES)
        return WB_OK;
    wb_status status = wb_bytes_renew(&scratch->samples, size_bytes);
    if (status == WB_OK)
        *samples = scratch->samples.data;
    return status;
}

wb_status wb_image_encode(const wb_view *view, const wb_image_options *options,
                          wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                          wb_error *error)
{
    *info = (wb_image_info){0};
    const wb_normalize *normalize = &options->normalize;
    const wb_machine machine = options->machine;
    wb_conversion conversion;
    uint8_t *samples = NULL;
    wb_status status = make_room_if_small(view, normalize->is_16_bit, scratch, &samples);
    if (status != WB_OK)
        return status;
    const bool is_written = samples != NULL
                            && wb_conversion_narrow(&conversion, view, normalize, machine, samples);
    if (!is_written)
        status = wb_conversion_plan(&conversion, view, normalize, machine, error);
    if (status != WB_OK)
        return status;
    wb_raster raster = wb_conversion_raster(&conversion);
    packed_rows rows = {samples, (ptrdiff_t)(raster.width * wb_raster_pixel_bytes(&raster))};
    const bool is_in_place = conversion.is_identity && wb_view_has_packed_rows(view);
    if (is_in_place)
        rows = (packed_rows){view->data, view->row_stride_bytes};
    else if (samples != NULL && !is_written)
        wb_conversion_write(&conversion, machine, samples);
    if (is_in_place || samples != NULL) {
        raster.context = &rows;
        raster.row = packed_row;
    }
    return encode_converted(&raster, &conversion, options, scratch, file, info, error);
}

wb_status wb_grid_encode(wb_grid *grid, const wb_image_options *options, wb_png_scratch *scratch,
                         wb_bytes *file, wb_image_info *info, wb_error *error)
{
    *info = (wb_image_info){0};
    wb_status status = wb_grid_plan(grid, &options->normalize, options->machine, error);
    if (status != WB_OK)
        return status;
    wb_raster rows = wb_grid_raster(grid);
    return encode_converted(&rows, &grid->conversion, options, scratch, file, info, error);
}

wb_status wb_mask_encode(const wb_view *view, const wb_image_options *options,
                         wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                         uint8_t present[256], wb_error *error)
{
    *info = (wb_image_info){.lo = 1, .scale_hi = UINT8_MAX};
    wb_bytes values = {0};
    packed_rows rows = {.stride_bytes = (ptrdiff_t)view->width};
    wb_status status = wb_mask_values(view, options->machine.cpu, &values, &rows.samples, present,
                                      error);
    if (status == WB_OK) {
        if (rows.samples == NULL)
            rows.samples = values.data;
        const wb_raster raster = {.width = view->width,
                                  .height = view->height,
                                  .channels = 1,
                                  .context = &rows,
                                  .row = packed_row};
        status = wb_raster_encode(&raster, options, scratch, file, info, error);
    }
    wb_bytes_free(&values);
    return status;
}

static const file_format *format_of(const wb_encoded *file)
{
    for (unsigned i = 0; i < FORMAT_COUNT; i++) {
        const size_t size_bytes = strlen(FORMATS[i].signature);
        if (file->size_bytes >= size_bytes
            && memcmp(file->data, FORMATS[i].signature, size_bytes) == 0)
            return &FORMATS[i];
    }
    return NULL;
}

wb_status wb_image_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error)
{
    *decoded = (wb_decoded){0};
    const file_format *format = format_of(file);
    if (format == NULL)
        return wb_fail(error, WB_UNKNOWN_FORMAT, "neither PNG nor JPEG nor BMP");
    const wb_status status = format->decode(file, decoded, error);
    if (status != WB_OK)
        wb_decoded_free(decoded);
    return status;
}
