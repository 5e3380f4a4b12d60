/* The search for matches; included once for each equal_bytes, which tells how many bytes agree.
 * In: KERNEL and TARGET. Out: KERNEL(find_matches). Ownership: see deflate/match.h. */

/* How many of the first bytes of two words agree, without a branch where the processor can. */
TARGET static inline size_t KERNEL(equal_of_word)(uint64_t a, uint64_t b)
{
    return KERNEL(lowest_bit_or_64)(a ^ b) / 8;
}

/* Never a branch, of which compilers are fond: what is found here nobody foresees. */
TARGET static inline size_t KERNEL(choose)(bool first, size_t a, size_t b)
{
    return b ^ ((a ^ b) & (0 - (size_t)first));
}

/* Keeps `best` unless the bytes `distance` back agree for more than `margin` longer. */
TARGET WB_ALWAYS_INLINE match KERNEL(better)(match best, const uint8_t *here, size_t distance,
                                             size_t most, size_t margin)
{
    size_t length = KERNEL(equal_bytes)(here, here - distance, most);
    return length > best.length + margin ? (match){length, distance} : best;
}

/* The same where the first word agrees: of the candidates most are no better, or the same as
 * another, and then the word that would make them better differs. */
TARGET WB_ALWAYS_INLINE match KERNEL(better_long)(match best, const uint8_t *here, size_t distance,
                                                  size_t most, size_t margin)
{
    size_t last = best.length + margin;
    if (last >= most)
        return best;
    if (last >= sizeof(uint64_t)) {
        const uint8_t *word = here + last + 1 - sizeof(uint64_t);
        if (wb_load_le64(word) != wb_load_le64(word - distance))
            return best;
    }
    return KERNEL(better)(best, here, distance, most, margin);
}

/* Takes the first word alone into account, of which `length` bytes agree. */
static inline match KERNEL(better_short)(match best, size_t length, size_t distance, size_t margin)
{
    bool take = length > best.length + margin;
    best.length = take ? length : best.length;
    best.distance = take ? distance : best.distance;
    return best;
}

/* At least a pixel and HASHED_BYTES lie behind and before the place. */
TARGET WB_ALWAYS_INLINE match KERNEL(best_match)(const wb_deflate_matcher *matcher,
                                                 const uint8_t *bytes, place at)
{
    const uint8_t *here = bytes + at.i;
    size_t above = at.line_start - at.above_start, step = matcher->step_bytes;
    size_t most = at.end - at.i, piece = most < PIECE ? most : PIECE;
    size_t reach = at.i < WB_DEFLATE_WINDOW_BYTES ? at.i : WB_DEFLATE_WINDOW_BYTES;
    uint64_t word = wb_load_le64(here);
    match best = {KERNEL(equal_bytes)(here, here - step, most), step};
    if (best.length >= PIECE)
        return best;
    if (above <= reach)
        best = KERNEL(better)(best, here, above, piece, 3);
    if (best.length >= GOOD_ENOUGH)
        return best;
    size_t column = (at.i - at.line_start) / COLUMN_BYTES;
    uint16_t position = (uint16_t)(matcher->origin + at.i);
    slots seen = slots_of(matcher, word);
    size_t distances[3] = {matcher->column_distances[column], (uint16_t)(position - *seen.of_short),
                           (uint16_t)(position - *seen.of_long)};
    *seen.of_short = *seen.of_long = position;
    size_t lengths[3];
    for (int k = 0; k < 3; k++) {
        distances[k] = KERNEL(choose)(distances[k] - 1 < reach, distances[k], step);
        lengths[k] = KERNEL(equal_of_word)(word, wb_load_le64(here - distances[k]));
    }
    if (((lengths[0] | lengths[1] | lengths[2]) & sizeof word) == 0) {
        best = KERNEL(better_short)(best, lengths[0], distances[0], 2);
        best = KERNEL(better_short)(best, lengths[1], distances[1], 3);
        return KERNEL(better_short)(best, lengths[2], distances[2], 3);
    }
    for (int k = 0; k < 3; k++)
        if (lengths[k] == sizeof word)
            best = KERNEL(better_long)(best, here, distances[k], piece, k == 0 ? 2 : 3);
    return best;
}

/* A short match in text may hide a longer one that begins a byte later; `at` moves to it. */
TARGET WB_ALWAYS_INLINE match KERNEL(match_later)(const wb_deflate_matcher *matcher,
                                                  const uint8_t *bytes, place *at, match found)
{
    place next = *at;
    next.i++;
    if (next.i + HASHED_BYTES > next.end || next.i - next.line_start >= matcher->line_bytes)
        return found;
    match later = KERNEL(best_match)(matcher, bytes, next);
    if (later.length <= found.length + LATER_MARGIN)
        return found;
    *at = next;
    return later;
}

/* Whether the line and the one above are both a filter's number and zeros, which need no search: the
 * number from above, with as many zeros as one piece can say, then zeros. */
TARGET static inline bool KERNEL(is_repeat_of_repeat)(const wb_deflate_matcher *matcher,
                                                      const uint8_t *bytes, place at)
{
    size_t line = matcher->line_bytes;
    return matcher->literal_costs == NULL && bytes[at.line_start] != 0 && at.line_start >= line
           && line >= PIECE + MIN_NEAR && line <= WB_DEFLATE_WINDOW_BYTES
           && bytes[at.line_start - line] != 0;
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
    /* With whole pixels to step over, a literal costs more: plots in colour got larger. */
    bool patient = step == 1 && matcher->literal_costs == NULL;
    size_t count = 0, literals_start = start;
    place at = {start, end, start, start - line};
    if (at.i < step) /* nothing lies to the left */
        at.i = step;
    while (at.i + HASHED_BYTES <= end) {
        while (at.i - at.line_start >= line) {
            if (matcher->literal_costs != NULL || bytes[at.line_start] == 0) /* filter None */
                at.above_start = at.line_start;
            at.line_start += line;
        }
        if (at.i == at.line_start && KERNEL(is_repeat_of_repeat)(matcher, bytes, at)) {
            tokens[count++] = (wb_deflate_token){(uint32_t)(at.i - literals_start), PIECE,
                                                 (uint32_t)line};
            tokens[count++] = (wb_deflate_token){0, (uint32_t)(line - PIECE), (uint32_t)step};
            at.i = literals_start = at.line_start + line;
            continue;
        }
        match found = KERNEL(best_match)(matcher, bytes, at);
        if (patient && found.length >= MIN_FAR && found.length < PATIENT_MAX)
            found = KERNEL(match_later)(matcher, bytes, &at, found);
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
        size_t next = at.i + found.length;
        if (!near && found.length < insert_max) {
            size_t last = next + HASHED_BYTES <= end ? next : end - HASHED_BYTES + 1;
            for (size_t i = at.i + step; i < last; i += step)
                insert(matcher, bytes, i);
        }
        at.i = next;
        literals_start = at.i;
    }
    if (literals_start < end)
        tokens[count++] = (wb_deflate_token){(uint32_t)(end - literals_start), 0, 0};
    return count;
}

#undef KERNEL
#undef TARGET
