/* The rule of wandb.Image.to_uint8, with lo and hi the smallest and the largest value:
 *
 *     if lo < 0:   data = (data - lo) / (hi - lo)
 *     if hi <= 1:  data = trunc(data * 255)          # hi after the line above
 *     result = trunc(clip(data, 0, 255)) as uint8
 *
 * in NumPy's arithmetic: floats in their own type, rounded after each operation, integers and bool
 * in double. It differs from NumPy only where that overflows or gives NaN. Integers never wrap. NaN
 * and infinities do not count for lo and hi; NaN becomes 0, +inf 255, -inf 0. hi == lo < 0 gives 0.
 * Where hi - lo would overflow, all values are halved first.
 * In: a view and how to normalise it. Out: a plan, then rows. Ownership: see convert.h. */
#include "convert/convert.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/endian.h"
#include "base/floats.h"
#include "base/threads.h"
#include "convert/range.h"
#include "pixels/elements.h"

enum {
    CHUNK_PIXELS = 256, /* gathered or converted at a time: 8 KB, in the first-level cache */
    MAX_SAMPLE_BYTES = 2,
    NARROWED_VALUES = 4096, /* between two questions whether all of them fit */
    /* A thread starts in about 30 microseconds, in which a core converts some 100,000 values. */
    PARALLEL_VALUES = 1 << 20,
    GROUP_VALUES = 1 << 17 /* of one task */
};

/* The largest sample. */
static uint16_t full_scale(const wb_conversion *conversion)
{
    return conversion->normalize.is_16_bit ? UINT16_MAX : UINT8_MAX;
}

static size_t sample_bytes(const wb_conversion *conversion)
{
    return conversion->normalize.is_16_bit ? 2 : 1;
}

/* Integers that need no division: clipped to 0..ceiling, times factor. */
static void plan_clip(wb_conversion *conversion, uint16_t ceiling, uint16_t factor)
{
    const wb_view *view = &conversion->view;
    conversion->arithmetic.ceiling = view->dtype == WB_BOOL ? 1 : ceiling;
    conversion->arithmetic.factor = factor;
    conversion->kernel = conversion->samples->clip[view->dtype];
    if (ceiling != full_scale(conversion) || factor != 1)
        return;
    if (conversion->normalize.is_16_bit) /* samples have the high byte first */
        conversion->is_identity = view->dtype == WB_UINT16
                                  && view->is_byte_swapped == !WB_IS_BIG_ENDIAN;
    else
        conversion->is_identity = view->dtype == WB_UINT8;
}

/* Sets lo and span of a division, both halved where hi - lo is over `largest`. */
static void plan_shift(wb_arithmetic *arithmetic, double lo, double hi, double largest)
{
    const bool overflows = hi / 2 - lo / 2 > largest / 2;
    arithmetic->before = overflows ? 0.5 : 1;
    arithmetic->lo = lo * arithmetic->before;
    arithmetic->span = hi * arithmetic->before - arithmetic->lo;
}

/* hi - lo as an array of that dtype would hold it. */
static double round_to_dtype(double value, wb_dtype dtype)
{
    switch (dtype) {
    case WB_FLOAT16: return wb_round_to_half((float)value);
    case WB_BFLOAT16: return wb_round_to_bfloat((float)value);
    case WB_FLOAT32: return (float)value;
    default: return value;
    }
}

static double largest_of_dtype(wb_dtype dtype)
{
    switch (dtype) {
    case WB_FLOAT16: return HUGE_VAL; /* wb_round_to_half keeps what binary16 would overflow on */
    case WB_BFLOAT16: return 0x1.fep127;
    case WB_FLOAT32: return FLT_MAX;
    default: return DBL_MAX;
    }
}

