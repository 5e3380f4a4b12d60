/* Dimensions are sorted and joined into the longest runs of memory; a kernel reads run after run.
 * In: views. Out: lo, hi, and whether there is NaN. Ownership: see convert/range.h. */
#include "convert/range.h"

#include "base/floats.h"
#include "base/threads.h"
#include "pixels/elements.h"

enum {
    MAX_DIMENSIONS = 4,   /* views, rows, columns, channels */
    BLOCK_VALUES = 4096,  /* read between two questions whether the scan may stop */
    GATHERED_VALUES = 512 /* brought together at a time: 4 KB, in the first-level cache */
};

/* What one task reads at least. A thread starts in about 30 microseconds, and 1 MB is read in 100
 * (one core of a Sapphire Rapids server). */
static const size_t PART_BYTES = (size_t)1 << 20;

typedef struct walk {
    const uint8_t *data;
    wb_dtype dtype;
    bool is_byte_swapped;
    int ndim;
    size_t sides[MAX_DIMENSIONS]; /* innermost first */
    ptrdiff_t strides_bytes[MAX_DIMENSIONS];
} walk;

/* Adds a dimension at its place: the smallest stride is innermost. A range does not depend on the
 * order of the values, nor on how often each is seen: so a dimension may be reversed, and one of
 * stride 0 left out. */
static void walk_add(walk *plan, size_t side, ptrdiff_t stride_bytes)
{
    if (side == 1 || stride_bytes == 0)
        return;
    if (stride_bytes < 0) {
        plan->data += (ptrdiff_t)(side - 1) * stride_bytes;
        stride_bytes = -stride_bytes;
    }
    int place = plan->ndim++;
    for (; place > 0 && plan->strides_bytes[place - 1] > stride_bytes; place--) {
        plan->sides[place] = plan->sides[place - 1];
        plan->strides_bytes[place] = plan->strides_bytes[place - 1];
    }
    plan->sides[place] = side;
    plan->strides_bytes[place] = stride_bytes;
}

/* Joins a dimension with the next where one continues the other without a gap. */
static void walk_join(walk *plan)
{
    int kept = 0;
    for (int i = 1; i < plan->ndim; i++) {
        if (plan->strides_bytes[i] == (ptrdiff_t)plan->sides[kept] * plan->strides_bytes[kept]) {
            plan->sides[kept] *= plan->sides[i];
            continue;
        }
        kept++;
        plan->sides[kept] = plan->sides[i];
        plan->strides_bytes[kept] = plan->strides_bytes[i];
    }
    if (plan->ndim > 0)
        plan->ndim = kept + 1;
    for (int i = plan->ndim; i < MAX_DIMENSIONS; i++) {
        plan->sides[i] = 1;
        plan->strides_bytes[i] = 0;
    }
}

static walk walk_plan(const wb_batch *batch)
{
    const wb_view *first = &batch->first;
    walk plan = {
        .data = first->data, .dtype = first->dtype, .is_byte_swapped = first->is_byte_swapped};
    walk_add(&plan, first->channels, first->channel_stride_bytes);
    walk_add(&plan, first->width, first->column_stride_bytes);
    walk_add(&plan, first->height, first->row_stride_bytes);
    walk_add(&plan, batch->count, batch->image_stride_bytes);
    walk_join(&plan);
    return plan;
}

/* The keys that a scan found, and the key over which it may stop. */
typedef struct bounds {
    int64_t lo_key, hi_key, stop_key;
} bounds;

enum { MAX_PARTS = 2 * WB_MAX_THREADS };

/* One scan in parts, side by side. */
typedef struct scan {
    const walk *plan;
    wb_range_kernel *kernel;
    size_t part_count;
    bounds found[MAX_PARTS];
} scan;

static bool scan_run(const walk *plan, const uint8_t *run, wb_range_kernel *kernel, bounds *found)
{
    const size_t item_bytes = wb_dtype_size_bytes(plan->dtype);
    const ptrdiff_t stride_bytes = plan->strides_bytes[0];
    const bool is_packed = !plan->is_byte_swapped
                           && (stride_bytes == (ptrdiff_t)item_bytes || plan->sides[0] == 1);
    const size_t block_values = is_packed ? BLOCK_VALUES : GATHERED_VALUES;
    uint64_t gathered[GATHERED_VALUES]; /* of any size up to 8 bytes */
    for (size_t i = 0, count; i < plan->sides[0]; i += count) {
        count = plan->sides[0] - i < block_values ? plan->sides[0] - i : block_values;
        const uint8_t *values = run + (ptrdiff_t)i * stride_bytes;
        if (!is_packed) {
            wb_elements_copy((uint8_t *)gathered, (ptrdiff_t)item_bytes, values, stride_bytes,
                             count, item_bytes);
            if (plan->is_byte_swapped)
                wb_elements_swap((uint8_t *)gathered, count, item_bytes);
            values = (const uint8_t *)gathered;
        }
        kernel(values, count, &found->lo_key, &found->hi_key);
        if (found->hi_key > found->stop_key)
            return false;
    }
    return true;
}

static void scan_all(const walk *plan, wb_range_kernel *kernel, bounds *found)
{
    const size_t *sides = plan->sides;
    const ptrdiff_t *strides = plan->strides_bytes;
    for (size_t k = 0; k < sides[3]; k++)
        for (size_t j = 0; j < sides[2]; j++)
            for (size_t i = 0; i < sides[1]; i++) {
                const uint8_t *run = plan->data + (ptrdiff_t)k * strides[3]
                                     + (ptrdiff_t)j * strides[2] + (ptrdiff_t)i * strides[1];
                if (!scan_run(plan, run, kernel, found))
                    return;
            }
}

