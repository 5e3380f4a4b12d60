/* The search for matches; included once for each way to compare 32 bytes.
 * In: KERNEL, TARGET and KERNEL(differs). Out: KERNEL(find_matches). Ownership: see
 * deflate/match.h; undefines its macros at the end. */

/* How many bytes agree, at least `length`, where the first so many are known to. */
TARGET WB_NEVER_INLINE size_t KERNEL(equal_from)(const uint8_t *here, size_t distance,
                                                 size_t length, size_t most)
{
    const uint8_t *there = here - distance;
    for (; length + 4 * COMPARED_BYTES <= most; length += 4 * COMPARED_BYTES) {
        uint64_t differs = 0;
        for (size_t k = length; k < length + 4 * COMPARED_BYTES; k += COMPARED_BYTES)
            differs |= KERNEL(differs)(here + k, there + k);
        if ((uint32_t)differs != 0)
            break;
    }
    for (; length < most; length += COMPARED_BYTES) {
        unsigned equal = wb_lowest_bit(KERNEL(differs)(here + length, there + length));
        if (equal != COMPARED_BYTES)
            return length + equal < most ? length + equal : most;
    }
    return most;
}

/* Of a match of at least COMPARED_BYTES: whether a run from the next pixel on, of which `equal`
 * bytes are known, ends no earlier. */
TARGET static inline bool KERNEL(is_run_longer)(const uint8_t *here, size_t step, size_t equal,
                                                size_t distance, size_t most)
{
    return step + equal >= COMPARED_BYTES
           && step + KERNEL(equal_from)(here + step, step, equal, most - step)
                  >= KERNEL(equal_from)(here, distance, COMPARED_BYTES, most);
}

/* How many bytes before a match agree, too, up to 8. */
TARGET static inline size_t KERNEL(equal_before)(const uint8_t *here, size_t distance)
{
    uint64_t differs = wb_load_le64(here - 8) ^ wb_load_le64(here - 8 - distance);
    return (63u - wb_highest_bit(differs | 1)) / 8;
}

/* Of the places in an entry that agree in COMPARED_BYTES, and of `distance`, which does, the one
 * whose match saves most. */
TARGET WB_NEVER_INLINE size_t KERNEL(longest_of)(const search *in, const uint8_t *here,
                                                 uint64_t entry, size_t position, size_t reach,
                                                 size_t distance, size_t most)
{
    most = most < PIECE_BYTES ? most : PIECE_BYTES;
    size_t length = KERNEL(equal_from)(here, distance, COMPARED_BYTES, most);
    int64_t gain = (int64_t)length * in->by_byte + far_part(in, distance);
    for (unsigned age = 0; age < LONG_PLACES && length < most; age++) {
        size_t far = (position - (entry >> PLACE_BITS * age)) & 0xffff;
        if (far - 1 >= reach || here[length] != *(here + length - far))
            continue;
        size_t other_length = KERNEL(equal_from)(here, far, 0, most);
        int64_t other = (int64_t)other_length * in->by_byte + far_part(in, far);
        if (other_length < COMPARED_BYTES || other <= gain)
            continue;
        gain = other;
        length = other_length;
        distance = far;
    }
    return distance;
}

