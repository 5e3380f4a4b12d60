/* What the C tests share: failing allocations, guarded memory, rasters, random bytes.
 * In: sizes and callbacks. Out: memory and rasters. Ownership: each function says who frees. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/machine.h"
#include "pixels/raster.h"
#include "base/status.h"
#include "probe/probe.h"

/* Runs `scenario`, expecting WB_OK. In a build with WB_TEST_ALLOCATIONS first with its first,
 * second, ... allocation refused, until it makes no more: alone, when WB_OK is right as well
 * (libjpeg asks again for less), and with all that follow, which must be WB_OUT_OF_MEMORY. The
 * scenario frees all it makes; leaks are the sanitizer's to find. */
typedef wb_status scenario_function(void *context);
void check_every_allocation(const char *name, scenario_function *scenario, void *context);

/* In a build with WB_TEST_ALLOCATIONS: base/threads.h starts `allowed` more threads, no other. */
void refuse_threads_after(unsigned allowed);
void allow_threads(void);

/* `size_bytes` of readable and writable memory at an unaligned end or start of a mapping: the byte
 * after the last (GUARD_AFTER) or before the first (GUARD_BEFORE) ends the program when touched. */
typedef enum guard_side { GUARD_AFTER, GUARD_BEFORE } guard_side;
typedef struct guarded {
    uint8_t *data;
    size_t size_bytes;
    void *mapping;
    size_t mapping_bytes;
} guarded;
guarded guarded_new(size_t size_bytes, guard_side side);
guarded guarded_copy(const void *data, size_t size_bytes, guard_side side);
void guarded_free(guarded *memory);

/* A raster over packed pixels. With `through_buffer` each row is copied into the caller's buffer,
 * as a converting source does, without it rows point into the pixels. Borrows `rows`. */
typedef struct memory_rows {
    const uint8_t *pixels;
    size_t row_bytes;
    bool through_buffer;
} memory_rows;
wb_raster memory_raster(memory_rows *rows, const uint8_t *pixels, size_t width, size_t height,
                        unsigned channels, bool through_buffer);

/* A machine of one thread. */
wb_machine one_thread(wb_cpu cpu);

/* The same numbers on every machine: xorshift64*, from a seed that is not 0. */
uint64_t random_next(uint64_t *state);
void random_fill(uint64_t *state, void *data, size_t size_bytes);

/* The seed's bytes again and again, each time changed by `drift`, so that a short input of a fuzz
 * target makes an image. */
void seeded_fill(uint8_t *target, size_t size_bytes, const uint8_t *seed, size_t seed_bytes,
                 unsigned drift);

/* Makes each row but the first a copy of one of the four above, turned by some bytes and changed in
 * some, as the seed says: what repeats from far away for long, at many distances. */
void repeat_rows(uint8_t *pixels, size_t row_bytes, size_t row_count, const uint8_t *seed,
                 size_t seed_bytes);

/* What the probe says of a file that comes in pieces of so many bytes. */
wb_status probe_pieces(const uint8_t *data, size_t size_bytes, size_t piece_bytes,
                       wb_probe_result *result, wb_error *error);

/* Bytes of few values, so that there is much to find, with slack behind that may be read; the
 * caller frees. */
uint8_t *repetitive_bytes(size_t size_bytes, uint64_t seed);

/* The whole file, or an empty wb_bytes when it cannot be read; the caller frees. */
wb_bytes file_read(const char *path);

#endif
