/* view -> conversion -> mode -> file, and file -> pixels.
 * In: a view or a raster, options; a file. Out: an encoded file; pixels. Ownership: see image.h. */
#include "image.h"

#include <string.h>

#include "bmp/decode.h"
#include "bmp/encode.h"
#include "convert/mask.h"
#include "jpeg/decode.h"
#include "jpeg/encode.h"
#include "png/decode.h"

wb_status wb_raster_encode(const wb_raster *raster, const wb_image_options *options,
                           wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                           wb_error *error)
{
    wb_raster in_mode;
    wb_status status = wb_mode_convert(&in_mode, raster, options->mode, error);
    if (status != WB_OK)
        return status;
    info->width = in_mode.width;
    info->height = in_mode.height;
    info->mode = (wb_mode)in_mode.channels;
    info->is_16_bit = in_mode.is_16_bit;
    if (in_mode.is_16_bit && options->file_type != WB_FILE_PNG)
        return wb_fail(error, WB_BAD_ARGUMENT, "samples of 16 bits need file_type 'png'");
    switch (options->file_type) {
    case WB_FILE_PNG:
        return wb_png_encode(&in_mode, &options->png, options->machine, scratch, file, error);
    case WB_FILE_JPEG:
        info->dropped_alpha = in_mode.channels == WB_MODE_RGBA;
        return wb_jpeg_encode(&in_mode, options->quality, file, error);
    case WB_FILE_BMP: return wb_bmp_encode(&in_mode, file, error);
    }
    return wb_fail(error, WB_BAD_ARGUMENT, "unknown file type %d", (int)options->file_type);
}

static wb_status encode_converted(const wb_raster *rows, const wb_conversion *conversion,
                                  const wb_image_options *options, wb_png_scratch *scratch,
                                  wb_bytes *file, wb_image_info *info, wb_error *error)
{
    info->found_nan = conversion->found_nan;
    info->lo = conversion->lo;
    info->hi = conversion->hi;
    info->scale_lo = conversion->scale_lo;
    info->scale_hi = conversion->scale_hi;
    return wb_raster_encode(rows, options, scratch, file, info, error);
}

wb_status wb_image_encode(const wb_view *view, const wb_image_options *options,
                          wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                          wb_error *error)
{
    *info = (wb_image_info){0};
    wb_conversion conversion;
    wb_status status = wb_conversion_plan(&conversion, view, &options->normalize, options->machine,
                                          error);
    if (status != WB_OK)
        return status;
    wb_raster rows = wb_conversion_raster(&conversion);
    return encode_converted(&rows, &conversion, options, scratch, file, info, error);
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

/* Rows of uint8 values that lie packed. */
typedef struct packed_rows {
    const uint8_t *values;
    size_t width;
} packed_rows;

static const uint8_t *packed_row(const void *context, size_t y, uint8_t *buffer)
{
    (void)buffer;
    const packed_rows *rows = context;
    return rows->values + y * rows->width;
}

wb_status wb_mask_encode(const wb_view *view, const wb_image_options *options,
                         wb_png_scratch *scratch, wb_bytes *file, wb_image_info *info,
                         uint8_t present[256], wb_error *error)
{
    *info = (wb_image_info){.lo = 1, .scale_hi = UINT8_MAX};
    wb_bytes values = {0};
    packed_rows rows = {.width = view->width};
    wb_status status = wb_mask_values(view, options->machine.cpu, &values, &rows.values, present,
                                      error);
    if (status == WB_OK) {
        if (rows.values == NULL)
            rows.values = values.data;
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

static bool begins_with(const wb_encoded *file, const char *signature)
{
    const size_t size_bytes = strlen(signature);
    return file->size_bytes >= size_bytes && memcmp(file->data, signature, size_bytes) == 0;
}

wb_status wb_image_decode(const wb_encoded *file, wb_decoded *decoded, wb_error *error)
{
    wb_status status;
    *decoded = (wb_decoded){0};
    if (begins_with(file, "\x89PNG\r\n\x1a\n"))
        status = wb_png_decode(file, decoded, error);
    else if (begins_with(file, "\xff\xd8\xff"))
        status = wb_jpeg_decode(file, decoded, error);
    else if (begins_with(file, "BM"))
        status = wb_bmp_decode(file, decoded, error);
    else
        status = wb_fail(error, WB_UNKNOWN_FORMAT, "neither PNG nor JPEG nor BMP");
    if (status != WB_OK)
        wb_decoded_free(decoded);
    return status;
}
