/* Draws the pictures of pictures.h.
 * In: kind, size, seed. Out: packed pixels. Ownership: see pictures.h. */
#include "pictures.h"

#include <string.h>

#include "check.h"
#include "support.h"

typedef struct canvas {
    uint8_t *pixels;
    size_t width;
    size_t height;
    unsigned channels;
    uint64_t random;
} canvas;

static unsigned below(canvas *c, unsigned limit)
{
    return (unsigned)((random_next(&c->random) >> 32) % limit);
}

static void set_pixel(canvas *c, size_t x, size_t y, const uint8_t color[4])
{
    if (x < c->width && y < c->height)
        memcpy(c->pixels + (y * c->width + x) * c->channels, color, c->channels);
}

static void fill(canvas *c, const uint8_t color[4])
{
    for (size_t y = 0; y < c->height; y++)
        for (size_t x = 0; x < c->width; x++)
            set_pixel(c, x, y, color);
}

static void draw_gradient(canvas *c)
{
    for (size_t y = 0; y < c->height; y++)
        for (size_t x = 0; x < c->width; x++)
            for (unsigned k = 0; k < c->channels; k++)
                c->pixels[(y * c->width + x) * c->channels + k] =
                    (uint8_t)((x * (3 + k) + y * (5 - k)) / 4);
}

/* A random number that depends on its place only. */
static unsigned lattice(uint64_t seed, size_t x, size_t y, unsigned k)
{
    uint64_t state = seed ^ ((uint64_t)x << 40) ^ ((uint64_t)y << 16) ^ (k + 1);
    random_next(&state);
    return (unsigned)(random_next(&state) >> 56);
}

/* Random numbers `cell` pixels apart with straight lines between them, 0 to 255. */
static unsigned smooth(uint64_t seed, size_t x, size_t y, unsigned k, size_t cell)
{
    const size_t left = x / cell, top = y / cell, across = x % cell, down = y % cell;
    const size_t above = lattice(seed, left, top, k) * (cell - across)
                         + lattice(seed, left + 1, top, k) * across;
    const size_t below_it = lattice(seed, left, top + 1, k) * (cell - across)
                            + lattice(seed, left + 1, top + 1, k) * across;
    return (unsigned)((above * (cell - down) + below_it * down) / (cell * cell));
}

/* The channels share most of the picture, as those of a photograph do. */
static void draw_photo(canvas *c)
{
    const uint64_t seed = c->random;
    for (size_t y = 0; y < c->height; y++)
        for (size_t x = 0; x < c->width; x++) {
            const unsigned shared = smooth(seed, x, y, 0, 96) * 8 + smooth(seed, x, y, 1, 32) * 4
                                    + smooth(seed, x, y, 2, 11) * 2 + smooth(seed, x, y, 3, 4);
            for (unsigned k = 0; k < c->channels; k++)
                c->pixels[(y * c->width + x) * c->channels + k] =
                    (uint8_t)((shared + smooth(seed, x, y, 4 + k, 64) + below(c, 64)) / 17);
        }
}

static void draw_text(canvas *c)
{
    enum { GLYPHS = 40, GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7 };
    static const uint8_t ground[4] = {250, 250, 245, 255};
    static const uint8_t ink[4] = {20, 20, 30, 255}, edge[4] = {140, 140, 145, 255};
    uint64_t glyphs[GLYPHS];
    for (unsigned i = 0; i < GLYPHS; i++)
        glyphs[i] = random_next(&c->random) & random_next(&c->random);
    fill(c, ground);
    for (size_t top = 3; top < c->height; top += GLYPH_HEIGHT + 4)
        for (size_t left = 4; left + 12 < c->width; left += GLYPH_WIDTH + 2) {
            const unsigned which = below(c, GLYPHS + 8); /* the last eight are spaces */
            if (which >= GLYPHS)
                continue;
            for (unsigned i = 0; i < GLYPH_WIDTH * GLYPH_HEIGHT; i++)
                if (glyphs[which] >> i & 1)
                    set_pixel(c, left + i % GLYPH_WIDTH, top + i / GLYPH_WIDTH,
                              i % 3 == 0 ? edge : ink);
        }
}

