/* How often a stretch's symbols occur.
 * In: bytes and the tokens that cover them. Out: counts, prices of literals.
 * Ownership: none. */
#ifndef WB_DEFLATE_COUNT_H
#define WB_DEFLATE_COUNT_H

#include <stdbool.h>

#include "deflate/codes.h"
#include "deflate/emit.h"

enum { WB_DEFLATE_SAMPLE_RATE = 8 /* bytes for each that a sample counts */ };

typedef struct wb_deflate_counts {
    wb_deflate_frequencies frequencies;
    bool is_exact;
    uint64_t entropy_bits; /* as wb_deflate_entropy tells it */
} wb_deflate_counts;

/* Where matches are few and all of distance 1, literals are counted on a sample; then every literal
 * may still come, and has a count. */
void wb_deflate_count(const wb_deflate_stretch *stretch, size_t size_bytes,
                      wb_deflate_counts *counts);

/* Adds the counts of the stretch that follows, which are exact together where both are. */
void wb_deflate_counts_add(wb_deflate_counts *to, const wb_deflate_counts *next);

/* Bits that codes for these counts take beside the entropy, about. Of a sample the entropy is too
 * low: what it lacks is in them. */
uint64_t wb_deflate_codes_cost(const wb_deflate_counts *counts);

/* Whether at least one in `share` literals begins four bytes that began at another one before. Four
 * bytes after the end may be read. */
bool wb_deflate_do_literals_repeat(const wb_deflate_stretch *stretch, size_t share);

/* What each byte would cost as a literal, in 1/256 bits, by how often it occurs in a sample. */
void wb_deflate_literal_costs(const uint8_t *bytes, size_t size_bytes,
                              uint16_t costs[WB_DEFLATE_LITERALS]);

#endif
