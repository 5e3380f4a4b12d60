/* The PNG filters over vectors; included once for each vector type.
 * In: the macros that name a vector's operations. Out: KERNEL(scores) and KERNEL(apply).
 * Ownership: see png/filter.h; undefines its macros at the end. */

/* A vector of the row and its neighbours: left, above, above left. */
typedef struct KERNEL(neighbours) {
    VECTOR pixel, left, above, above_left;
} KERNEL(neighbours);

TARGET static inline KERNEL(neighbours)
    KERNEL(load)(const uint8_t *pixels, const uint8_t *above, size_t pixel_bytes)
{
    return (KERNEL(neighbours)){LOAD(pixels), LOAD(pixels - pixel_bytes), LOAD(above),
                                LOAD(above - pixel_bytes)};
}

/* The same at an edge, where the bytes before or after may not be read: through a copy that has
 * zeros left of the row and after its end. `count` bytes from `start` belong to the row. */
TARGET static KERNEL(neighbours)
    KERNEL(load_edge)(const wb_png_row *row, size_t start, size_t count)
{
    uint8_t copy[2][WB_PNG_MAX_PIXEL_BYTES + VECTOR_BYTES] = {{0}};
    size_t before = start == 0 ? 0 : row->pixel_bytes;
    uint8_t *pixels = copy[0] + WB_PNG_MAX_PIXEL_BYTES, *above = copy[1] + WB_PNG_MAX_PIXEL_BYTES;
    memcpy(pixels - before, row->pixels + start - before, before + count);
    memcpy(above - before, row->above + start - before, before + count);
    return KERNEL(load)(pixels, above, row->pixel_bytes);
}

#ifndef TO_ABOVE_LEFT
/* |(left - above_left) + (above - above_left)|: `over` and `under` collect the positive and the
 * negative part. Saturation only occurs where both have one sign, where above_left is no candidate
 * anyway. */
TARGET static inline VECTOR KERNEL(to_above_left)(VECTOR left, VECTOR above, VECTOR above_left)
{
    VECTOR over = ADD_SATURATED(SUB_SATURATED(left, above_left), SUB_SATURATED(above, above_left));
    VECTOR under = ADD_SATURATED(SUB_SATURATED(above_left, left), SUB_SATURATED(above_left, above));
    return DISTANCE(over, under);
}
#define TO_ABOVE_LEFT(left, above, above_left) KERNEL(to_above_left)(left, above, above_left)
#endif

/* Paeth's predictor in bytes. */
TARGET static inline VECTOR KERNEL(paeth)(KERNEL(neighbours) n)
{
    VECTOR to_left = DISTANCE(n.above, n.above_left);
    VECTOR to_above = DISTANCE(n.left, n.above_left);
    VECTOR to_above_left = TO_ABOVE_LEFT(n.left, n.above, n.above_left);
    VECTOR nearest = MIN(MIN(to_left, to_above), to_above_left);
    VECTOR above_or_corner = SELECT(EQUAL(nearest, to_above), n.above, n.above_left);
    return SELECT(EQUAL(nearest, to_left), n.left, above_or_corner);
}

TARGET static inline VECTOR KERNEL(filter)(wb_png_filter filter, KERNEL(neighbours) n)
{
    switch (filter) {
    case WB_PNG_SUB: return SUB(n.pixel, n.left);
    case WB_PNG_UP: return SUB(n.pixel, n.above);
    case WB_PNG_AVERAGE: return SUB(n.pixel, AVERAGE(n.left, n.above));
    case WB_PNG_PAETH: return SUB(n.pixel, KERNEL(paeth)(n));
    default: return n.pixel;
    }
}

TARGET static inline VECTOR KERNEL(add_score)(VECTOR sum, VECTOR residual, VECTOR counted)
{
    return ADD_BYTES(sum, AND(MAGNITUDE(residual), counted));
}

TARGET static inline void KERNEL(add_scores)(VECTOR sums[WB_PNG_FILTER_COUNT], KERNEL(neighbours) n,
                                             VECTOR counted)
{
    for (int filter = WB_PNG_NONE; filter < WB_PNG_FILTER_COUNT; filter++)
        sums[filter] = KERNEL(add_score)(sums[filter], KERNEL(filter)((wb_png_filter)filter, n),
                                         counted);
}

