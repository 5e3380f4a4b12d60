/* Finds the decoder of a file, and room for its pixels.
 * In: a whole file. Out: pixels. Ownership: see decode.h. */
#include "decode.h"

#include <string.h>

#include "decode_format.h"

wb_status wb_decoded_allocate(wb_decoded *decoded, const wb_encoded *file, size_t least_bytes,
                              size_t width, size_t height, unsigned channels, unsigned sample_bytes,
                              const char *mode, wb_error *error)
{
    size_t pixels, size_bytes;
    if (!wb_multiply(width, height, &pixels) || pixels > file->max_pixels)
        return wb_fail(error, WB_TOO_LARGE, "%zu x %zu pixels, over the limit of %zu", width,
                       height, file->max_pixels);
    if (least_bytes > file->size_bytes)
        return wb_fail(error, WB_TRUNCATED, "%zu bytes cannot hold %zu x %zu pixels",
                       file->size_bytes, width, height);
    if (!wb_multiply(pixels, channels * sample_bytes, &size_bytes))
        return WB_OUT_OF_MEMORY;
    wb_status status = wb_bytes_renew(&decoded->pixels, size_bytes);
    if (status != WB_OK)
        return status;
    decoded->pixels.size_bytes = size_bytes;
    decoded->width = width;
    decoded->height = height;
    decoded->channels = channels;
    decoded->sample_bytes = sample_bytes;
    strncpy(decoded->mode, mode, sizeof decoded->mode - 1);
    return WB_OK;
}

void wb_decoded_free(wb_decoded *decoded)
{
    wb_bytes_free(&decoded->pixels);
    *decoded = (wb_decoded){0};
}

static bool begins_with(const wb_encoded *file, const char *signature)
{
    const size_t size_bytes = strlen(signature);
    return file->size_bytes >= size_bytes && memcmp(file->data, signature, size_bytes) == 0;
}

wb_status wb_decode(const uint8_t *file, size_t size_bytes, size_t max_pixels, wb_decoded *decoded,
                    wb_error *error)
{
    const wb_encoded encoded = {file, size_bytes, max_pixels};
    wb_status status;
    *decoded = (wb_decoded){0};
    if (begins_with(&encoded, "\x89PNG\r\n\x1a\n"))
        status = wb_decode_png(&encoded, decoded, error);
    else if (begins_with(&encoded, "\xff\xd8\xff"))
        status = wb_decode_jpeg(&encoded, decoded, error);
    else if (begins_with(&encoded, "BM"))
        status = wb_decode_bmp(&encoded, decoded, error);
    else
        status = wb_fail(error, WB_UNKNOWN_FORMAT, "neither PNG nor JPEG nor BMP");
    if (status != WB_OK)
        wb_decoded_free(decoded);
    return status;
}
