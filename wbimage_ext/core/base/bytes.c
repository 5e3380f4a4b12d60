/* Growing byte buffers and aligned allocation.
 * In: sizes. Out: memory that belongs to the wb_bytes or the caller. Ownership: see bytes.h. */
#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* madvise; NOLINT(bugprone-reserved-identifier) */
#elif !defined(_POSIX_C_SOURCE) && !defined(__APPLE__)
#define _POSIX_C_SOURCE 200112L /* posix_memalign; NOLINT(bugprone-reserved-identifier) */
#endif

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

enum {
    ALIGNMENT_BYTES = 64,       /* a cache line, and the widest vector */
    LARGE_PAGE_BYTES = 2 << 20, /* of x86-64 and most ARM systems */
    LARGE_BYTES = 2 * LARGE_PAGE_BYTES
};

#ifdef WB_TEST_ALLOCATIONS
/* Defined by tests/c: decides whether the next allocation is refused. */
bool wb_test_refuse_allocation(void);
#endif

void *wb_allocate(size_t size_bytes)
{
#ifdef WB_TEST_ALLOCATIONS
    if (wb_test_refuse_allocation())
        return NULL;
#endif
    if (size_bytes > SIZE_MAX / 2)
        return NULL;
    if (size_bytes == 0)
        size_bytes = 1;
#ifdef _WIN32
    return _aligned_malloc(size_bytes, ALIGNMENT_BYTES);
#else
    /* Not aligned_alloc: its sizes are multiples of the alignment, and then no sanitizer sees the
     * first bytes past the end. */
    void *memory;
    if (posix_memalign(&memory, ALIGNMENT_BYTES, size_bytes) != 0)
        return NULL;
    wb_prefer_large_pages(memory, size_bytes);
    return memory;
#endif
}

void wb_prefer_large_pages(void *memory, size_t size_bytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (size_bytes < LARGE_BYTES)
        return;
    /* Only whole large pages, all of them within the memory. */
    const size_t before = -(uintptr_t)memory % LARGE_PAGE_BYTES;
    const size_t whole = (size_bytes - before) / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES;
    /* A system without large pages refuses, and nothing is lost. */
    (void)madvise((uint8_t *)memory + before, whole, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)size_bytes;
#endif
}

void wb_release(void *memory)
{
#ifdef _WIN32
    _aligned_free(memory);
#else
    free(memory);
#endif
}

static wb_status bytes_move(wb_bytes *bytes, size_t capacity_bytes, size_t kept_bytes)
{
    uint8_t *data = wb_allocate(capacity_bytes);
    if (data == NULL)
        return WB_OUT_OF_MEMORY;
    if (kept_bytes != 0)
        memcpy(data, bytes->data, kept_bytes);
    wb_release(bytes->data);
    bytes->data = data;
    bytes->capacity_bytes = capacity_bytes;
    bytes->size_bytes = kept_bytes;
    return WB_OK;
}

wb_status wb_bytes_reserve(wb_bytes *bytes, size_t extra_bytes)
{
    size_t needed;
    if (!wb_add(bytes->size_bytes, extra_bytes, &needed))
        return WB_OUT_OF_MEMORY;
    if (needed <= bytes->capacity_bytes)
        return WB_OK;
    size_t doubled = bytes->capacity_bytes <= SIZE_MAX / 2 ? bytes->capacity_bytes * 2 : SIZE_MAX;
    return bytes_move(bytes, needed > doubled ? needed : doubled, bytes->size_bytes);
}

wb_status wb_bytes_renew(wb_bytes *bytes, size_t capacity_bytes)
{
    bytes->size_bytes = 0;
    if (capacity_bytes <= bytes->capacity_bytes)
        return WB_OK;
    wb_bytes_free(bytes);
    return bytes_move(bytes, capacity_bytes, 0);
}

wb_status wb_bytes_append(wb_bytes *bytes, const void *data, size_t size_bytes)
{
    wb_status status = wb_bytes_reserve(bytes, size_bytes);
    if (status == WB_OK && size_bytes != 0) {
        memcpy(bytes->data + bytes->size_bytes, data, size_bytes);
        bytes->size_bytes += size_bytes;
    }
    return status;
}

void wb_bytes_free(wb_bytes *bytes)
{
    wb_release(bytes->data);
    *bytes = (wb_bytes){0};
}
