/* Changes of mode, row by row, in place in the row buffer.
 * In: rows of another raster. Out: rows of the wanted mode. Ownership: see pixels/mode.h. */
#include "pixels/mode.h"

#include <string.h>

const char *wb_mode_name(wb_mode mode)
{
    switch (mode) {
    case WB_MODE_L: return "L";
    case WB_MODE_LA: return "LA";
    case WB_MODE_RGB: return "RGB";
    case WB_MODE_RGBA: return "RGBA";
    case WB_MODE_GUESS: break;
    }
    return "";
}

const char *wb_mode_name_16(wb_mode mode)
{
    switch (mode) {
    case WB_MODE_L: return "I;16";
    case WB_MODE_LA: return "LA;16";
    case WB_MODE_RGB: return "RGB;16";
    case WB_MODE_RGBA: return "RGBA;16";
    case WB_MODE_GUESS: break;
    }
    return "";
}

/* ITU-R 601-2 luma in 16-bit fixed point, the weights and rounding of Pillow's convert. */
static uint8_t luma(const uint8_t *rgb)
{
    uint32_t sum = 19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u;
    return (uint8_t)(sum >> 16);
}

static bool has_alpha(unsigned channels)
{
    return channels == 2 || channels == 4;
}

/* Reads pixel by pixel from `row`, writes to `buffer`. They may be the same memory: a wider mode is
 * written from the last pixel back, a narrower one from the first on, so nothing is overwritten
 * before it was read. */
static void change_pixel(const uint8_t *pixel, unsigned from, uint8_t *target, unsigned to)
{
    uint8_t color[3];
    uint8_t alpha = has_alpha(from) ? pixel[from - 1] : 255;
    color[0] = pixel[0];
    color[1] = from >= 3 ? pixel[1] : pixel[0];
    color[2] = from >= 3 ? pixel[2] : pixel[0];
    if (to >= 3)
        memcpy(target, color, 3);
    else
        target[0] = from >= 3 ? luma(color) : color[0];
    if (has_alpha(to))
        target[to - 1] = alpha;
}

typedef const uint8_t *row_function(const void *context, size_t y, uint8_t *buffer);

static const uint8_t *change_row(const wb_raster *source, unsigned to, size_t y, uint8_t *buffer)
{
    const unsigned from = source->channels;
    const uint8_t *row = source->row(source->context, y, buffer);
    if (to > from)
        for (size_t x = source->width; x-- > 0;)
            change_pixel(row + x * from, from, buffer + x * to, to);
    else
        for (size_t x = 0; x < source->width; x++)
            change_pixel(row + x * from, from, buffer + x * to, to);
    return buffer;
}

static const uint8_t *row_as_l(const void *context, size_t y, uint8_t *buffer)
{
    return change_row(context, WB_MODE_L, y, buffer);
}

static const uint8_t *row_as_la(const void *context, size_t y, uint8_t *buffer)
{
    return change_row(context, WB_MODE_LA, y, buffer);
}

static const uint8_t *row_as_rgb(const void *context, size_t y, uint8_t *buffer)
{
    return change_row(context, WB_MODE_RGB, y, buffer);
}

static const uint8_t *row_as_rgba(const void *context, size_t y, uint8_t *buffer)
{
    return change_row(context, WB_MODE_RGBA, y, buffer);
}

wb_status wb_mode_convert(wb_raster *converted, const wb_raster *source, wb_mode mode,
                          wb_error *error)
{
    static row_function *const ROWS[] = {NULL, row_as_l, row_as_la, row_as_rgb, row_as_rgba};
    *converted = *source;
    if (mode == WB_MODE_GUESS || (unsigned)mode == source->channels)
        return WB_OK;
    if ((unsigned)mode >= sizeof ROWS / sizeof ROWS[0])
        return wb_fail(error, WB_BAD_ARGUMENT, "mode %d is not one of L, LA, RGB, RGBA", (int)mode);
    if (source->is_16_bit)
        return wb_fail(
            error, WB_BAD_ARGUMENT,
            "with bit_depth=16 an image of %u channels stays %s: mode %s is not possible",
            source->channels, wb_mode_name((wb_mode)source->channels), wb_mode_name(mode));
    converted->channels = (unsigned)mode;
    converted->context = source;
    converted->row = ROWS[mode];
    return WB_OK;
}
