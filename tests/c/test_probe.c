/* Tests of the probe: every format, whole, cut at every byte, fed in pieces, and damaged.
 * In: samples. Out: an exit code. Ownership: each test frees what it makes. */
#include "probe/probe.h"

#include "check.h"
#include "samples.h"
#include "support.h"

static wb_status probe_pieces(const uint8_t *data, size_t size_bytes, size_t piece_bytes,
                              wb_probe_result *result, wb_error *error)
{
    wb_probe probe;
    wb_probe_init(&probe);
    for (size_t at = 0; at < size_bytes; at += piece_bytes) {
        const size_t left = size_bytes - at;
        if (wb_probe_feed(&probe, data + at, left < piece_bytes ? left : piece_bytes, error)
            != WB_OK)
            break;
    }
    return wb_probe_finish(&probe, result, error);
}

/* The whole file is right however it comes, with bytes after it too; every start of it is not. */
static void check_whole(wb_bytes file, wb_format format, size_t width, size_t height)
{
    static const size_t PIECES[] = {1, 2, 3, 7, 64, 1000, SIZE_MAX / 2};
    wb_probe_result result;
    wb_error error = {{0}};
    guarded memory = guarded_copy(file.data, file.size_bytes, GUARD_AFTER);
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++) {
        CHECK_OK(probe_pieces(memory.data, memory.size_bytes, PIECES[i], &result, &error), error);
        CHECK_EQUAL(result.format, format);
        CHECK_EQUAL(result.width, width);
        CHECK_EQUAL(result.height, height);
    }
    guarded_free(&memory);
    for (size_t cut = 1; cut < file.size_bytes; cut++)
        for (size_t piece = 1; piece <= file.size_bytes; piece = piece * 97) {
            error.detail[0] = '\0';
            CHECK_STATUS(probe_pieces(file.data, cut, piece, &result, &error), WB_TRUNCATED, error);
            char end[40];
            snprintf(end, sizeof end, "end at byte %zu", cut);
            CHECK_TEXT(error.detail, end);
            CHECK_EQUAL(result.format, WB_FORMAT_UNKNOWN);
        }
    put_text(&file, "what comes after the end");
    CHECK_OK(probe_pieces(file.data, file.size_bytes, 11, &result, &error), error);
    wb_bytes_free(&file);
}

static void check_refused(wb_bytes file, wb_status expected, const char *part)
{
    for (size_t piece = 1; piece <= file.size_bytes + 96; piece = piece * 97) {
        wb_probe_result result;
        wb_error error = {{0}};
        CHECK_STATUS(probe_pieces(file.data, file.size_bytes, piece, &result, &error), expected,
                     error);
        CHECK_TEXT(error.detail, part);
    }
    wb_bytes_free(&file);
}

/* Replaces bytes of a sample. */
static wb_bytes with(wb_bytes file, size_t offset, const void *data, size_t size_bytes)
{
    CHECK(offset + size_bytes <= file.size_bytes);
    memcpy(file.data + offset, data, size_bytes);
    return file;
}

static wb_bytes text_file(const char *text)
{
    wb_bytes file = {0};
    put_text(&file, text);
    return file;
}

/* ---- PNG ------------------------------------------------------------------------------------- */

static wb_bytes some_png(void)
{
    static const uint8_t rows[5 * 7 * 3] = {1, 2, 3};
    return sample_png(5, 7, 8, 2, rows, 15);
}

static void test_png(void)
{
    check_whole(some_png(), WB_FORMAT_PNG, 5, 7);
    static const uint8_t bits[3] = {0xA0, 0x40, 0xC0};
    check_whole(sample_png(3, 3, 1, 0, bits, 1), WB_FORMAT_PNG, 3, 3);
    check_whole(sample_png(3, 3, 2, 3, bits, 1), WB_FORMAT_PNG, 3, 3);
}

