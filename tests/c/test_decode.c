/* Tests of the decoders: every mode, files cut at every byte, limits, and memory that runs out.
 * In: samples. Out: an exit code. Ownership: each test frees what it makes. */
#include "image.h"

#include <pthread.h>
#include <stdio.h> /* jpeglib.h needs it first */

#include <jpeglib.h>

#include "bmp/encode.h"
#include "check.h"
#include "samples.h"
#include "support.h"

enum { NO_LIMIT = 1 << 28 };

static const uint8_t *noise(void)
{
    static uint8_t pixels[64 * 64 * 8];
    uint64_t random = 17;
    random_fill(&random, pixels, sizeof pixels);
    return pixels;
}

/* Decodes from guarded memory, compares, and sees that no shorter file decodes. */
static void check_decoded(wb_bytes file, const char *mode, size_t width, size_t height,
                          const void *expected, size_t expected_bytes)
{
    wb_decoded decoded;
    wb_error error = {{0}};
    guarded memory = guarded_copy(file.data, file.size_bytes, GUARD_AFTER);
    CHECK_OK(wb_image_decode(&(wb_encoded){memory.data, memory.size_bytes, NO_LIMIT, false},
                             &decoded, &error),
             error);
    guarded_free(&memory);
    CHECK(strcmp(decoded.mode, mode) == 0);
    CHECK_EQUAL(decoded.width, width);
    CHECK_EQUAL(decoded.height, height);
    CHECK_EQUAL(width * height * decoded.channels * decoded.sample_bytes, expected_bytes);
    CHECK_EQUAL(decoded.pixels.size_bytes, expected_bytes);
    CHECK_BYTES(decoded.pixels.data, expected, expected_bytes);
    wb_decoded_free(&decoded);
    CHECK_STATUS(
        wb_image_decode(&(wb_encoded){file.data, file.size_bytes, width * height - 1, false},
                        &decoded, &error),
        WB_TOO_LARGE, error);
    CHECK(decoded.pixels.data == NULL);
    for (size_t cut = 0; cut < file.size_bytes; cut++) {
        memory = guarded_copy(file.data, cut, GUARD_AFTER);
        wb_status status = wb_image_decode(&(wb_encoded){memory.data, cut, NO_LIMIT, false},
                                           &decoded, &error);
        CHECK(status == WB_TRUNCATED || (status == WB_UNKNOWN_FORMAT && cut < 18));
        CHECK(decoded.pixels.data == NULL);
        guarded_free(&memory);
    }
    wb_bytes_free(&file);
}

/* ---- PNG ------------------------------------------------------------------------------------- */

static unsigned sample_at(const uint8_t *row, size_t index, unsigned depth)
{
    if (depth == 16)
        return (unsigned)row[2 * index] << 8 | row[2 * index + 1];
    const size_t bit = index * depth;
    return row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

/* What Pillow makes of one sample: gray spreads to a byte, 16 bits lose the low ones, indices
 * stay. */
static uint8_t to_byte(unsigned sample, unsigned depth, bool is_index)
{
    if (is_index)
        return (uint8_t)sample;
    return (uint8_t)(depth == 16 ? sample >> 8 : sample * 255 / ((1u << depth) - 1));
}

static void check_png(size_t width, size_t height, unsigned depth, unsigned color_type)
{
    static const unsigned CHANNELS[7] = {1, 0, 3, 1, 2, 0, 4};
    static const char *const MODES[7] = {"L", "", "RGB", "P", "LA", "", "RGBA"};
    const unsigned channels = CHANNELS[color_type];
    const size_t row_bytes = (width * channels * depth + 7) / 8;
    const size_t count = width * height * channels;
    uint8_t *expected = malloc(count * 4);
    CHECK(expected != NULL);
    size_t used = 0;
    const char *mode = MODES[color_type];
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = noise() + i / (width * channels) * row_bytes;
        const unsigned sample = sample_at(row, i % (width * channels), depth);
        if (depth == 16 && color_type == 0) {
            const uint16_t native = (uint16_t)sample;
            memcpy(expected + used, &native, 2);
            used += 2;
            mode = "I;16";
            continue;
        }
        const unsigned copies = depth == 16 && color_type == 4 && i % 2 == 0 ? 3 : 1;
        for (unsigned copy = 0; copy < copies; copy++)
            expected[used++] = to_byte(sample, depth, color_type == 3);
    }
    if (depth == 1 && color_type == 0)
        mode = "1";
    if (depth == 16 && color_type == 4)
        mode = "RGBA";
    check_decoded(sample_png(width, height, depth, color_type, noise(), row_bytes), mode, width,
                  height, expected, used);
    free(expected);
}

