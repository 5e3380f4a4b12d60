/* The search for runs over masks of 64 comparisons; included once for each vector type.
 * In: KERNEL, TARGET, VECTOR_BYTES and EQUAL_MASK. Out: KERNEL(find_runs).
 * Ownership: see deflate_tokens.h; undefines its macros at the end. */

/* Bit k tells whether byte k equals the byte before it. */
TARGET static inline uint64_t KERNEL(repeats)(const uint8_t *bytes)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 64; i += VECTOR_BYTES)
        mask |= EQUAL_MASK(bytes + i, bytes + i - 1) << i;
    return mask;
}

TARGET static inline size_t KERNEL(find_run)(const uint8_t *bytes, size_t i, size_t end,
                                             unsigned min_run)
{
    while (i + min_run <= end) {
        uint64_t starts = KERNEL(repeats)(bytes + i);
        starts &= starts >> 1;
        starts &= starts >> 2;
        starts &= starts >> (min_run - 4); /* each bit now stands for min_run bits from it on */
        if (starts != 0) {
            i += (size_t)__builtin_ctzll(starts);
            return i + min_run <= end ? i : end;
        }
        i += 64 - min_run + 1; /* later starts saw less than min_run bits */
    }
    return end;
}

TARGET static inline size_t KERNEL(find_run_end)(const uint8_t *bytes, size_t i, size_t end)
{
    for (; i < end; i += 64) {
        uint64_t differs = ~KERNEL(repeats)(bytes + i);
        if (differs != 0) {
            i += (size_t)__builtin_ctzll(differs);
            return i < end ? i : end;
        }
    }
    return end;
}

TARGET static size_t KERNEL(find_runs)(const uint8_t *bytes, size_t size_bytes, unsigned min_run,
                                       wb_deflate_token *tokens)
{
    size_t count = 0, literals_start = 0;
    while (literals_start < size_bytes) {
        size_t run = KERNEL(find_run)(bytes, literals_start, size_bytes, min_run);
        size_t end = run == size_bytes ? run
                                       : KERNEL(find_run_end)(bytes, run + min_run, size_bytes);
        tokens[count++] = (wb_deflate_token){(uint32_t)(run - literals_start),
                                             (uint32_t)(end - run), 1};
        literals_start = end;
    }
    return count;
}

#undef KERNEL
#undef TARGET
#undef VECTOR_BYTES
#undef EQUAL_MASK
