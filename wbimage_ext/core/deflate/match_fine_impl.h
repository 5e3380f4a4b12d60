/* The search for matches among residuals of samples of 16 bits; included by match_impl.h, whose
 * functions it takes. Low bytes are noise, so that most searches find nothing or little: of a gray
 * pixel one byte is searched, and more places are compared only where a match is long already. The
 * byte is the low one, since a match is extended back to the high byte before; where high bytes
 * vary, too, it is the high one, and two pixels are looked up. Slopes repeat at several distances,
 * of which the tables know only the last ones: long matches are compared at recent distances, too.
 * In: KERNEL, TARGET, KERNEL(differs). Out: KERNEL(search_fine). Ownership: see deflate/match.h. */

/* As longest_of, of recent distances. */
TARGET WB_NEVER_INLINE size_t KERNEL(recent_of)(const search *in, const uint8_t *here,
                                                const size_t recent[RECENT], size_t distance,
                                                size_t most)
{
    most = most < PIECE_BYTES ? most : PIECE_BYTES;
    size_t length = KERNEL(equal_from)(here, distance, COMPARED_BYTES, most);
    int64_t gain = (int64_t)length * in->by_byte + far_part(in, distance);
    for (int k = 0; k < RECENT; k++) {
        const bool is_shorter = length < most && here[length] != *(here + length - recent[k]);
        if (recent[k] == distance || is_shorter)
            continue;
        size_t other_length = KERNEL(equal_from)(here, recent[k], 0, most);
        int64_t other = (int64_t)other_length * in->by_byte + far_part(in, recent[k]);
        if (other_length >= COMPARED_BYTES && other > gain) {
            gain = other;
            distance = recent[k];
        }
    }
    return distance;
}

/* Of a choice and the match at a distance the one that saves more. */
TARGET WB_ALWAYS_INLINE int64_t KERNEL(better_of)(const search *in, const uint8_t *here,
                                                  const int64_t over[EXACT_BYTES + 1],
                                                  int64_t choice, size_t distance)
{
    unsigned equal = wb_lowest_bit(KERNEL(differs)(here, here - distance));
    int64_t other = by_length(in, over, equal) + far_part(in, distance);
    return other > choice ? other : choice;
}

/* The length of the match that saves most, and its distance, where a choice is long already. */
TARGET WB_ALWAYS_INLINE size_t KERNEL(lengthen)(const search *in, const fine_tables *tables,
                                                const uint8_t *here, fine_place at,
                                                const int64_t over[EXACT_BYTES + 1], int64_t choice,
                                                size_t recent[RECENT], size_t *distance)
{
    uint16_t *slots[2];
    long_slots_of(tables, here, slots);
    const uint32_t entry = *slots[1] | (uint32_t)*slots[0] << PLACE_BITS;
    *slots[0] = *slots[1] = (uint16_t)at.position;
    choice = KERNEL(better_of)(in, here, over, choice,
                               distance_to(entry >> PLACE_BITS, at, in->step));
    choice = KERNEL(better_of)(in, here, over, choice, distance_to(entry, at, in->step));
    choice = KERNEL(better_of)(in, here, over, choice, recent[0]);
    *distance = distance_of(choice);
    if (length_of(choice) < COMPARED_BYTES)
        return length_of(choice);
    *distance = KERNEL(longest_of)(in, here, entry, at.position, at.reach, *distance, at.most);
    *distance = KERNEL(recent_of)(in, here, recent, *distance, at.most);
    remember(recent, *distance);
    /* To the left each piece costs a few bits, above or far away about 14. */
    size_t most = *distance == in->step || at.most < PIECE_BYTES ? at.most : PIECE_BYTES;
    return KERNEL(equal_from)(here, *distance, COMPARED_BYTES, most);
}

TARGET static size_t KERNEL(search_fine)(wb_deflate_matcher *matcher, const uint8_t *bytes,
                                         size_t start, size_t end, wb_deflate_token *tokens)
{
    search in;
    fine_tables tables;
    search_init(&in, matcher);
    const size_t step = in.step, origin = matcher->origin, is_gray = step == 2;
    const size_t is_high = is_gray && do_high_bytes_vary(bytes, start, end, matcher->line_bytes);
    fine_tables_init(&tables, matcher, !is_gray ? step : is_high ? 4 : 5);
    const size_t last = end > FINE_HASHED_BYTES ? end - FINE_HASHED_BYTES : 0;
    size_t line_start = start, line_end = start + matcher->line_bytes;
    size_t recent[RECENT] = {step, step, step, step};
    size_t count = 0, literals_start = start, misses = 0, searches = 0;
    size_t i = start < step ? step : start; /* nothing lies left of the first pixel */
    while (i < last) {
        for (; i >= line_end; line_end += matcher->line_bytes)
            line_start = line_end;
        i += (i - line_start + is_high) & is_gray; /* in odd places of a line are high bytes */
        const uint8_t *here = bytes + i;
        const size_t reach = i < WB_DEFLATE_WINDOW_BYTES ? i : WB_DEFLATE_WINDOW_BYTES;
        const fine_place at = {origin + i, reach, end - i};
        uint16_t *slots[2];
        short_slots_of(&tables, here, slots);
        size_t distance = distance_to(*slots[0], at, step);
        const size_t some = distance_to(*slots[1], at, step);
        *slots[0] = *slots[1] = (uint16_t)at.position;
        searches++;
        const unsigned equal = wb_lowest_bit(KERNEL(differs)(here, here - distance));
        int64_t over[EXACT_BYTES + 1], best = 0;
        if (equal >= tables.few_bytes) {
            sum_literals(&in, here, over);
            best = by_length(&in, over, equal) + far_part(&in, distance);
            best = KERNEL(better_of)(&in, here, over, best, some);
        }
        if (!does_pay(best)) {
            i += step * (1 + (misses++ >> WB_FIT_MISSES_SHIFT_16));
            continue;
        }
        misses = 0;
        size_t length = length_of(best);
        distance = distance_of(best);
        if (length >= FINE_LONG_BYTES)
            length = KERNEL(lengthen)(&in, &tables, here, at, over, best, recent, &distance);
        length = length < at.most ? length : at.most;
        size_t before = i - literals_start;
        if (i >= distance + sizeof(uint64_t)) {
            size_t equal_before = KERNEL(equal_before)(here, distance);
            before -= equal_before < before ? equal_before : before;
        }
        const size_t next = i + length, inner = (next < last ? next : last) - 1;
        length = next - literals_start - before;
        tokens[count++] = (wb_deflate_token){(uint32_t)before, (uint32_t)length,
                                             (uint32_t)distance};
        insert_fine(&tables, bytes, origin, i + step, inner, step, FINE_INSERTED);
        if (length >= FINE_LONG_BYTES)
            insert_fine(&tables, bytes, origin, next - FINE_INSERTED_LONG * step, inner, step,
                        FINE_INSERTED_LONG);
        i = literals_start = next;
    }
    matcher->searches += searches;
    if (literals_start < end)
        tokens[count++] = (wb_deflate_token){(uint32_t)(end - literals_start), 0, 0};
    return count;
}