static void plan_default_integer(wb_conversion *conversion, const wb_range *range)
{
    wb_arithmetic *arithmetic = &conversion->arithmetic;
    if (range->lo >= 0) {
        const bool is_scaled = range->hi <= 1;
        plan_clip(conversion, is_scaled ? 1 : full_scale(conversion),
                  is_scaled ? full_scale(conversion) : 1);
        return;
    }
    arithmetic->lo = range->lo;
    arithmetic->lo_integer = range->lo_key; /* a signed integer is its own key */
    if (range->hi_key > range->lo_key)
        arithmetic->span = wb_double_from_uint64((uint64_t)range->hi_key - (uint64_t)range->lo_key);
    arithmetic->factor = 255;
    conversion->kernel = conversion->samples->numpy_divide[conversion->view.dtype];
}

static void plan_default_float(wb_conversion *conversion, const wb_range *range)
{
    const wb_dtype dtype = conversion->view.dtype;
    const bool is_wider = conversion->normalize.is_16_bit && dtype < WB_FLOAT32;
    const wb_dtype computed = is_wider ? WB_FLOAT32 : dtype; /* 16 bits do not hold 65535 */
    wb_arithmetic *arithmetic = &conversion->arithmetic;
    if (range->lo >= 0) {
        arithmetic->factor = range->has_values && range->hi <= 1 ? full_scale(conversion) : 1;
        conversion->kernel = conversion->samples->numpy_multiply[dtype];
        return;
    }
    if (range->hi > range->lo) {
        plan_shift(arithmetic, range->lo, range->hi, largest_of_dtype(computed));
        arithmetic->span = round_to_dtype(arithmetic->span, computed);
    } else {
        arithmetic->lo = range->lo;
    }
    arithmetic->factor = full_scale(conversion);
    conversion->kernel = conversion->samples->numpy_divide[dtype];
}

/* make_grid(normalize=True): (x - lo) / max(hi - lo, 1e-5), the bounds taken in double, the array
 * in single or double. */
static void plan_torch(wb_conversion *conversion, const wb_range *range)
{
    const wb_dtype dtype = conversion->view.dtype;
    const bool is_single = wb_dtype_is_float(dtype) && dtype != WB_FLOAT64;
    wb_arithmetic *arithmetic = &conversion->arithmetic;
    plan_shift(arithmetic, range->lo, range->hi, is_single ? FLT_MAX : DBL_MAX);
    arithmetic->span = fmax(arithmetic->span, 1e-5);
    arithmetic->factor = full_scale(conversion);
    conversion->kernel = conversion->samples->torch_divide[dtype];
}

/* A division, so that hi becomes the top: hi - lo times its own reciprocal is often below 1. */
static void plan_limits(wb_conversion *conversion, uint16_t top)
{
    wb_arithmetic *arithmetic = &conversion->arithmetic;
    plan_shift(arithmetic, conversion->normalize.lo, conversion->normalize.hi, DBL_MAX);
    arithmetic->factor = top;
    arithmetic->ceiling = top;
    conversion->kernel = conversion->samples->limits_divide[conversion->view.dtype];
}

static void plan_none(wb_conversion *conversion, uint16_t top)
{
    const wb_dtype dtype = conversion->view.dtype;
    if (!wb_dtype_is_float(dtype)) {
        plan_clip(conversion, top, 1);
        return;
    }
    conversion->arithmetic.ceiling = top;
    conversion->kernel = conversion->samples->numpy_multiply[dtype];
}

static void scale_top(uint8_t *values, size_t count, unsigned top)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (uint8_t)(values[i] * top / 255);
}

/* One-byte dtypes: a table of the results of all 256 values, unless each result is its value. */
static void plan_table(wb_conversion *conversion)
{
    uint8_t values[256];
    bool is_identity = conversion->view.dtype == WB_UINT8;
    for (unsigned i = 0; i < 256; i++)
        values[i] = (uint8_t)(conversion->view.dtype == WB_BOOL ? i != 0 : i);
    conversion->kernel(&conversion->arithmetic, values, 256, conversion->table);
    scale_top(conversion->table, 256, conversion->scaled_top);
    for (unsigned i = 0; i < 256; i++)
        is_identity = is_identity && conversion->table[i] == i;
    conversion->is_identity = is_identity;
    conversion->scaled_top = 255;
    conversion->kernel = NULL;
}