static void draw_plot(canvas *c)
{
    static const uint8_t white[4] = {255, 255, 255, 255}, axis[4] = {38, 38, 38, 255};
    static const uint8_t colors[3][4] = {
        {31, 119, 180, 255}, {255, 127, 14, 255}, {176, 224, 230, 128}};
    fill(c, white);
    for (size_t y = c->height / 2; y < c->height * 3 / 4; y++)
        for (size_t x = c->width / 4; x < c->width / 2; x++)
            set_pixel(c, x, y, colors[2]);
    for (unsigned curve = 0; curve < 2; curve++) {
        size_t y = c->height / 2;
        for (size_t x = 0; x < c->width; x++) {
            y = y + below(c, 3) + c->height - 1;
            y %= c->height;
            set_pixel(c, x, y, colors[curve]);
            set_pixel(c, x, y + 1, colors[curve]);
        }
    }
    for (size_t x = 0; x < c->width; x++)
        set_pixel(c, x, c->height - c->height / 8, axis);
    for (size_t y = 0; y < c->height; y++)
        set_pixel(c, c->width / 8, y, axis);
}

static void draw_tiles(canvas *c)
{
    enum { TILE = 19 };
    uint8_t tile[TILE * TILE * 4];
    random_fill(&c->random, tile, sizeof tile);
    for (size_t y = 0; y < c->height; y++)
        for (size_t x = 0; x < c->width; x++)
            set_pixel(c, x, y, tile + (y % TILE * TILE + x % TILE) * 4);
}

static void draw_sparse(canvas *c)
{
    memset(c->pixels, 0, c->width * c->height * c->channels);
    for (size_t i = 0; i < c->width * c->height / 97 + 1; i++) {
        uint8_t color[4];
        random_fill(&c->random, color, sizeof color);
        const size_t x = below(c, (unsigned)c->width), y = below(c, (unsigned)c->height);
        set_pixel(c, x, y, color);
    }
}

static void draw_mask(canvas *c)
{
    const uint64_t seed = c->random;
    for (size_t y = 0; y < c->height; y++)
        for (size_t x = 0; x < c->width; x++)
            for (unsigned k = 0; k < c->channels; k++)
                c->pixels[(y * c->width + x) * c->channels + k] =
                    (uint8_t)(smooth(seed, x, y, k, 48) / 24);
}

const char *picture_name(picture_kind kind)
{
    static const char *const names[PICTURE_KINDS] = {"flat", "gradient", "noise",  "photo", "text",
                                                     "plot", "tiles",    "sparse", "mask"};
    return names[kind];
}

uint8_t *picture_new(picture_kind kind, size_t width, size_t height, unsigned channels,
                     uint64_t seed)
{
    uint8_t *pixels = malloc(width * height * channels);
    CHECK(pixels != NULL);
    canvas c = {pixels, width, height, channels, seed * 2 + 1};
    uint8_t color[4];
    switch (kind) {
    case PICTURE_FLAT:
        random_fill(&c.random, color, sizeof color);
        fill(&c, color);
        break;
    case PICTURE_GRADIENT: draw_gradient(&c); break;
    case PICTURE_NOISE: random_fill(&c.random, pixels, width * height * channels); break;
    case PICTURE_PHOTO: draw_photo(&c); break;
    case PICTURE_TEXT: draw_text(&c); break;
    case PICTURE_PLOT: draw_plot(&c); break;
    case PICTURE_TILES: draw_tiles(&c); break;
    case PICTURE_SPARSE: draw_sparse(&c); break;
    default: draw_mask(&c); break;
    }
    return pixels;
}