TARGET static size_t KERNEL(search)(wb_deflate_matcher *matcher, const uint8_t *bytes, size_t start,
                                    size_t end, wb_deflate_token *tokens)
{
    search in;
    search_init(&in, matcher);
    const size_t step = in.step, origin = matcher->origin;
    const size_t last = end > in.hashed_bytes ? end - in.hashed_bytes : 0;
    const int misses_shift = step == 1 ? WB_FIT_MISSES_SHIFT_GRAY : WB_FIT_MISSES_SHIFT;
    const int64_t left_part = near_part(&in, step);
    line_place line = {.next = start};
    size_t count = 0, literals_start = start, misses = 0, searches = 0;
    size_t cut = 0; /* the distance of the match before, if that may go on behind its piece */
    size_t i = start < step ? step : start; /* nothing lies left of the first pixel */
    while (i < last) {
        if (i >= line.next)
            line_advance(&in, bytes, i, matcher->line_bytes, &line);
        const uint8_t *here = bytes + i;
        uint64_t left_differs = KERNEL(differs)(here, here - step);
        uint64_t above_differs = KERNEL(differs)(here, here - line.above);
        unsigned left_length = wb_lowest_bit(left_differs);
        unsigned above_length = wb_lowest_bit(above_differs);
        size_t length, distance, most = end - i;
        if ((left_length | above_length) & COMPARED_BYTES) {
            length = COMPARED_BYTES;
            distance = left_length == COMPARED_BYTES ? step : line.above;
        } else {
            const size_t position = origin + i;
            const size_t reach = i < WB_DEFLATE_WINDOW_BYTES ? i : WB_DEFLATE_WINDOW_BYTES;
            const table_slots slots = slots_of(&in, here);
            const uint64_t entries[SHORT_TABLES + 1] = {*slots.of[0], *slots.of[1], *slots.of_long};
            insert(slots, position);
            searches++;
            size_t fars[(SHORT_TABLES + 1) * PLACES];
            unsigned equals[(SHORT_TABLES + 1) * PLACES], places = 0;
            for (int k = 0; k <= SHORT_TABLES; k++)
                for (unsigned age = 0; age < (k == 0 ? 1 : PLACES); age++) {
                    size_t far = ((position - 1 - (entries[k] >> PLACE_BITS * age)) & 0xffff) + 1;
                    far = far < i ? far : i; /* beyond the window its price rules it out */
                    fars[places] = far;
                    equals[places++] = wb_lowest_bit(KERNEL(differs)(here, here - far));
                }
            int64_t over[EXACT_BYTES + 1];
            sum_literals(&in, here, over);
            int64_t best = by_length(&in, over, left_length) + left_part;
            int64_t other = by_length(&in, over, above_length) + line.above_part;
            best = other > best ? other : best;
            for (unsigned k = 0; k < places; k++) {
                other = by_length(&in, over, equals[k]) + far_part(&in, fars[k]);
                best = other > best ? other : best;
            }
            if (cut != 0) {
                unsigned equal = wb_lowest_bit(KERNEL(differs)(here, here - cut));
                other = by_length(&in, over, equal) + far_part(&in, cut);
                best = other > best ? other : best;
                cut = 0;
            }
            if (!does_pay(best)) {
                i += step * (1 + (misses++ >> misses_shift));
                continue;
            }
            length = length_of(best);
            distance = distance_of(best);
            if (length == COMPARED_BYTES)
                distance = KERNEL(longest_of)(&in, here, entries[SHORT_TABLES], position, reach,
                                              distance, most);
            /* A literal pixel, and then a run or a match above, may save more. */
            unsigned left_later = wb_lowest_bit(left_differs >> step);
            int64_t later = in.by_length[left_later] + left_part;
            other = in.by_length[wb_lowest_bit(above_differs >> step)] + line.above_part;
            later = (other > later ? other : later) - over[step < EXACT_BYTES ? step : EXACT_BYTES];
            if (later > best && distance != step
                && (length != COMPARED_BYTES
                    || KERNEL(is_run_longer)(here, step, left_later, distance, most))) {
                i += step;
                continue;
            }
        }
        if (length == COMPARED_BYTES) {
            /* To the left each piece costs a few bits, above or far away about 14. */
            most = distance == step || most < PIECE_BYTES ? most : PIECE_BYTES;
            length = KERNEL(equal_from)(here, distance, COMPARED_BYTES, most);
            cut = length == PIECE_BYTES ? distance : 0;
        }
        length = length < most ? length : most;
        misses = 0;
        size_t before = i - literals_start;
        if (i >= distance + sizeof(uint64_t)) {
            size_t equal = KERNEL(equal_before)(here, distance);
            before -= equal < before ? equal : before;
        }
        const size_t next = i + length;
        length = next - literals_start - before;
        tokens[count++] = (wb_deflate_token){(uint32_t)before, (uint32_t)length,
                                             (uint32_t)distance};
        size_t k = i + step, whole = (next - i) / step * step;
        if (length >= WB_FIT_INSERT_BYTES || distance == step) {
            size_t tail = step * (distance == step ? WB_FIT_RUN_TAIL : WB_FIT_MATCH_TAIL);
            k = whole > tail + step ? i + whole - tail : k;
        }
        for (; k < next && k < last; k += step)
            insert(slots_of(&in, bytes + k), origin + k);
        i = literals_start = next;
    }
    matcher->searches += searches;
    if (literals_start < end)
        tokens[count++] = (wb_deflate_token){(uint32_t)(end - literals_start), 0, 0};
    return count;
}

#include "deflate/match_fine_impl.h"

TARGET static size_t KERNEL(find_matches)(wb_deflate_matcher *matcher, const uint8_t *bytes,
                                          size_t start, size_t end, wb_deflate_token *tokens)
{
    return matcher->is_fine ? KERNEL(search_fine)(matcher, bytes, start, end, tokens)
                            : KERNEL(search)(matcher, bytes, start, end, tokens);
}

#undef KERNEL
#undef TARGET
