/* Tests of the probe: every format, whole, cut at every byte, fed in pieces, and damaged.
 * In: samples. Out: an exit code. Ownership: each test frees what it makes. */
#include "probe/probe.h"

#include "check.h"
#include "samples.h"
#include "support.h"

/* The file is taken, however it comes. */
static void check_taken(wb_bytes file, wb_format format, size_t width, size_t height)
{
    for (size_t piece = 1; piece <= file.size_bytes + 96; piece = piece * 97) {
        wb_probe_result result;
        wb_error error = {{0}};
        CHECK_OK(probe_pieces(file.data, file.size_bytes, piece, &result, &error), error);
        CHECK_EQUAL(result.format, format);
        CHECK_EQUAL(result.width, width);
        CHECK_EQUAL(result.height, height);
    }
    wb_bytes_free(&file);
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
    const size_t needed_bytes = file.size_bytes - (format == WB_FORMAT_GIF); /* but its trailer */
    for (size_t cut = 1; cut < needed_bytes; cut++)
        for (size_t piece = 1; piece <= file.size_bytes; piece = piece * 97) {
            error.detail[0] = '\0';
            CHECK_STATUS(probe_pieces(file.data, cut, piece, &result, &error), WB_TRUNCATED, error);
            char end[40];
            snprintf(end, sizeof end, "end at byte %zu", cut);
            CHECK_TEXT(error.detail, end);
            CHECK_EQUAL(result.format, WB_FORMAT_UNKNOWN);
        }
    put_text(&file, "what comes after the end");
    check_taken(file, format, width, height);
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

/* A sample with more bytes before `offset`. */
static wb_bytes insert(wb_bytes file, size_t offset, const void *data, size_t size_bytes)
{
    wb_bytes longer = {0};
    put_bytes(&longer, file.data, offset);
    put_bytes(&longer, data, size_bytes);
    put_bytes(&longer, file.data + offset, file.size_bytes - offset);
    wb_bytes_free(&file);
    return longer;
}

/* A sample up to its last `size_bytes`. */
static wb_bytes without_end(wb_bytes file, size_t size_bytes)
{
    file.size_bytes -= size_bytes;
    return file;
}

static wb_bytes text_file(const char *text)
{
    wb_bytes file = {0};
    put_text(&file, text);
    return file;
}

static const uint8_t *noise(void)
{
    static uint8_t pixels[64 * 64 * 4];
    uint64_t random = 11;
    random_fill(&random, pixels, sizeof pixels);
    return pixels;
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

/* Whole but for one more chunk before IEND, whose CRC is wrong; its `type` is four letters. */
static wb_bytes png_with_fault(const char *type)
{
    enum { END_BYTES = 12 };
    wb_bytes chunk = {0}, file = some_png();
    put_png_chunk(&chunk, type, "abcd", 4);
    chunk.data[chunk.size_bytes - 1] ^= 1;
    file = insert(file, file.size_bytes - END_BYTES, chunk.data, chunk.size_bytes);
    wb_bytes_free(&chunk);
    return file;
}

static void test_png_faults_after_the_pixels(void)
{
    check_taken(png_with_fault("tEXt"), WB_FORMAT_PNG, 5, 7);
    check_taken(png_with_fault("prVt"), WB_FORMAT_PNG, 5, 7);
    check_refused(png_with_fault("iDAT"), WB_DAMAGED, "chunk iDAT"); /* the end of the pixels */
    check_refused(png_with_fault("fdAT"), WB_DAMAGED, "chunk fdAT"); /* a frame */
    check_refused(png_with_fault("IDAT"), WB_DAMAGED, "chunk IDAT");
    check_refused(png_with_fault("ABCD"), WB_DAMAGED, "chunk ABCD");
    wb_bytes file = png_with_fault("tEXt"), more = {0};
    put_png_chunk(&more, "IDAT", "abcd", 4);
    check_refused(insert(file, file.size_bytes - 12, more.data, more.size_bytes), WB_DAMAGED,
                  "pixels after a chunk");
    wb_bytes_free(&more);
}

static void test_png_with_too_little_data(void)
{
    wb_bytes file = png_header_only(5000, 5000, 16, 6, 0);
    put_png_chunk(&file, "IDAT", noise(), 4096);
    put_png_chunk(&file, "IEND", NULL, 0);
    check_refused(file, WB_TRUNCATED, "4096 bytes cannot hold 5000 x 5000 pixels");
    static const uint8_t zeros[1000 * 1000] = {0}; /* the best ratio there is */
    check_taken(sample_png(8000, 1000, 1, 0, zeros, 1000), WB_FORMAT_PNG, 8000, 1000);
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

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
    check_refused(jpeg_with(0xC4, 0, "x", 1), WB_DAMAGED, "0x78c4 where a marker has to be");
    check_refused(jpeg_with(0xC4, 1, "\xbf", 1), WB_DAMAGED, "marker 0xffbf at byte");
    check_refused(jpeg_with(0xC4, 1, "\xd8", 1), WB_DAMAGED, "no place here");
    check_refused(jpeg_with(0xC4, 1, "\x00", 1), WB_DAMAGED, "0xff00 where a marker");
    check_refused(jpeg_with(0xDA, 4, "\x04", 1), WB_DAMAGED, "a scan of 4 components");
    check_refused(RAW("\xff\xd8" JPEG_FRAME "\xff\xd9"), WB_DAMAGED, "before any pixels");
    check_whole(RAW("\xff\xd8\xff\xff\xff\x01" JPEG_FRAME "\xff" JPEG_SCAN "a\xff\x00"
                    "b\xff\xd0\xff\xff\x00"
                    "c\xff\xff\xd9"),
                WB_FORMAT_JPEG, 1, 1);
}

static void test_jpeg_stray_bytes(void)
{
    static const uint8_t MARKERS[] = {0xDB, 0xC0, 0xC4, 0xDA};
    for (size_t i = 0; i < sizeof MARKERS; i++) {
        wb_bytes file = some_jpeg();
        const size_t offset = find_marker(&file, MARKERS[i]);
        check_whole(insert(file, offset, "a\0\xff\0stray bytes", 15), WB_FORMAT_JPEG, 33, 21);
    }
    wb_bytes file = some_jpeg();
    check_whole(insert(file, file.size_bytes - 2, "\0\0", 2), WB_FORMAT_JPEG, 33, 21);
}

static void test_jpeg_kinds(void)
{
    static const char SHOWN[] = "\xc0\xc1\xc2\xc9\xca",
                      OTHERS[] = "\xc3\xc5\xc6\xc7\xcb\xcd\xce\xcf";
    for (size_t i = 0; i < sizeof SHOWN - 1; i++)
        check_whole(jpeg_with(0xC0, 1, SHOWN + i, 1), WB_FORMAT_JPEG, 33, 21);
    for (size_t i = 0; i < sizeof OTHERS - 1; i++)
        check_refused(jpeg_with(0xC0, 1, OTHERS + i, 1), WB_UNSUPPORTED, "browsers do not show");
    check_refused(jpeg_with(0xC0, 4, "\x0c", 1), WB_UNSUPPORTED, "12 bits a sample");
    check_refused(jpeg_with(0xC0, 4, "\x10", 1), WB_UNSUPPORTED, "16 bits a sample");
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
    check_refused(sample_bmp(64, 8, 1, 1, 3, NULL, 0, (const uint8_t *)"1234", 4), WB_UNSUPPORTED,
                  "Huffman codes, which browsers do not show");
    check_refused(with(some_bmp(), 10, "\x20", 1), WB_DAMAGED, "byte 32, inside the header");
    check_refused(with(some_bmp(), 10, "\xff\xff\xff\xff", 4), WB_TRUNCATED, "byte 4294967295");
    wb_bytes palette = with(some_bmp(), 28, "\x08", 1);
    check_refused(with(palette, 46, "\x01\x00\x01\x00", 4), WB_DAMAGED, "65537 colours");
}

/* ---- GIF ------------------------------------------------------------------------------------- */

static void test_gif(void)
{
    enum { FRAME_BYTES = 35 /* of the sample */ };
    check_whole(sample_gif(3, 2, 1), WB_FORMAT_GIF, 3, 2);
    check_taken(sample_gif(1000, 1, 3), WB_FORMAT_GIF, 1000, 1);
    check_whole(sample_gif(0, 0, 1), WB_FORMAT_GIF, 1, 1); /* the image's own size */
    check_refused(sample_gif(3, 2, 0), WB_DAMAGED, "before any image");
    check_refused(without_end(sample_gif(3, 2, 0), 1), WB_TRUNCATED, "the data end");
    check_taken(without_end(sample_gif(3, 2, 2), 1), WB_FORMAT_GIF, 3, 2);
    check_taken(with(sample_gif(3, 2, 1), 64, "x", 1), WB_FORMAT_GIF, 3, 2);
    check_refused(without_end(sample_gif(3, 2, 1), 2), WB_TRUNCATED, "the data end");
    check_refused(without_end(sample_gif(3, 2, 2), 1 + FRAME_BYTES - 8), WB_TRUNCATED,
                  "the next block"); /* the control extension of a frame that does not come */
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
    RUN(test_png_faults_after_the_pixels);
    RUN(test_png_with_too_little_data);
    RUN(test_png_headers);
    RUN(test_png_chunks);
    RUN(test_jpeg);
    RUN(test_jpeg_markers);
    RUN(test_jpeg_stray_bytes);
    RUN(test_jpeg_kinds);
    RUN(test_bmp);
    RUN(test_bmp_headers);
    RUN(test_gif);
    RUN(test_webp);
    RUN(test_foreign);
    RUN(test_answers_stay);
    RUN(test_names);
    return 0;
}