static void test_png_modes(void)
{
    static const unsigned KINDS[][2] = {{1, 0},  {2, 0}, {4, 0},  {8, 0}, {16, 0},
                                        {1, 3},  {2, 3}, {4, 3},  {8, 3}, {8, 2},
                                        {16, 2}, {8, 4}, {16, 4}, {8, 6}, {16, 6}};
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        check_png(1, 1, KINDS[i][0], KINDS[i][1]);
        check_png(13, 3, KINDS[i][0], KINDS[i][1]);
        check_png(16, 5, KINDS[i][0], KINDS[i][1]);
    }
}

/* Colour keys and alpha of a palette stay unapplied, profiles and texts unread, as damaged as
 * may be. */
static void test_png_ancillary_chunks(void)
{
    wb_bytes plain = sample_png(4, 4, 8, 0, noise(), 4), file = {0};
    const size_t header_end = 33;
    put_bytes(&file, plain.data, header_end);
    put_png_chunk(&file, "iCCP", "name\0\0no deflate stream", 23);
    put_png_chunk(&file, "tRNS", "\0\x10", 2);
    put_png_chunk(&file, "gAMA", "\0\0\0\x01", 4);
    put_bytes(&file, plain.data + header_end, plain.size_bytes - header_end);
    check_decoded(file, "L", 4, 4, noise(), 16);
    wb_bytes_free(&plain);
}

static void test_png_damage(void)
{
    wb_bytes file = sample_png(16, 16, 8, 2, noise(), 48);
    wb_decoded decoded;
    wb_error error = {{0}};
    for (size_t i = 60; i < file.size_bytes; i += 7) { /* after the header and the text */
        file.data[i] ^= 0x10;
        wb_status status = wb_image_decode(
            &(wb_encoded){file.data, file.size_bytes, NO_LIMIT, false}, &decoded, &error);
        CHECK(status == WB_DAMAGED || status == WB_TRUNCATED);
        file.data[i] ^= 0x10;
    }
    wb_bytes_free(&file);
    put_png_signature(&file);
    put_png_header(&file, 0x7FFFFFFF, 0x7FFFFFFF, 16, 6, 1);
    put_png_chunk(&file, "IDAT", "", 0);
    /* With addresses of 32 bits libpng refuses such a row by itself. */
    CHECK_STATUS(wb_image_decode(&(wb_encoded){file.data, file.size_bytes, NO_LIMIT, false},
                                 &decoded, &error),
                 sizeof(size_t) < 8 ? WB_DAMAGED : WB_TOO_LARGE, error);
    wb_bytes_free(&file);
}

/* Where a wrong CRC costs no pixels it is no reason to refuse: as in the probe. */
static void test_png_faults_around_the_pixels(void)
{
    enum { HEADER_END = 33, END_BYTES = 12 };
    wb_bytes plain = sample_png(4, 4, 8, 0, noise(), 4), chunk = {0};
    put_png_chunk(&chunk, "tIME", "1234567", 7);
    chunk.data[chunk.size_bytes - 1] ^= 1;
    for (int is_behind = 0; is_behind <= 1; is_behind++) {
        const size_t offset = is_behind ? plain.size_bytes - END_BYTES : HEADER_END;
        wb_bytes file = {0};
        wb_decoded decoded;
        wb_error error = {{0}};
        put_bytes(&file, plain.data, offset);
        put_bytes(&file, chunk.data, chunk.size_bytes);
        put_bytes(&file, plain.data + offset, plain.size_bytes - offset);
        CHECK_STATUS(wb_image_decode(&(wb_encoded){file.data, file.size_bytes, NO_LIMIT, false},
                                     &decoded, &error),
                     is_behind ? WB_OK : WB_DAMAGED, error);
        wb_decoded_free(&decoded);
        wb_bytes_free(&file);
    }
    for (size_t i = 1; i <= 4; i++) { /* the CRC of IEND, which some versions of libpng ignore */
        wb_decoded decoded;
        wb_error error = {{0}};
        plain.data[plain.size_bytes - i] ^= 1;
        CHECK_STATUS(wb_image_decode(&(wb_encoded){plain.data, plain.size_bytes, NO_LIMIT, false},
                                     &decoded, &error),
                     WB_DAMAGED, error);
        plain.data[plain.size_bytes - i] ^= 1;
    }
    wb_bytes_free(&chunk);
    wb_bytes_free(&plain);
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

static void check_jpeg(size_t width, size_t height, jpeg_kind kind)
{
    wb_bytes file = sample_jpeg(width, height, noise(), kind);
    uint8_t *expected = malloc(width * height * kind.components);
    CHECK(expected != NULL);
    struct jpeg_decompress_struct library;
    struct jpeg_error_mgr errors;
    library.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&library);
    jpeg_mem_src(&library, file.data, (unsigned long)file.size_bytes);
    jpeg_read_header(&library, TRUE);
    jpeg_start_decompress(&library);
    const size_t row_bytes = width * kind.components;
    for (size_t y = 0; y < height; y++) {
        JSAMPROW row = expected + y * row_bytes;
        jpeg_read_scanlines(&library, &row, 1);
        for (size_t i = 0; kind.components == 4 && i < row_bytes; i++)
            row[i] = (uint8_t)(255 - row[i]);
    }
    jpeg_finish_decompress(&library);
    jpeg_destroy_decompress(&library);
    const char *mode = kind.components == 1 ? "L" : kind.components == 3 ? "RGB" : "CMYK";
    check_decoded(file, mode, width, height, expected, row_bytes * height);
    free(expected);
}