static wb_status check_normalize(const wb_normalize *normalize, wb_error *error)
{
    if (normalize->is_16_bit
        && (normalize->nan_value != 0 || normalize->top_value % UINT8_MAX != 0))
        return wb_fail(error, WB_BAD_ARGUMENT, "16-bit samples have no colour for NaN");
    if ((unsigned)normalize->rule > WB_NORMALIZE_TORCH)
        return wb_fail(error, WB_BAD_ARGUMENT, "unknown normalize rule %d", (int)normalize->rule);
    if (normalize->rule != WB_NORMALIZE_LIMITS
        || (isfinite(normalize->lo) && isfinite(normalize->hi) && normalize->lo < normalize->hi))
        return WB_OK;
    return wb_fail(error, WB_BAD_ARGUMENT,
                   "normalize=(%g, %g) is not two finite numbers with lo < hi", normalize->lo,
                   normalize->hi);
}

/* With 16 bits integers keep their values under all rules but LIMITS; bool takes the full scale. */
static wb_normalize_rule rule_of(const wb_normalize *normalize, wb_dtype dtype)
{
    if (!normalize->is_16_bit || wb_dtype_is_float(dtype) || normalize->rule == WB_NORMALIZE_LIMITS)
        return normalize->rule;
    return dtype == WB_BOOL ? WB_NORMALIZE_DEFAULT : WB_NORMALIZE_NONE;
}

/* Integers have no NaN to look for: where nothing asks for their range there is no scan. A scan may
 * stop once not all of them are 0 or 1, or some are clipped. */
static wb_range scan_if_needed(const wb_conversion *conversion, const wb_batch *batch,
                               wb_normalize_rule rule, unsigned thread_count)
{
    const wb_dtype dtype = batch->first.dtype;
    const bool is_default = rule == WB_NORMALIZE_DEFAULT && dtype != WB_BOOL;
    const bool finds_clipped = conversion->normalize.finds_clipped && dtype != WB_BOOL
                               && dtype != WB_UINT8 && rule != WB_NORMALIZE_LIMITS;
    const bool needs_all = rule == WB_NORMALIZE_TORCH || (is_default && wb_dtype_is_signed(dtype));
    const int32_t enough = finds_clipped ? full_scale(conversion) : 1;
    wb_range range = {.has_values = true, .hi = 1};
    if (wb_dtype_is_float(dtype) || is_default || finds_clipped || needs_all)
        wb_range_scan(batch, needs_all ? WB_RANGE_WHOLE : enough, conversion->kernels, thread_count,
                      &range);
    return range;
}

/* Turns the arithmetic around for sample 0, where x is lo, and for the sample `result`. */
static void note_scale(wb_conversion *conversion, uint16_t result)
{
    const wb_arithmetic *arithmetic = &conversion->arithmetic;
    const double shifted = result / arithmetic->factor * arithmetic->span;
    conversion->scale_lo = arithmetic->lo / arithmetic->before;
    conversion->scale_hi = (shifted + arithmetic->lo) / arithmetic->before;
}

static void plan_rule(wb_conversion *conversion, wb_normalize_rule rule, const wb_range *range)
{
    const bool is_16_bit = conversion->normalize.is_16_bit;
    const uint8_t top_of_8 = conversion->normalize.top_value;
    const uint16_t top = is_16_bit || top_of_8 == 0 ? full_scale(conversion) : top_of_8;
    /* These two end at the top themselves; the results of the others are scaled down to it. */
    const bool ends_at_top = rule == WB_NORMALIZE_NONE || rule == WB_NORMALIZE_LIMITS;
    switch (rule) {
    case WB_NORMALIZE_NONE: plan_none(conversion, top); break;
    case WB_NORMALIZE_LIMITS: plan_limits(conversion, top); break;
    case WB_NORMALIZE_TORCH: plan_torch(conversion, range); break;
    case WB_NORMALIZE_DEFAULT:
        if (wb_dtype_is_float(conversion->view.dtype))
            plan_default_float(conversion, range);
        else
            plan_default_integer(conversion, range);
    }
    note_scale(conversion, ends_at_top ? top : full_scale(conversion));
    if (!ends_at_top && !is_16_bit)
        conversion->scaled_top = (uint8_t)top;
}

