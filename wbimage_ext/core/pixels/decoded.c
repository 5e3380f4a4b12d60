/* Room for decoded pixels, once their number is checked.
 * In: a layout. Out: memory. Ownership: see pixels/decoded.h. */
#include "pixels/decoded.h"

#include <string.h>

wb_status wb_decoded_allocate(wb_decoded *decoded, const wb_encoded *file,
                              const wb_decoded_layout *layout, wb_error *error)
{
    size_t pixels, size_bytes;
    if (!wb_multiply(layout->width, layout->height, &pixels) || pixels > file->max_pixels)
        return wb_fail(error, WB_TOO_LARGE, "%zu x %zu pixels, over the limit of %zu",
                       layout->width, layout->height, file->max_pixels);
    if (layout->least_bytes > file->size_bytes)
        return wb_fail(error, WB_TRUNCATED, "%zu bytes cannot hold %zu x %zu pixels",
                       file->size_bytes, layout->width, layout->height);
    if (!wb_multiply(pixels, layout->channels * layout->sample_bytes, &size_bytes))
        return WB_OUT_OF_MEMORY;
    wb_status status = wb_bytes_renew(&decoded->pixels, size_bytes);
    if (status != WB_OK)
        return status;
    decoded->pixels.size_bytes = size_bytes;
    decoded->width = layout->width;
    decoded->height = layout->height;
    decoded->channels = layout->channels;
    decoded->sample_bytes = layout->sample_bytes;
    strncpy(decoded->mode, layout->mode, sizeof decoded->mode - 1);
    return WB_OK;
}

void wb_decoded_free(wb_decoded *decoded)
{
    wb_bytes_free(&decoded->pixels);
    *decoded = (wb_decoded){0};
}