static void test_jpeg_modes(void)
{
    static const unsigned COMPONENTS[] = {1, 3, 4};
    for (size_t i = 0; i < 3; i++)
        for (int progressive = 0; progressive <= 1; progressive++) {
            check_jpeg(1, 1, (jpeg_kind){COMPONENTS[i], progressive != 0, 0});
            check_jpeg(25, 18, (jpeg_kind){COMPONENTS[i], progressive != 0, 1});
        }
}

static void test_jpeg_kinds_not_read(void)
{
    static const char TWO_COMPONENTS[] = "\xff\xd8\xff\xc0\x00\x0e\x08\x00\x01\x00\x01\x02"
                                         "\x01\x11\x00\x02\x11\x00"
                                         "\xff\xda\x00\x0a\x02\x01\x00\x02\x00\x00\x3f\x00";
    wb_decoded decoded;
    wb_error error = {{0}};
    CHECK_STATUS(wb_image_decode(&(wb_encoded){(const uint8_t *)TWO_COMPONENTS,
                                               sizeof TWO_COMPONENTS - 1, NO_LIMIT, false},
                                 &decoded, &error),
                 WB_UNKNOWN_FORMAT, error);
    CHECK_TEXT(error.detail, "2 components");
}

static size_t find_last_marker(const wb_bytes *file, uint8_t code)
{
    for (size_t i = file->size_bytes - 1; i-- > 0;)
        if (file->data[i] == 0xFF && file->data[i + 1] == code)
            return i;
    CHECK_FAIL("no marker 0xff%02x", code);
}

/* Scans that repeat without end would keep a decoder busy for hours. */
static void test_jpeg_scans_are_bounded(void)
{
    wb_bytes plain = sample_jpeg(16, 16, noise(), (jpeg_kind){1, true, 0}), file = {0};
    const size_t scan = find_last_marker(&plain, 0xDA);
    const size_t end = plain.size_bytes - 2;
    put_bytes(&file, plain.data, scan);
    for (int i = 0; i < 600; i++)
        put_bytes(&file, plain.data + scan, end - scan);
    put_bytes(&file, plain.data + end, 2);
    wb_decoded decoded;
    wb_error error = {{0}};
    CHECK_STATUS(wb_image_decode(&(wb_encoded){file.data, file.size_bytes, NO_LIMIT, false},
                                 &decoded, &error),
                 WB_DAMAGED, error);
    CHECK_TEXT(error.detail, "over 500 scans");
    wb_bytes_free(&plain);
    wb_bytes_free(&file);
}

/* ---- BMP ------------------------------------------------------------------------------------- */

static void test_bmp_round_trip(void)
{
    for (unsigned channels = 1; channels <= 3; channels += 2)
        for (size_t width = 1; width < 9; width++) {
            memory_rows rows;
            wb_raster raster = memory_raster(&rows, noise(), width, 3, channels, false);
            wb_bytes file = {0};
            wb_error error = {{0}};
            CHECK_OK(wb_bmp_encode(&raster, &file, &error), error);
            check_decoded(file, channels == 1 ? "L" : "RGB", width, 3, noise(),
                          width * 3 * channels);
        }
}

static void test_bmp_kinds(void)
{
    static const uint8_t PALETTE[256 * 4] = {1, 2, 3, 0};
    static const uint8_t INDICES[] = {7, 8, 9, 0, 4, 5, 6, 0};
    check_decoded(sample_bmp(40, 3, 2, 8, 0, PALETTE, 1024, INDICES, 8), "P", 3, 2,
                  "\x04\x05\x06\x07\x08\x09", 6);
    check_decoded(sample_bmp(40, 3, -2, 8, 0, PALETTE, 1024, INDICES, 8), "P", 3, 2,
                  "\x07\x08\x09\x04\x05\x06", 6);
    check_decoded(sample_bmp(12, 3, 2, 8, 0, PALETTE, 768, INDICES, 8), "P", 3, 2,
                  "\x04\x05\x06\x07\x08\x09", 6);
    check_decoded(sample_bmp(40, 1, -2, 32, 0, NULL, 0, INDICES, 8), "RGB", 1, 2,
                  "\x09\x08\x07\x06\x05\x04", 6);
    static const uint8_t MASKS[16] = {0, 0, 0xFF, 0, 0, 0xFF, 0, 0, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF};
    check_decoded(sample_bmp(108, 1, -2, 32, 3, MASKS, 16, INDICES, 8), "RGBA", 1, 2,
                  "\x09\x08\x07\x00\x06\x05\x04\x00", 8);
    check_decoded(sample_bmp(40, 1, -2, 32, 3, MASKS, 12, INDICES, 8), "RGB", 1, 2,
                  "\x09\x08\x07\x06\x05\x04", 6);
    wb_bytes file = sample_bmp(40, 4, 1, 16, 0, NULL, 0, INDICES, 8);
    wb_decoded decoded;
    wb_error error = {{0}};
    CHECK_STATUS(wb_image_decode(&(wb_encoded){file.data, file.size_bytes, NO_LIMIT, false},
                                 &decoded, &error),
                 WB_UNKNOWN_FORMAT, error);
    CHECK_TEXT(error.detail, "16 bits");
    wb_bytes_free(&file);
}

