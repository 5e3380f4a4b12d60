/* wb_bytes: an owned, growing run of bytes, and the one place that allocates.
 * In: sizes. Out: memory. Ownership: a wb_bytes owns `data`; wb_bytes_free releases it
 * and is safe on a zeroed struct. */
#ifndef WB_BASE_BYTES_H
#define WB_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct wb_bytes {
    uint8_t *data;
    size_t size_bytes;
    size_t capacity_bytes;
} wb_bytes;

/* Makes room for `extra_bytes` after size_bytes; the content stays. */
wb_status wb_bytes_reserve(wb_bytes *bytes, size_t extra_bytes);

/* Makes the capacity at least `capacity_bytes`; the content is lost, size_bytes becomes 0.
 * For scratch memory: never copies. */
wb_status wb_bytes_renew(wb_bytes *bytes, size_t capacity_bytes);

wb_status wb_bytes_append(wb_bytes *bytes, const void *data, size_t size_bytes);
void wb_bytes_free(wb_bytes *bytes);

/* 64-byte aligned memory, or NULL. Every allocation of the core goes through here, so that a test
 * can make each one fail in turn (see tests/c). */
void *wb_allocate(size_t size_bytes);
void wb_release(void *memory);

/* Asks the system for large pages where new memory has some megabytes: every page costs a fault,
 * which takes longer than to compress what fits a small one. wb_allocate has asked. */
void wb_prefer_large_pages(void *memory, size_t size_bytes);

/* Products and sums that must not wrap: true and *result set, or false. */
static inline bool wb_multiply(size_t a, size_t b, size_t *result)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *result = a * b;
    return true;
}

static inline bool wb_add(size_t a, size_t b, size_t *result)
{
    if (a > SIZE_MAX - b)
        return false;
    *result = a + b;
    return true;
}

#endif
