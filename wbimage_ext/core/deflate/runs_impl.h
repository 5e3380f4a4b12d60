/* The search for runs over masks of 64 comparisons; included once for each vector type.
 * In: KERNEL, TARGET, VECTOR_BYTES and EQUAL_MASK. Out: KERNEL(find_runs).
 * Ownership: see deflate/tokens.h; undefines its macros at the end. */

/* Bit k tells whether byte k equals the byte before it. */
TARGET static inline uint64_t KERNEL(repeats)(const uint8_t *bytes)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 64; i += VECTOR_BYTES)
        mask |= EQUAL_MASK(bytes + i, bytes + i - 1) << i;
    return mask;
}

/* The same, with zeros for bytes from `size_bytes` on. */
TARGET static inline uint64_t KERNEL(repeats_within)(const uint8_t *bytes, size_t i,
                                                     size_t size_bytes)
{
    if (i >= size_bytes)
        return 0;
    uint64_t mask = KERNEL(repeats)(bytes + i);
    return size_bytes - i < 64 ? mask & ((UINT64_C(1) << (size_bytes - i)) - 1) : mask;
}

/* Bit k tells whether `min_run` bits from it on are set, those of `next` following on `mask`. */
TARGET static inline uint64_t KERNEL(eroded)(uint64_t mask, uint64_t next, unsigned min_run)
{
    mask &= mask >> 1 | next << 63;
    next &= next >> 1;
    mask &= mask >> 2 | next << 62;
    next &= next >> 2;
    return mask & (mask >> (min_run - 4) | next << (68 - min_run));
}

TARGET static size_t KERNEL(find_runs)(const uint8_t *bytes, size_t size_bytes, unsigned min_run,
                                       wb_deflate_token *tokens)
{
    wb_deflate_token *token = tokens;
    size_t literals_start = 0, run = 0;
    bool in_run = false;
    uint64_t mask = KERNEL(repeats_within)(bytes, 0, size_bytes);
    for (size_t i = 0; i < size_bytes; i += 64) {
        uint64_t next = KERNEL(repeats_within)(bytes, i + 64, size_bytes);
        if (in_run && (mask & next) == UINT64_MAX) /* most of a flat strip */
            continue;
        /* A run begins with the first of its eroded bits and ends min_run - 1 behind the last. */
        uint64_t inside = KERNEL(eroded)(mask, next, min_run);
        uint64_t edges = inside ^ (inside << 1 | in_run);
        for (; edges != 0; edges &= edges - 1) {
            size_t edge = i + (size_t)wb_lowest_bit(edges);
            if (in_run) {
                size_t end = edge + min_run - 1;
                *token++ = (wb_deflate_token){(uint32_t)(run - literals_start),
                                              (uint32_t)(end - run), 1};
                literals_start = end;
            } else {
                run = edge;
            }
            in_run = !in_run;
        }
        mask = next;
    }
    if (literals_start < size_bytes) /* no run begins so late that its end was not seen */
        *token++ = (wb_deflate_token){(uint32_t)(size_bytes - literals_start), 0, 1};
    return (size_t)(token - tokens);
}

#undef KERNEL
#undef TARGET
#undef VECTOR_BYTES
#undef EQUAL_MASK