/* Another thread changes the buffer: what was checked once is not read again. */
typedef struct changing_size {
    volatile uint8_t *header_size;
    volatile size_t changes;
    volatile bool is_over;
} changing_size;

static void *change_size(void *context)
{
    changing_size *changing = context;
    while (!changing->is_over) {
        *changing->header_size = changing->changes % 2 == 0 ? 40 : 12;
        changing->changes++;
    }
    return NULL;
}

static void test_bmp_header_changes_while_it_is_read(void)
{
    enum { TIMES = 500000 };
    wb_bytes file = sample_bmp(12, 0, 0, 24, 0, NULL, 0, NULL, 0);
    guarded memory = guarded_copy(file.data, file.size_bytes, GUARD_AFTER);
    changing_size changing = {.header_size = memory.data + 14};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, change_size, &changing) == 0);
    for (size_t times = 0; times < TIMES || changing.changes < TIMES; times++) {
        wb_decoded decoded;
        wb_error error = {{0}};
        wb_status status = wb_image_decode(
            &(wb_encoded){memory.data, memory.size_bytes, NO_LIMIT, false}, &decoded, &error);
        CHECK(status == WB_DAMAGED || status == WB_TRUNCATED);
    }
    changing.is_over = true;
    CHECK(pthread_join(thread, NULL) == 0);
    guarded_free(&memory);
    wb_bytes_free(&file);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static wb_status decode_scenario(void *context)
{
    const wb_bytes *file = context;
    wb_decoded decoded;
    wb_error error = {{0}};
    wb_status status = wb_image_decode(&(wb_encoded){file->data, file->size_bytes, NO_LIMIT, false},
                                       &decoded, &error);
    CHECK(status == WB_OK || decoded.pixels.data == NULL);
    wb_decoded_free(&decoded);
    return status;
}

static void check_allocations(const char *name, wb_bytes file)
{
    check_every_allocation(name, decode_scenario, &file);
    wb_bytes_free(&file);
}

static void test_allocations(void)
{
    check_allocations("wb_image_decode, PNG", sample_png(16, 5, 4, 3, noise(), 8));
    check_allocations("wb_image_decode, JPEG",
                      sample_jpeg(16, 16, noise(), (jpeg_kind){3, false, 0}));
    check_allocations("wb_image_decode, progressive JPEG",
                      sample_jpeg(16, 16, noise(), (jpeg_kind){3, true, 0}));
    check_allocations("wb_image_decode, BMP", sample_bmp(40, 1, 1, 24, 0, NULL, 0, noise(), 4));
}

static void test_foreign(void)
{
    wb_decoded decoded;
    wb_error error = {{0}};
    CHECK_STATUS(wb_image_decode(&(wb_encoded){NULL, 0, NO_LIMIT, false}, &decoded, &error),
                 WB_UNKNOWN_FORMAT, error);
    CHECK_STATUS(wb_image_decode(&(wb_encoded){(const uint8_t *)"GIF89a", 6, NO_LIMIT, false},
                                 &decoded, &error),
                 WB_UNKNOWN_FORMAT, error);
    CHECK_TEXT(error.detail, "neither PNG nor JPEG nor BMP");
    wb_decoded empty = {0};
    wb_decoded_free(&empty);
}

int main(void)
{
    RUN(test_png_modes);
    RUN(test_png_ancillary_chunks);
    RUN(test_png_damage);
    RUN(test_png_faults_around_the_pixels);
    RUN(test_jpeg_modes);
    RUN(test_jpeg_kinds_not_read);
    RUN(test_jpeg_scans_are_bounded);
    RUN(test_bmp_round_trip);
    RUN(test_bmp_kinds);
    RUN(test_bmp_header_changes_while_it_is_read);
    RUN(test_allocations);
    RUN(test_foreign);
    return 0;
}
