/* Many threads at once, from their first call on, over what they share in reality: the pixels, the
 * options, the CPU, and whatever a library makes at its first use. Under `make thread` a data race
 * is seen even where the results are right.
 * In: one array. Out: an exit code. Ownership: each thread frees what it makes. */
#include <pthread.h>

#include "check.h"
#include "base/checksum.h"
#include "files.h"
#include "convert/grid.h"
#include "convert/mask.h"
#include "image.h"
#include "support.h"

enum { THREADS = 16, ROUNDS = 2, WIDTH = 150, HEIGHT = 90, PIXELS_BYTES = WIDTH * HEIGHT * 3 };

typedef struct shared {
    pthread_mutex_t start; /* held until all threads are there */
    float values[PIXELS_BYTES];
    uint8_t labels[WIDTH * HEIGHT];
    wb_view colors; /* of the values */
    wb_view mask;   /* of the labels */
} shared;

typedef struct worker {
    pthread_t thread;
    shared *shared;
    uint32_t checksum; /* of all files it made */
} worker;

static void encode(worker *w, wb_file_type file_type, int level, wb_png_scratch *scratch)
{
    const wb_image_options options = {.file_type = file_type,
                                      .quality = 75,
                                      .png = {.compress_level = level},
                                      .machine = {.cpu = wb_cpu_detect("")}};
    wb_bytes file = {0};
    wb_image_info info;
    wb_decoded decoded;
    wb_error error = {{0}};
    CHECK_OK(wb_image_encode(&w->shared->colors, &options, scratch, &file, &info, &error), error);
    CHECK_OK(wb_image_decode(&(wb_encoded){file.data, file.size_bytes, PIXELS_BYTES, false},
                             &decoded, &error),
             error);
    w->checksum = wb_checksum_crc32(w->checksum, file.data, file.size_bytes);
    w->checksum = wb_checksum_crc32(w->checksum, decoded.pixels.data, decoded.pixels.size_bytes);
    wb_decoded_free(&decoded);
    wb_bytes_free(&file);
}

static void encode_grid(worker *w, wb_png_scratch *scratch)
{
    const wb_batch batch = {w->shared->colors, 3, 0};
    const wb_normalize normalize = {.rule = WB_NORMALIZE_TORCH};
    const wb_image_options options = {.png = {.compress_level = WB_PNG_LEVEL_FAST},
                                      .machine = {.cpu = wb_cpu_detect(NULL)}};
    wb_grid grid;
    wb_bytes file = {0};
    wb_image_info info;
    wb_error error = {{0}};
    CHECK_OK(wb_grid_init(&grid, &batch, 2, 1, &error), error);
    CHECK_OK(wb_grid_plan(&grid, &normalize, options.machine, &error), error);
    wb_raster rows = wb_grid_raster(&grid);
    CHECK_OK(wb_raster_encode(&rows, &options, scratch, &file, &info, &error), error);
    w->checksum = wb_checksum_crc32(w->checksum, file.data, file.size_bytes);
    wb_bytes_free(&file);
}

static void read_mask(worker *w)
{
    wb_bytes values = {0};
    const uint8_t *in_place;
    uint8_t present[256];
    wb_error error = {{0}};
    CHECK_OK(
        wb_mask_values(&w->shared->mask, wb_cpu_detect(NULL), &values, &in_place, present, &error),
        error);
    w->checksum = wb_checksum_adler32(w->checksum, present, sizeof present);
    wb_bytes_free(&values);
}

static void *work(void *context)
{
    worker *w = context;
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    CHECK(pthread_mutex_lock(&w->shared->start) == 0);
    CHECK(pthread_mutex_unlock(&w->shared->start) == 0);
    for (int round = 0; round < ROUNDS; round++) {
        encode(w, WB_FILE_PNG, WB_PNG_LEVEL_FAST, scratch);
        encode(w, WB_FILE_JPEG, 0, scratch);
        encode(w, WB_FILE_PNG, 6, scratch);
        encode(w, WB_FILE_BMP, 0, scratch);
        encode_grid(w, scratch);
        read_mask(w);
    }
    wb_png_scratch_free(scratch);
    return NULL;
}