static void conversion_init(wb_conversion *conversion, const wb_view *view,
                            const wb_normalize *normalize, wb_machine machine)
{
    const wb_value_kernels *kernels = wb_value_kernels_choose(machine.cpu);
    *conversion = (wb_conversion){
        .view = *view,
        .normalize = *normalize,
        .kernels = kernels,
        .samples = normalize->is_16_bit ? kernels->to_uint16 : kernels->to_uint8,
        .arithmetic = {.before = 1, .span = 1, .factor = 1},
        .lo = 1,
        .hi = 0,
        .scaled_top = UINT8_MAX,
    };
    conversion->arithmetic.ceiling = full_scale(conversion);
}

wb_status wb_conversion_plan_batch(wb_conversion *conversion, const wb_batch *batch,
                                   const wb_normalize *normalize, wb_machine machine,
                                   wb_error *error)
{
    const wb_dtype dtype = batch->first.dtype;
    const wb_normalize_rule rule = rule_of(normalize, dtype);
    conversion_init(conversion, &batch->first, normalize, machine);
    if (check_normalize(normalize, error) != WB_OK)
        return WB_BAD_ARGUMENT;
    const wb_range range = scan_if_needed(conversion, batch, rule, machine.thread_count);
    conversion->found_nan = range.found_nan;
    if (rule == WB_NORMALIZE_DEFAULT && wb_dtype_is_float(dtype) && range.has_values) {
        conversion->lo = range.lo;
        conversion->hi = range.hi;
    }
    plan_rule(conversion, rule, &range);
    const bool is_clip = conversion->kernel == conversion->samples->clip[dtype];
    conversion->is_clipped = is_clip && (range.lo < 0 || range.hi > full_scale(conversion));
    if (!normalize->is_16_bit && wb_dtype_size_bytes(dtype) == 1
        && (!is_clip || conversion->scaled_top != UINT8_MAX))
        plan_table(conversion);
    return WB_OK;
}

wb_status wb_conversion_plan(wb_conversion *conversion, const wb_view *view,
                             const wb_normalize *normalize, wb_machine machine, wb_error *error)
{
    const wb_batch batch = wb_batch_of_one(view);
    return wb_conversion_plan_batch(conversion, &batch, normalize, machine, error);
}

/* The bits of the integers tell what their range would: whether all fit, and whether all are 0 or
 * 1, which the default rule scales. */
bool wb_conversion_narrow(wb_conversion *conversion, const wb_view *view,
                          const wb_normalize *normalize, wb_machine machine, uint8_t *packed)
{
    const wb_normalize_rule rule = normalize->rule;
    conversion_init(conversion, view, normalize, machine);
    wb_narrow_kernel *kernel = conversion->kernels->narrow[view->dtype];
    if (kernel == NULL || (rule != WB_NORMALIZE_DEFAULT && rule != WB_NORMALIZE_NONE)
        || normalize->is_16_bit || normalize->top_value % UINT8_MAX != 0
        || !wb_view_is_packed(view))
        return false;
    const size_t item_bytes = wb_dtype_size_bytes(view->dtype);
    const size_t all = view->height * view->width * view->channels;
    uint64_t bits = 0;
    for (size_t i = 0, count; i < all; i += count) {
        count = all - i < NARROWED_VALUES ? all - i : NARROWED_VALUES;
        bits |= kernel(view->data + i * item_bytes, count, packed + i);
        if (bits > UINT8_MAX)
            return false;
    }
    if (rule == WB_NORMALIZE_DEFAULT && bits <= 1)
        return false;
    plan_rule(conversion, rule, &(wb_range){.has_values = true, .hi = (double)bits});
    return true;
}