/* The part's share of the outermost dimension. */
static walk walk_part(const walk *plan, size_t part, size_t part_count)
{
    walk mine = *plan;
    const int outermost = plan->ndim > 0 ? plan->ndim - 1 : 0;
    const size_t side = plan->sides[outermost];
    const size_t first = side / part_count * part + side % part_count * part / part_count;
    const size_t end = side / part_count * (part + 1) + side % part_count * (part + 1) / part_count;
    mine.data += (ptrdiff_t)first * plan->strides_bytes[outermost];
    mine.sides[outermost] = end - first;
    return mine;
}

static wb_status scan_part(void *context, size_t part, unsigned worker)
{
    scan *shared = context;
    (void)worker;
    const walk mine = walk_part(shared->plan, part, shared->part_count);
    scan_all(&mine, shared->kernel, &shared->found[part]);
    return WB_OK;
}

static size_t count_parts(const walk *plan, unsigned thread_count)
{
    const size_t outermost = plan->sides[plan->ndim > 0 ? plan->ndim - 1 : 0];
    size_t parts = wb_dtype_size_bytes(plan->dtype);
    for (int i = 0; i < MAX_DIMENSIONS; i++)
        parts *= plan->sides[i]; /* no more than the array has bytes */
    parts /= PART_BYTES;
    parts = parts < 2 * (size_t)thread_count ? parts : 2 * (size_t)thread_count;
    parts = parts < outermost ? parts : outermost;
    return parts < MAX_PARTS ? parts : MAX_PARTS;
}

/* Lowers and raises `found` by what all parts found. */
static void scan_in_parts(const walk *plan, wb_range_kernel *kernel, unsigned thread_count,
                          bounds *found)
{
    const size_t part_count = thread_count > 1 ? count_parts(plan, thread_count) : 0;
    if (part_count < 2) {
        scan_all(plan, kernel, found);
        return;
    }
    scan shared = {.plan = plan, .kernel = kernel, .part_count = part_count};
    for (size_t part = 0; part < shared.part_count; part++)
        shared.found[part] = *found;
    const wb_tasks tasks = {.count = shared.part_count, .context = &shared, .run = scan_part};
    wb_tasks_run(&tasks, thread_count); /* no part fails */
    for (size_t part = 0; part < shared.part_count; part++) {
        const bounds *other = &shared.found[part];
        found->lo_key = other->lo_key < found->lo_key ? other->lo_key : found->lo_key;
        found->hi_key = other->hi_key > found->hi_key ? other->hi_key : found->hi_key;
    }
}

static bool is_unsigned(wb_dtype dtype)
{
    return !wb_dtype_is_float(dtype) && !wb_dtype_is_signed(dtype);
}

/* Half the range of an unsigned dtype: the difference between a value and its key. */
static uint64_t unsigned_offset(wb_dtype dtype)
{
    return (uint64_t)1 << (8 * wb_dtype_size_bytes(dtype) - 1);
}

/* The key of +inf: its bits. The key of -inf is -1 - that. */
static int64_t infinity_key(wb_dtype dtype)
{
    switch (dtype) {
    case WB_FLOAT16: return 0x7c00;
    case WB_BFLOAT16: return 0x7f80;
    case WB_FLOAT32: return 0x7f800000;
    default: return 0x7ff0000000000000;
    }
}

static double value_of_key(wb_dtype dtype, int64_t key)
{
    if (is_unsigned(dtype))
        return wb_double_from_uint64((uint64_t)key + unsigned_offset(dtype));
    if (!wb_dtype_is_float(dtype))
        return wb_double_from_int64(key);
    const uint64_t magnitude = (uint64_t)(key < 0 ? -1 - key : key);
    double value = 0;
    switch (dtype) {
    case WB_FLOAT16: value = wb_float_from_half((uint16_t)magnitude); break;
    case WB_BFLOAT16: value = wb_float_from_bfloat((uint16_t)magnitude); break;
    case WB_FLOAT32: value = wb_float_from_bits((uint32_t)magnitude); break;
    default: value = wb_double_from_bits(magnitude);
    }
    return key < 0 ? -value : value;
}

/* No value yet: lo above and hi below every key of the dtype's size. */
static bounds no_bounds(wb_dtype dtype)
{
    const int64_t most = (int64_t)(unsigned_offset(dtype) - 1);
    return (bounds){.lo_key = most, .hi_key = -1 - most, .stop_key = INT64_MAX};
}

void wb_range_scan(const wb_batch *batch, int32_t enough, const wb_value_kernels *kernels,
                   unsigned thread_count, wb_range *range)
{
    const wb_dtype dtype = batch->first.dtype;
    const walk plan = walk_plan(batch);
    *range = (wb_range){.has_values = true};
    bounds found = no_bounds(dtype);
    if (enough != WB_RANGE_WHOLE && !wb_dtype_is_float(dtype))
        found.stop_key = (int64_t)((uint64_t)enough
                                   - (is_unsigned(dtype) ? unsigned_offset(dtype) : 0));
    scan_in_parts(&plan, kernels->range[dtype], thread_count, &found);

    if (wb_dtype_is_float(dtype)) {
        const int64_t infinity = infinity_key(dtype);
        range->found_nan = found.hi_key > infinity || found.lo_key < -1 - infinity;
        if (found.hi_key >= infinity || found.lo_key <= -1 - infinity) {
            found = no_bounds(dtype);
            scan_in_parts(&plan, kernels->finite_range[dtype], thread_count, &found);
            range->has_values = found.lo_key <= found.hi_key;
            if (!range->has_values)
                return;
        }
    }
    range->lo_key = found.lo_key;
    range->hi_key = found.hi_key;
    range->lo = value_of_key(dtype, found.lo_key);
    range->hi = value_of_key(dtype, found.hi_key);
}
