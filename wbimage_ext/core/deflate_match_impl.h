/* The search for matches; included once for each equal_bytes, which tells how many bytes agree.
 * In: KERNEL and TARGET. Out: KERNEL(find_matches). Ownership: see deflate_match.h. */

/* Keeps `best` unless the bytes `distance` back agree for more than `margin` longer. */
TARGET static inline match KERNEL(better)(match best, const uint8_t *here, size_t distance,
                                          size_t most, size_t margin)
{
    size_t length = KERNEL(equal_bytes)(here, here - distance, most);
    return length > best.length + margin ? (match){length, distance} : best;
}

TARGET static inline match KERNEL(best_match)(const wb_deflate_matcher *matcher,
                                              const uint8_t *bytes, place at)
{
    const uint8_t *here = bytes + at.i;
    size_t above = at.line_start - at.above_start, step = matcher->step_bytes;
    size_t most = at.end - at.i, piece = most < PIECE ? most : PIECE;
    match best = {0, step};
    if (at.i >= step)
        best.length = KERNEL(equal_bytes)(here, here - step, most);
    if (best.length >= PIECE)
        return best;
    if (at.i >= above && above <= WB_DEFLATE_WINDOW_BYTES)
        best = KERNEL(better)(best, here, above, piece, 3);
    if (best.length >= GOOD_ENOUGH)
        return best;
    size_t column = (at.i - at.line_start) / COLUMN_BYTES;
    size_t distance = matcher->column_distances[column];
    if (distance != 0 && distance <= at.i)
        best = KERNEL(better)(best, here, distance, piece, 2);
    if (most < HASHED_BYTES)
        return best;
    uint64_t word = load_le64(here);
    uint32_t position = matcher->origin + (uint32_t)at.i;
    uint32_t *slots[2] = {&matcher->short_hash[hash(matcher, short_word(matcher, word))],
                          &matcher->long_hash[hash(matcher, word)]};
    for (int k = 0; k < 2; k++) {
        uint32_t back = position - *slots[k];
        *slots[k] = position;
        if (back - 1 < WB_DEFLATE_WINDOW_BYTES && back <= at.i)
            best = KERNEL(better)(best, here, back, piece, 3);
    }
    return best;
}

TARGET static size_t KERNEL(find_matches)(const wb_deflate_matcher *shared_matcher,
                                          const uint8_t *bytes, size_t start, size_t end,
                                          wb_deflate_token *tokens)
{
    wb_deflate_matcher copy = *shared_matcher, *matcher = &copy; /* no store can change a copy */
    size_t line = matcher->line_bytes, step = matcher->step_bytes;
    /* Where a price is checked, short matches may try. */
    size_t min_far = matcher->literal_costs != NULL ? MIN_NEAR : MIN_FAR;
    size_t insert_max = step == 1 ? INSERT_MAX_GRAY : INSERT_MAX;
    size_t count = 0, literals_start = start;
    place at = {start, end, start, start - line};
    while (at.i < end) {
        while (at.i - at.line_start >= line) {
            if (matcher->literal_costs != NULL || bytes[at.line_start] == 0) /* filter None */
                at.above_start = at.line_start;
            at.line_start += line;
        }
        match found = KERNEL(best_match)(matcher, bytes, at);
        bool near = found.distance == step;
        bool far = !near && found.distance != at.line_start - at.above_start;
        if (far && found.length < GOOD_ENOUGH && at.i + step + found.length <= end
            && KERNEL(equal_bytes)(bytes + at.i + step, bytes + at.i, found.length)
                   == found.length) {
            at.i += step; /* a run begins here: a literal and the run say more for less */
            continue;
        }
        if (found.length < (near ? MIN_NEAR : min_far)
            || !is_worth(matcher->literal_costs, bytes + at.i, found)) {
            at.i += step;
            continue;
        }
        if (far)
            remember_column(matcher, at, found);
        tokens[count++] = (wb_deflate_token){(uint32_t)(at.i - literals_start),
                                             (uint32_t)found.length, (uint32_t)found.distance};
        if (!near && found.length < insert_max)
            for (size_t k = step; k < found.length && at.i + k + HASHED_BYTES <= end; k += step)
                insert(matcher, bytes, at.i + k);
        at.i += found.length;
        literals_start = at.i;
    }
    if (literals_start < end)
        tokens[count++] = (wb_deflate_token){(uint32_t)(end - literals_start), 0, 0};
    return count;
}

#undef KERNEL
#undef TARGET