/* Packed values in native byte order become samples. */
static void convert_values(const wb_conversion *conversion, const uint8_t *values, size_t count,
                           uint8_t *target)
{
    if (conversion->is_identity) {
        memcpy(target, values, count * sample_bytes(conversion));
        return;
    }
    if (conversion->kernel == NULL) {
        conversion->kernels->translate(conversion->table, values, count, target);
        return;
    }
    conversion->kernel(&conversion->arithmetic, values, count, target);
    if (conversion->scaled_top != 255)
        scale_top(target, count, conversion->scaled_top);
    if (conversion->found_nan && conversion->normalize.nan_value != 0)
        conversion->kernels->replace_nan[conversion->view.dtype](
            values, count, conversion->normalize.nan_value, target);
}

static bool has_planes(const wb_view *view)
{
    return !view->is_byte_swapped
           && view->column_stride_bytes == (ptrdiff_t)wb_dtype_size_bytes(view->dtype);
}

static bool has_reversed_channels(const wb_view *view)
{
    const ptrdiff_t item_bytes = (ptrdiff_t)wb_dtype_size_bytes(view->dtype);
    return !view->is_byte_swapped && view->channel_stride_bytes == -item_bytes
           && view->column_stride_bytes == item_bytes * (ptrdiff_t)view->channels;
}

/* Planes, as in CHW: each is converted where it lies, then the results are put side by side. */
static void convert_planes(const wb_conversion *conversion, const wb_view *view, size_t y,
                           uint8_t *packed)
{
    uint8_t converted[WB_MAX_CHANNELS][CHUNK_PIXELS * MAX_SAMPLE_BYTES];
    const uint8_t *planes[WB_MAX_CHANNELS];
    const size_t pixel_bytes = view->channels * sample_bytes(conversion);
    for (size_t x = 0, count; x < view->width; x += count) {
        count = view->width - x < CHUNK_PIXELS ? view->width - x : CHUNK_PIXELS;
        for (unsigned c = 0; c < view->channels; c++) {
            const uint8_t *values = wb_view_pixel(view, y, x)
                                    + (ptrdiff_t)c * view->channel_stride_bytes;
            planes[c] = conversion->is_identity ? values : converted[c];
            if (!conversion->is_identity)
                convert_values(conversion, values, count, converted[c]);
        }
        conversion->samples->interleave(planes, view->channels, count, packed + x * pixel_bytes);
    }
}

/* Channels in reverse, as BGR seen as RGB: values are converted as they lie, then reversed. */
static void convert_reversed(const wb_conversion *conversion, const wb_view *view, size_t y,
                             uint8_t *packed)
{
    uint8_t converted[CHUNK_PIXELS * WB_MAX_CHANNELS * MAX_SAMPLE_BYTES];
    const unsigned channels = view->channels;
    const size_t pixel_bytes = channels * sample_bytes(conversion);
    for (size_t x = 0, count; x < view->width; x += count) {
        count = view->width - x < CHUNK_PIXELS ? view->width - x : CHUNK_PIXELS;
        const uint8_t *values = wb_view_pixel(view, y, x)
                                + (ptrdiff_t)(channels - 1) * view->channel_stride_bytes;
        if (!conversion->is_identity) {
            convert_values(conversion, values, count * channels, converted);
            values = converted;
        }
        conversion->samples->reverse(values, channels, count, packed + x * pixel_bytes);
    }
}