static void test_many_threads(void)
{
    static shared all;
    static worker workers[THREADS];
    uint64_t random = 3;
    random_fill(&random, all.labels, sizeof all.labels);
    for (int i = 0; i < PIXELS_BYTES; i++)
        all.values[i] = (float)(i % 301) / 150 - 0.5f;
    const ptrdiff_t shape[3] = {HEIGHT, WIDTH, 3};
    const ptrdiff_t strides_bytes[3] = {WIDTH * 12, 12, 4}, packed_bytes[2] = {WIDTH, 1};
    wb_error error = {{0}};
    const wb_array colors = {.data = all.values,
                             .dtype = WB_FLOAT32,
                             .ndim = 3,
                             .shape = shape,
                             .strides_bytes = strides_bytes};
    const wb_array mask = {.data = all.labels,
                           .dtype = WB_UINT8,
                           .ndim = 2,
                           .shape = shape,
                           .strides_bytes = packed_bytes};
    CHECK_OK(wb_view_init(&all.colors, &colors, 0, &error), error);
    CHECK_OK(wb_view_init(&all.mask, &mask, 0, &error), error);
    CHECK(pthread_mutex_init(&all.start, NULL) == 0);
    CHECK(pthread_mutex_lock(&all.start) == 0);
    for (int i = 0; i < THREADS; i++) {
        workers[i].shared = &all;
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    CHECK(pthread_mutex_unlock(&all.start) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    for (int i = 1; i < THREADS; i++)
        CHECK_EQUAL(workers[i].checksum, workers[0].checksum);
    pthread_mutex_destroy(&all.start);
}

/* Large enough to be converted in parts: on any number of threads the same samples. */
static void test_values_in_parts(void)
{
    enum { TALL = 1601, COUNT = TALL * WIDTH * 5 };
    float *values = malloc(COUNT * sizeof *values);
    uint8_t *alone = malloc((size_t)COUNT * 2), *together = malloc((size_t)COUNT * 2);
    CHECK(values != NULL && alone != NULL && together != NULL);
    uint64_t random = 9;
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (float)(random_next(&random) >> 40) / 65536 - 7;
    for (int is_16_bit = 0; is_16_bit < 2; is_16_bit++) {
        const wb_normalize normalize = {.is_16_bit = is_16_bit};
        const wb_view view = {.data = (const uint8_t *)values,
                              .dtype = WB_FLOAT32,
                              .height = TALL,
                              .width = WIDTH * 5,
                              .channels = 1,
                              .row_stride_bytes = WIDTH * 5 * sizeof *values,
                              .column_stride_bytes = sizeof *values};
        for (unsigned threads = 1; threads <= 7; threads += 2) {
            const wb_machine machine = {.cpu = wb_cpu_detect(NULL), .thread_count = threads};
            uint8_t *samples = threads == 1 ? alone : together;
            wb_conversion conversion;
            wb_error error = {{0}};
            CHECK_OK(wb_conversion_plan(&conversion, &view, &normalize, machine, &error), error);
            wb_conversion_write(&conversion, machine, samples);
            CHECK(memcmp(samples, alone, (size_t)COUNT * (is_16_bit ? 2 : 1)) == 0);
        }
    }
    free(values);
    free(alone);
    free(together);
}

/* A large image of floats is converted and encoded by segments: on any number of threads it becomes
 * the same file, also where the system starts fewer. */
static void test_an_image_in_segments(void)
{
    enum { SIDE = 900, VALUES = SIDE * SIDE * 3 };
    float *values = malloc(VALUES * sizeof *values);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(values != NULL && scratch != NULL);
    for (size_t i = 0; i < VALUES; i++)
        values[i] = (float)((i * i / 97 + i / 5) % 1000) / 999;
    const wb_view view = {.data = (const uint8_t *)values,
                          .dtype = WB_FLOAT32,
                          .height = SIDE,
                          .width = SIDE,
                          .channels = 3,
                          .row_stride_bytes = SIDE * 12,
                          .column_stride_bytes = 12,
                          .channel_stride_bytes = 4};
    for (int is_16_bit = 0; is_16_bit < 2; is_16_bit++) {
        wb_bytes first = {0};
        for (unsigned threads = 1; threads <= 5; threads += 2) {
            const wb_image_options options = {
                .normalize = {.is_16_bit = is_16_bit},
                .png = {.compress_level = WB_PNG_LEVEL_FAST},
                .machine = {.cpu = wb_cpu_detect(NULL), .thread_count = threads}};
            wb_bytes file = {0};
            wb_image_info info;
            wb_error error = {{0}};
#ifdef WB_TEST_ALLOCATIONS
            if (threads == 5)
                refuse_threads_after(1);
#endif
            CHECK_OK(wb_image_encode(&view, &options, scratch, &file, &info, &error), error);
#ifdef WB_TEST_ALLOCATIONS
            allow_threads();
#endif
            if (threads == 1) {
                first = file;
                continue;
            }
            check_same_file(&file, &first);
            wb_bytes_free(&file);
        }
        wb_bytes_free(&first);
    }
    wb_png_scratch_free(scratch);
    free(values);
}

int main(void)
{
    RUN(test_many_threads);
    RUN(test_values_in_parts);
    RUN(test_an_image_in_segments);
    return 0;
}