static void test_png_every_flip_is_seen(void)
{
    wb_bytes file = some_png();
    for (size_t bit = 0; bit < file.size_bytes * 8; bit++) {
        wb_probe_result result;
        wb_error error = {{0}};
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(probe_pieces(file.data, file.size_bytes, 50, &result, &error) != WB_OK);
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    wb_bytes_free(&file);
}

static wb_bytes png_header_only(size_t width, size_t height, unsigned depth, unsigned color_type,
                                unsigned interlace)
{
    wb_bytes file = {0};
    put_png_signature(&file);
    put_png_header(&file, width, height, depth, color_type, interlace);
    return file;
}

static void test_png_headers(void)
{
    check_refused(png_header_only(0, 1, 8, 2, 0), WB_DAMAGED, "0 x 1 pixels");
    check_refused(png_header_only(1, 0, 8, 2, 0), WB_DAMAGED, "1 x 0 pixels");
    check_refused(png_header_only(0x80000000u, 1, 8, 2, 0), WB_DAMAGED, "2147483648 x 1");
    check_refused(png_header_only(1, 1, 4, 2, 0), WB_DAMAGED, "bit depth 4 with colour type 2");
    check_refused(png_header_only(1, 1, 16, 3, 0), WB_DAMAGED, "bit depth 16");
    check_refused(png_header_only(1, 1, 8, 5, 0), WB_DAMAGED, "colour type 5");
    check_refused(png_header_only(1, 1, 8, 2, 2), WB_DAMAGED, "interlace method 2");
    check_refused(png_header_only(1, 1, 8, 2, 1), WB_TRUNCATED, "the next chunk at byte 33");
}

static void check_png_chunks(const char *types, wb_status expected, const char *part)
{
    wb_bytes file = png_header_only(1, 1, 8, 3, 0);
    for (; *types != '\0'; types += 5)
        put_png_chunk(&file, types, "abc", strncmp(types, "IEND", 4) == 0 ? 0 : 3);
    check_refused(file, expected, part);
}

static void test_png_chunks(void)
{
    check_png_chunks("IDAT,", WB_DAMAGED, "chunk IDAT at byte 33: no palette");
    check_png_chunks("PLTE,IEND,", WB_DAMAGED, "no pixels");
    check_png_chunks("PLTE,ABCD,", WB_DAMAGED, "chunk ABCD at byte 48: a critical chunk");
    check_png_chunks("aBCD,IHDR,", WB_DAMAGED, "second header");
    check_png_chunks("a1CD,", WB_DAMAGED, "its type is 61 31 43 44");
    check_png_chunks("aBCD,PLTE,IDAT,IDAT,tEXt,", WB_TRUNCATED, "the next chunk");
    check_refused(with(some_png(), 8, "\xff\xff\xff\xff", 4), WB_DAMAGED, "length of 4294967295");
    check_refused(with(some_png(), 8, "\x00\x00\x00\x0e", 4), WB_DAMAGED, "14 bytes, not 13");
    check_refused(with(some_png(), 12, "tEXt", 4), WB_DAMAGED, "the first chunk has to be IHDR");
    check_refused(with(some_png(), 43, "x", 1), WB_DAMAGED, "chunk tEXt at byte 33: its CRC is 0x");
    wb_bytes palette = png_header_only(1, 1, 8, 3, 0);
    put_png_chunk(&palette, "PLTE", "abcd", 4);
    check_refused(palette, WB_DAMAGED, "a palette of 4 bytes");
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

static const uint8_t *noise(void)
{
    static uint8_t pixels[64 * 64 * 4];
    uint64_t random = 11;
    random_fill(&random, pixels, sizeof pixels);
    return pixels;
}

static wb_bytes some_jpeg(void)
{
    return sample_jpeg(33, 21, noise(), (jpeg_kind){3, false, 0});
}

static void test_jpeg(void)
{
    check_whole(some_jpeg(), WB_FORMAT_JPEG, 33, 21);
    check_whole(sample_jpeg(9, 40, noise(), (jpeg_kind){1, false, 1}), WB_FORMAT_JPEG, 9, 40);
    check_whole(sample_jpeg(17, 20, noise(), (jpeg_kind){3, true, 1}), WB_FORMAT_JPEG, 17, 20);
    check_whole(sample_jpeg(8, 8, noise(), (jpeg_kind){4, false, 0}), WB_FORMAT_JPEG, 8, 8);
}

static size_t find_marker(const wb_bytes *file, uint8_t code)
{
    for (size_t i = 0; i + 1 < file->size_bytes; i++)
        if (file->data[i] == 0xFF && file->data[i + 1] == code)
            return i;
    CHECK_FAIL("no marker 0xff%02x", code);
}

static wb_bytes jpeg_with(uint8_t marker, size_t offset, const char *data, size_t size_bytes)
{
    wb_bytes file = some_jpeg();
    return with(file, find_marker(&file, marker) + offset, data, size_bytes);
}

static wb_bytes raw_file(const char *data, size_t size_bytes)
{
    wb_bytes file = {0};
    put_bytes(&file, data, size_bytes);
    return file;
}

#define RAW(bytes) raw_file(bytes, sizeof bytes - 1)
#define JPEG_FRAME "\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
#define JPEG_SCAN "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"

static void test_jpeg_markers(void)
{
    check_refused(jpeg_with(0xC0, 5, "\x00\x00", 2), WB_DAMAGED, "33 x 0 pixels");
    check_refused(jpeg_with(0xC0, 7, "\x00\x00", 2), WB_DAMAGED, "0 x 21 pixels");
    check_refused(jpeg_with(0xC0, 2, "\x00\x12", 2), WB_DAMAGED, "3 components in 16 bytes");
    check_refused(jpeg_with(0xC0, 2, "\x00\x01", 2), WB_DAMAGED, "a length of 1");
    check_refused(jpeg_with(0xC0, 1, "\xe5", 1), WB_DAMAGED, "a scan before the frame");
    check_refused(jpeg_with(0xC4, 1, "\xc0", 1), WB_DAMAGED, "a second frame");
    check_refused(jpeg_with(0xC4, 0, "x", 1), WB_DAMAGED, "0x78 where 0xff has to be");
    check_refused(jpeg_with(0xC4, 1, "\xbf", 1), WB_DAMAGED, "marker 0xffbf at byte");
    check_refused(jpeg_with(0xC4, 1, "\xd8", 1), WB_DAMAGED, "no place here");
    check_refused(jpeg_with(0xC4, 1, "\x00", 1), WB_DAMAGED, "no place here");
    check_refused(jpeg_with(0xDA, 4, "\x04", 1), WB_DAMAGED, "a scan of 4 components");
    check_refused(RAW("\xff\xd8" JPEG_FRAME "\xff\xd9"), WB_DAMAGED, "before any pixels");
    check_whole(RAW("\xff\xd8\xff\xff\xff\x01" JPEG_FRAME "\xff" JPEG_SCAN "a\xff\x00"
                    "b\xff\xd0\xff\xff\x00"
                    "c\xff\xff\xd9"),
                WB_FORMAT_JPEG, 1, 1);
}

/* ---- BMP ------------------------------------------------------------------------------------- */

static void test_bmp(void)
{
    static const uint8_t zeros[1024] = {0};
    check_whole(sample_bmp(40, 5, 3, 24, 0, NULL, 0, zeros, 48), WB_FORMAT_BMP, 5, 3);
    check_whole(sample_bmp(40, 5, -3, 32, 0, NULL, 0, zeros, 60), WB_FORMAT_BMP, 5, 3);
    check_whole(sample_bmp(12, 6, 2, 8, 0, zeros, 768, zeros, 16), WB_FORMAT_BMP, 6, 2);
    check_whole(sample_bmp(124, 33, 2, 1, 0, zeros, 8, zeros, 16), WB_FORMAT_BMP, 33, 2);
    check_whole(sample_bmp(108, 2, 2, 16, 3, NULL, 0, zeros, 8), WB_FORMAT_BMP, 2, 2);
    check_whole(sample_bmp(40, 9, 9, 8, 1, zeros, 1024, (const uint8_t *)"\x09\x01\x00\x01", 4),
                WB_FORMAT_BMP, 9, 9);
}

static wb_bytes some_bmp(void)
{
    static const uint8_t zeros[48] = {0};
    return sample_bmp(40, 5, 3, 24, 0, NULL, 0, zeros, 48);
}

static void test_bmp_headers(void)
{
    check_refused(with(some_bmp(), 14, "\x29", 1), WB_UNKNOWN_FORMAT, "not one of a BMP");
    check_refused(with(some_bmp(), 18, "\0\0\0\0", 4), WB_DAMAGED, "0 x 3 pixels");
    check_refused(with(some_bmp(), 18, "\0\0\0\x80", 4), WB_DAMAGED, "2147483648 x 3");
    check_refused(with(some_bmp(), 22, "\0\0\0\x80", 4), WB_DAMAGED, "5 x 2147483648");
    check_refused(with(some_bmp(), 22, "\xff\xff\xff\x7f", 4), WB_TOO_LARGE, "4 GiB");
    check_refused(with(some_bmp(), 28, "\x07", 1), WB_DAMAGED, "7 bits a pixel");
    check_refused(with(some_bmp(), 30, "\x04", 1), WB_UNKNOWN_FORMAT, "compression 4");
    check_refused(with(some_bmp(), 10, "\x20", 1), WB_DAMAGED, "byte 32, inside the header");
    check_refused(with(some_bmp(), 10, "\xff\xff\xff\xff", 4), WB_TRUNCATED, "byte 4294967295");
    wb_bytes palette = with(some_bmp(), 28, "\x08", 1);
    check_refused(with(palette, 46, "\x01\x00\x01\x00", 4), WB_DAMAGED, "65537 colours");
}

/* ---- GIF ------------------------------------------------------------------------------------- */

static void test_gif(void)
{
    check_whole(sample_gif(3, 2, 1), WB_FORMAT_GIF, 3, 2);
    check_whole(sample_gif(1000, 1, 3), WB_FORMAT_GIF, 1000, 1);
    check_whole(sample_gif(0, 0, 1), WB_FORMAT_GIF, 1, 1); /* the image's own size */
    check_refused(sample_gif(3, 2, 0), WB_DAMAGED, "before any image");
    check_refused(with(sample_gif(3, 2, 1), 4, "8", 1), WB_UNKNOWN_FORMAT, "87a or 89a");
    check_refused(with(sample_gif(3, 2, 1), 19, "x", 1), WB_DAMAGED, "0x78 begins no block");
    check_refused(with(sample_gif(0, 2, 1), 42, "\0", 1), WB_DAMAGED, "0 x 2 pixels");
    check_refused(with(sample_gif(1, 1, 1), 59, "\x0c", 1), WB_DAMAGED, "codes of 12 bits");
}

/* ---- WebP ------------------------------------------------------------------------------------ */

static void test_webp(void)
{
    check_whole(sample_webp("VP8 ", 16383, 5), WB_FORMAT_WEBP, 16383, 5);
    check_whole(sample_webp("VP8L", 1, 16384), WB_FORMAT_WEBP, 1, 16384);
    check_whole(sample_webp("VP8X", 70000, 3), WB_FORMAT_WEBP, 70000, 3);
    check_refused(with(sample_webp("VP8 ", 9, 9), 23, "\x9c", 1), WB_DAMAGED, "no key frame");
    check_refused(with(sample_webp("VP8 ", 9, 9), 20, "\x01", 1), WB_DAMAGED, "no key frame");
    check_refused(with(sample_webp("VP8 ", 9, 9), 26, "\0\0", 2), WB_DAMAGED, "0 x 9 pixels");
    check_refused(with(sample_webp("VP8L", 9, 9), 20, "x", 1), WB_DAMAGED, "lossless");
    check_refused(with(sample_webp("VP8L", 9, 9), 16, "\x04", 1), WB_DAMAGED, "4 bytes");
    check_refused(with(sample_webp("VP8L", 9, 9), 12, "abc\n", 4), WB_DAMAGED,
                  "chunk abc? at byte 12: the first has to be");
    check_refused(with(sample_webp("VP8L", 9, 9), 4, "\x05", 1), WB_DAMAGED, "a size of 5");
    check_refused(with(sample_webp("VP8L", 9, 9), 4, "\x10", 1), WB_DAMAGED,
                  "goes on after the file's size");
    check_refused(with(sample_webp("VP8L", 9, 9), 4, "\x28", 1), WB_DAMAGED,
                  "4 bytes are no chunk");
    check_refused(with(sample_webp("VP8X", 9, 9), 30, "EXIF", 4), WB_DAMAGED, "any pixels");
    check_refused(with(sample_webp("VP8X", 9, 9), 30, "VP8X", 4), WB_DAMAGED, "not the first");
}

/* ---- everything else ------------------------------------------------------------------------- */

static void test_foreign(void)
{
    check_refused(text_file(""), WB_UNKNOWN_FORMAT, "no bytes");
    check_refused(text_file("x"), WB_UNKNOWN_FORMAT, "begins with 78");
    check_refused(text_file("hello, this is no image"), WB_UNKNOWN_FORMAT, "68 65 6c 6c 6f");
    check_refused(text_file("BMW makes cars and not bitmaps"), WB_UNKNOWN_FORMAT, "BMP, header");
    check_refused(text_file("RIFF....WAVEfmt "), WB_UNKNOWN_FORMAT, "52 49 46 46");
    check_refused(text_file("RIFF"), WB_TRUNCATED, "WebP, signature at byte 0");
}

static void test_answers_stay(void)
{
    wb_probe probe;
    wb_probe_result result;
    wb_error error = {{0}};
    wb_probe_init(&probe);
    CHECK_OK(wb_probe_feed(&probe, NULL, 0, &error), error);
    wb_bytes file = png_header_only(0, 1, 8, 2, 0);
    CHECK_STATUS(wb_probe_feed(&probe, file.data, file.size_bytes, NULL), WB_DAMAGED, error);
    CHECK_STATUS(wb_probe_feed(&probe, file.data, file.size_bytes, &error), WB_DAMAGED, error);
    CHECK_TEXT(error.detail, "0 x 1 pixels");
    error.detail[0] = '\0';
    CHECK_STATUS(wb_probe_finish(&probe, &result, &error), WB_DAMAGED, error);
    CHECK_TEXT(error.detail, "PNG, chunk IHDR at byte 8: 0 x 1 pixels");
    wb_bytes_free(&file);
}

static void test_names(void)
{
    CHECK_TEXT(wb_format_name(WB_FORMAT_PNG), "png");
    CHECK_TEXT(wb_format_name(WB_FORMAT_JPEG), "jpeg");
    CHECK_TEXT(wb_format_name(WB_FORMAT_BMP), "bmp");
    CHECK_TEXT(wb_format_name(WB_FORMAT_GIF), "gif");
    CHECK_TEXT(wb_format_name(WB_FORMAT_WEBP), "webp");
    CHECK_TEXT(wb_format_name(WB_FORMAT_UNKNOWN), "unknown");
}

int main(void)
{
    RUN(test_png);
    RUN(test_png_every_flip_is_seen);
    RUN(test_png_headers);
    RUN(test_png_chunks);
    RUN(test_jpeg);
    RUN(test_jpeg_markers);
    RUN(test_bmp);
    RUN(test_bmp_headers);
    RUN(test_gif);
    RUN(test_webp);
    RUN(test_foreign);
    RUN(test_answers_stay);
    RUN(test_names);
    return 0;
}