/* Any other layout: pixels are brought together first. */
static void convert_gathered(const wb_conversion *conversion, const wb_view *view, size_t y,
                             uint8_t *packed)
{
    uint64_t gathered[CHUNK_PIXELS * WB_MAX_CHANNELS]; /* of any size up to 8 bytes */
    const size_t pixel_bytes = view->channels * sample_bytes(conversion);
    for (size_t x = 0, count; x < view->width; x += count) {
        count = view->width - x < CHUNK_PIXELS ? view->width - x : CHUNK_PIXELS;
        wb_view_gather(view, y, x, count, (uint8_t *)gathered);
        convert_values(conversion, (const uint8_t *)gathered, count * view->channels,
                       packed + x * pixel_bytes);
    }
}

const uint8_t *wb_conversion_row(const wb_conversion *conversion, const wb_view *view, size_t y,
                                 uint8_t *buffer)
{
    wb_view as_samples; /* whose byte order is right already */
    if (conversion->is_identity && view->is_byte_swapped) {
        as_samples = *view;
        as_samples.is_byte_swapped = false;
        view = &as_samples;
    }
    if (wb_view_has_packed_rows(view)) {
        const uint8_t *row = wb_view_pixel(view, y, 0);
        if (conversion->is_identity)
            return row;
        convert_values(conversion, row, view->width * view->channels, buffer);
    } else if (has_planes(view)) {
        convert_planes(conversion, view, y, buffer);
    } else if (has_reversed_channels(view)) {
        convert_reversed(conversion, view, y, buffer);
    } else if (conversion->is_identity) {
        wb_view_gather(view, y, 0, view->width, buffer);
    } else {
        convert_gathered(conversion, view, y, buffer);
    }
    return buffer;
}

void wb_conversion_write_row(const wb_conversion *conversion, const wb_view *view, size_t y,
                             uint8_t *packed)
{
    const uint8_t *row = wb_conversion_row(conversion, view, y, packed);
    if (row != packed)
        memcpy(packed, row, view->width * view->channels * sample_bytes(conversion));
}

/* Rows that are written by one task, and where. */
typedef struct row_groups {
    const wb_conversion *conversion;
    size_t rows; /* of a group */
    uint8_t *packed;
} row_groups;

static wb_status write_group(void *context, size_t group, unsigned worker)
{
    const row_groups *groups = context;
    const wb_conversion *conversion = groups->conversion;
    const wb_view *view = &conversion->view;
    const size_t row_bytes = view->width * view->channels * sample_bytes(conversion);
    const size_t first = group * groups->rows;
    const size_t end = view->height - first < groups->rows ? view->height : first + groups->rows;
    (void)worker;
    if (wb_view_is_packed(view)) { /* one long row */
        convert_values(conversion, wb_view_pixel(view, first, 0),
                       (end - first) * view->width * view->channels,
                       groups->packed + first * row_bytes);
        return WB_OK;
    }
    for (size_t y = first; y < end; y++)
        wb_conversion_write_row(conversion, view, y, groups->packed + y * row_bytes);
    return WB_OK;
}

void wb_conversion_write(const wb_conversion *conversion, wb_machine machine, uint8_t *packed)
{
    const wb_view *view = &conversion->view;
    const size_t row_values = view->width * view->channels;
    row_groups groups = {conversion, view->height, packed};
    size_t count = 1;
    if (machine.thread_count > 1 && row_values * view->height >= PARALLEL_VALUES) {
        groups.rows = GROUP_VALUES / row_values + 1;
        count = (view->height - 1) / groups.rows + 1;
    }
    const wb_tasks tasks = {.count = count, .context = &groups, .run = write_group};
    wb_tasks_run(&tasks, machine.thread_count); /* no group fails */
}

static const uint8_t *conversion_row(const void *context, size_t y, uint8_t *buffer)
{
    const wb_conversion *conversion = context;
    return wb_conversion_row(conversion, &conversion->view, y, buffer);
}

wb_raster wb_conversion_raster(const wb_conversion *conversion)
{
    return (wb_raster){
        .width = conversion->view.width,
        .height = conversion->view.height,
        .channels = conversion->view.channels,
        .is_16_bit = conversion->normalize.is_16_bit,
        .context = conversion,
        .row = conversion_row,
    };
}