TARGET static void KERNEL(scores)(const wb_png_row *row, size_t step,
                                  uint64_t scores[WB_PNG_FILTER_COUNT])
{
    VECTOR sums[WB_PNG_FILTER_COUNT];
    for (int filter = 0; filter < WB_PNG_FILTER_COUNT; filter++)
        sums[filter] = ZERO();
    if (is_short(row)) {
        for (size_t i = 0; i < row->size_bytes; i += VECTOR_BYTES) {
            size_t count = row->size_bytes - i < VECTOR_BYTES ? row->size_bytes - i : VECTOR_BYTES;
            uint8_t counted[VECTOR_BYTES] = {0};
            memset(counted, 0xff, count);
            KERNEL(add_scores)(sums, KERNEL(load_edge)(row, i, count), LOAD(counted));
        }
    } else {
        VECTOR all = EQUAL(ZERO(), ZERO());
        for (size_t start = row->pixel_bytes; start + WB_PNG_SCORE_CHUNK_BYTES <= row->size_bytes;
             start += step * WB_PNG_SCORE_CHUNK_BYTES)
            for (size_t i = start; i < start + WB_PNG_SCORE_CHUNK_BYTES; i += VECTOR_BYTES)
                KERNEL(add_scores)
        (sums, KERNEL(load)(row->pixels + i, row->above + i, row->pixel_bytes), all);
    }
    for (int filter = 0; filter < WB_PNG_FILTER_COUNT; filter++)
        scores[filter] = TOTAL(sums[filter]);
}

TARGET WB_ALWAYS_INLINE void KERNEL(apply_one)(const wb_png_row *row, wb_png_filter filter,
                                               uint8_t *filtered)
{
    size_t size = row->size_bytes, i = row->pixel_bytes;
    if (is_short(row)) {
        uint8_t edge[VECTOR_BYTES];
        for (i = 0; i < size; i += VECTOR_BYTES) {
            size_t count = size - i < VECTOR_BYTES ? size - i : VECTOR_BYTES;
            STORE(edge, KERNEL(filter)(filter, KERNEL(load_edge)(row, i, count)));
            memcpy(filtered + i, edge, count);
        }
        return;
    }
    apply_piece(row, filter, 0, row->pixel_bytes, filtered);
    /* In registers: for all the compiler knows, what is stored may be the row's own fields. */
    const uint8_t *pixels = row->pixels, *above = row->above;
    const size_t pixel_bytes = row->pixel_bytes;
    for (; i + VECTOR_BYTES <= size; i += VECTOR_BYTES)
        STORE(filtered + i,
              KERNEL(filter)(filter, KERNEL(load)(pixels + i, above + i, pixel_bytes)));
    i = size - VECTOR_BYTES; /* a last vector over the one before */
    STORE(filtered + i, KERNEL(filter)(filter, KERNEL(load)(pixels + i, above + i, pixel_bytes)));
}

TARGET static void KERNEL(apply)(const wb_png_row *row, wb_png_filter filter, uint8_t *filtered)
{
    switch (filter) { /* constants, so that each filter gets a loop of its own */
    case WB_PNG_SUB: KERNEL(apply_one)(row, WB_PNG_SUB, filtered); break;
    case WB_PNG_UP: KERNEL(apply_one)(row, WB_PNG_UP, filtered); break;
    case WB_PNG_AVERAGE: KERNEL(apply_one)(row, WB_PNG_AVERAGE, filtered); break;
    default: KERNEL(apply_one)(row, WB_PNG_PAETH, filtered); break;
    }
}

#undef KERNEL
#undef TARGET
#undef VECTOR
#undef VECTOR_BYTES
#undef LOAD
#undef STORE
#undef ZERO
#undef AND
#undef SUB
#undef MIN
#undef EQUAL
#undef SELECT
#undef DISTANCE
#undef AVERAGE
#undef TO_ABOVE_LEFT
#undef MAGNITUDE
#undef ADD_BYTES
#undef TOTAL
#undef ADD_SATURATED
#undef SUB_SATURATED
