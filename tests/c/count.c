/* Does one piece of work a given number of times, for .ci/count-instructions: two runs that differ
 * in the number of times differ by the work's instructions alone.
 * In: TIMES encode FILE WIDTH HEIGHT CHANNELS (FILE: packed pixels), or TIMES convert RULE DTYPE,
 * or TIMES mask DTYPE; WBIMAGE_CPU_DISABLE. Out: nothing. Ownership: frees what it makes. */
#include <stdlib.h>

#include "base/cpu.h"
#include "check.h"
#include "convert/mask.h"
#include "image.h"
#include "support.h"
#include "values.h"

enum { VALUES_HEIGHT = 64, VALUES_WIDTH = 1024 };

static long read_number(const char *text)
{
    char *end;
    const long number = strtol(text, &end, 10);
    if (*end != '\0' || number < 0)
        CHECK_FAIL("%s is no number", text);
    return number;
}

static void encode(long times, char **arguments, wb_cpu cpu)
{
    wb_bytes pixels = file_read(arguments[0]);
    const size_t width = (size_t)read_number(arguments[1]);
    const size_t height = (size_t)read_number(arguments[2]);
    const unsigned channels = (unsigned)read_number(arguments[3]);
    CHECK_EQUAL(pixels.size_bytes, width * height * channels);
    memory_rows rows;
    wb_raster raster = memory_raster(&rows, pixels.data, width, height, channels, false);
    wb_png_scratch *scratch = wb_png_scratch_new();
    CHECK(scratch != NULL);
    const wb_png_options options = {.compress_level = WB_PNG_LEVEL_FAST};
    const wb_machine machine = {.cpu = cpu};
    for (; times > 0; times--) {
        wb_bytes file = {0};
        wb_error error = {{0}};
        CHECK_OK(wb_png_encode(&raster, &options, machine, scratch, &file, &error), error);
        wb_bytes_free(&file);
    }
    wb_png_scratch_free(scratch);
    wb_bytes_free(&pixels);
}

static wb_dtype read_dtype(const char *name)
{
    for (unsigned dtype = 0; dtype < WB_DTYPE_COUNT; dtype++)
        if (strcmp(dtype_name((wb_dtype)dtype), name) == 0)
            return (wb_dtype)dtype;
    CHECK_FAIL("%s is no dtype", name);
}

static wb_normalize read_rule(const char *name)
{
    if (strcmp(name, "default") == 0)
        return (wb_normalize){.rule = WB_NORMALIZE_DEFAULT};
    if (strcmp(name, "none") == 0)
        return (wb_normalize){.rule = WB_NORMALIZE_NONE};
    if (strcmp(name, "torch") == 0)
        return (wb_normalize){.rule = WB_NORMALIZE_TORCH};
    return (wb_normalize){.rule = WB_NORMALIZE_LIMITS, .lo = 0, .hi = 100};
}

/* VALUES_HEIGHT * VALUES_WIDTH values; the caller frees the view's data. */
static wb_view make_values(wb_dtype dtype, value_kind kind)
{
    const size_t item = wb_dtype_size_bytes(dtype);
    uint8_t *values = malloc((size_t)VALUES_HEIGHT * VALUES_WIDTH * item);
    CHECK(values != NULL);
    values_fill(values, (size_t)VALUES_HEIGHT * VALUES_WIDTH, dtype, kind, false, 1);
    return (wb_view){.data = values,
                     .dtype = dtype,
                     .height = VALUES_HEIGHT,
                     .width = VALUES_WIDTH,
                     .channels = 1,
                     .row_stride_bytes = (ptrdiff_t)(VALUES_WIDTH * item),
                     .column_stride_bytes = (ptrdiff_t)item,
                     .channel_stride_bytes = (ptrdiff_t)item};
}

static void convert(long times, char **arguments, wb_cpu cpu)
{
    const wb_normalize normalize = read_rule(arguments[0]);
    const wb_view view = make_values(read_dtype(arguments[1]), VALUES_SIGNED);
    uint8_t row[VALUES_WIDTH];
    for (; times > 0; times--) {
        wb_conversion conversion;
        wb_error error = {{0}};
        CHECK_OK(wb_conversion_plan(&conversion, &view, &normalize, one_thread(cpu), &error),
                 error);
        for (size_t y = 0; y < view.height; y++)
            wb_conversion_write_row(&conversion, &view, y, row);
    }
    free((void *)(uintptr_t)view.data);
}

static void mask(long times, char **arguments, wb_cpu cpu)
{
    const wb_view view = make_values(read_dtype(arguments[0]), VALUES_BYTES);
    for (; times > 0; times--) {
        wb_bytes values = {0};
        const uint8_t *in_place = NULL;
        uint8_t present[256] = {0};
        wb_error error = {{0}};
        CHECK_OK(wb_mask_values(&view, cpu, &values, &in_place, present, &error), error);
        wb_bytes_free(&values);
    }
    free((void *)(uintptr_t)view.data);
}

int main(int count, char **arguments)
{
    const wb_cpu cpu = wb_cpu_detect(getenv("WBIMAGE_CPU_DISABLE"));
    if (count == 7 && strcmp(arguments[2], "encode") == 0)
        encode(read_number(arguments[1]), arguments + 3, cpu);
    else if (count == 5 && strcmp(arguments[2], "convert") == 0)
        convert(read_number(arguments[1]), arguments + 3, cpu);
    else if (count == 4 && strcmp(arguments[2], "mask") == 0)
        mask(read_number(arguments[1]), arguments + 3, cpu);
    else
        CHECK_FAIL("see count.c for the arguments");
    return 0;
}
