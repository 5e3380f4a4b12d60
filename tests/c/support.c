/* Helpers of the C tests: failing allocations, guarded memory, rasters over memory, random bytes.
 * In: see support.h. Out: memory and rasters. Ownership: see support.h. */
#if !defined(_DEFAULT_SOURCE) && !defined(__APPLE__)
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS; NOLINT(bugprone-reserved-identifier) */
#endif

#include "support.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "check.h"
#include "deflate/tokens.h"

#ifdef WB_TEST_ALLOCATIONS

static atomic_size_t allocation_count; /* test_threads.c allocates from many */
static size_t first_refused;           /* counted from 1; 0 refuses none */
static size_t last_refused;

bool wb_test_refuse_allocation(void);
bool wb_test_refuse_allocation(void)
{
    const size_t count = ++allocation_count;
    return count >= first_refused && count <= last_refused;
}

static bool threads_are_refused;
static unsigned threads_allowed;

bool wb_test_refuse_thread(void);
bool wb_test_refuse_thread(void)
{
    return threads_are_refused && threads_allowed-- == 0;
}

void refuse_threads_after(unsigned allowed)
{
    threads_are_refused = true;
    threads_allowed = allowed;
}

void allow_threads(void)
{
    threads_are_refused = false;
}

static wb_status run_refused(scenario_function *scenario, void *context, size_t first, size_t last)
{
    allocation_count = 0;
    first_refused = first;
    last_refused = last;
    wb_status status = scenario(context);
    last_refused = 0;
    return status;
}

void check_every_allocation(const char *name, scenario_function *scenario, void *context)
{
    size_t which = 1;
    for (;; which++) {
        wb_status status = run_refused(scenario, context, which, which);
        if (status != WB_OK && status != WB_OUT_OF_MEMORY)
            CHECK_FAIL("%s: \"%s\" when allocation %zu is refused", name, wb_status_message(status),
                       which);
        if (allocation_count < which)
            break;
        status = run_refused(scenario, context, which, SIZE_MAX);
        if (status != WB_OUT_OF_MEMORY)
            CHECK_FAIL("%s: \"%s\" when all from allocation %zu on are refused", name,
                       wb_status_message(status), which);
    }
    if (scenario(context) != WB_OK)
        CHECK_FAIL("%s fails after the refusals", name);
    printf("    %s: %zu allocations refused in turn\n", name, which - 1);
}

#else

void check_every_allocation(const char *name, scenario_function *scenario, void *context)
{
    wb_status status = scenario(context);
    if (status != WB_OK)
        CHECK_FAIL("%s: \"%s\"", name, wb_status_message(status));
}

#endif

#ifdef _WIN32

static size_t page_size(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

static uint8_t *map_nothing(size_t size_bytes)
{
    uint8_t *mapping = VirtualAlloc(NULL, size_bytes, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    CHECK(mapping != NULL);
    return mapping;
}

static void allow_access(uint8_t *memory, size_t size_bytes)
{
    DWORD before;
    CHECK(VirtualProtect(memory, size_bytes, PAGE_READWRITE, &before));
}

static void unmap(void *mapping, size_t size_bytes)
{
    (void)size_bytes;
    CHECK(VirtualFree(mapping, 0, MEM_RELEASE));
}

#else

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static uint8_t *map_nothing(size_t size_bytes)
{
    uint8_t *mapping = mmap(NULL, size_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapping != MAP_FAILED);
    return mapping;
}

static void allow_access(uint8_t *memory, size_t size_bytes)
{
    CHECK(mprotect(memory, size_bytes, PROT_READ | PROT_WRITE) == 0);
}

static void unmap(void *mapping, size_t size_bytes)
{
    CHECK(munmap(mapping, size_bytes) == 0);
}

#endif

guarded guarded_new(size_t size_bytes, guard_side side)
{
    size_t page_bytes = page_size();
    size_t inner_bytes = (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
    size_t mapping_bytes = inner_bytes + 2 * page_bytes;
    uint8_t *mapping = map_nothing(mapping_bytes);
    uint8_t *inner = mapping + page_bytes;
    if (inner_bytes != 0)
        allow_access(inner, inner_bytes);
    return (guarded){
        .data = side == GUARD_AFTER ? inner + inner_bytes - size_bytes : inner,
        .size_bytes = size_bytes,
        .mapping = mapping,
        .mapping_bytes = mapping_bytes,
    };
}

guarded guarded_copy(const void *data, size_t size_bytes, guard_side side)
{
    guarded memory = guarded_new(size_bytes, side);
    if (size_bytes != 0)
        memcpy(memory.data, data, size_bytes);
    return memory;
}

void guarded_free(guarded *memory)
{
    if (memory->mapping != NULL)
        unmap(memory->mapping, memory->mapping_bytes);
    *memory = (guarded){0};
}

static const uint8_t *memory_row(const void *context, size_t y, uint8_t *buffer)
{
    const memory_rows *rows = context;
    const uint8_t *row = rows->pixels + y * rows->row_bytes;
    if (!rows->through_buffer)
        return row;
    memcpy(buffer, row, rows->row_bytes);
    return buffer;
}

wb_raster memory_raster(memory_rows *rows, const uint8_t *pixels, size_t width, size_t height,
                        unsigned channels, bool through_buffer)
{
    *rows = (memory_rows){pixels, width * channels, through_buffer};
    return (wb_raster){
        .width = width,
        .height = height,
        .channels = channels,
        .context = rows,
        .row = memory_row,
    };
}

wb_machine one_thread(wb_cpu cpu)
{
    return (wb_machine){.cpu = cpu, .thread_count = 1};
}

uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}

void random_fill(uint64_t *state, void *data, size_t size_bytes)
{
    uint8_t *bytes = data;
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (uint8_t)(random_next(state) >> 56);
}

void seeded_fill(uint8_t *target, size_t size_bytes, const uint8_t *seed, size_t seed_bytes,
                 unsigned drift)
{
    for (size_t i = 0; i < size_bytes; i++)
        target[i] = (uint8_t)(seed[i % seed_bytes] + i / seed_bytes * drift);
}

void repeat_rows(uint8_t *pixels, size_t row_bytes, size_t row_count, const uint8_t *seed,
                 size_t seed_bytes)
{
    enum { MOST_BACK = 4 };
    size_t next = 0;
    for (size_t y = 1; y < row_count; y++) {
        const size_t back = 1 + seed[next++ % seed_bytes] % (y < MOST_BACK ? y : MOST_BACK);
        const size_t turned = seed[next++ % seed_bytes] % row_bytes;
        uint8_t *row = pixels + y * row_bytes;
        const uint8_t *from = row - back * row_bytes;
        memcpy(row, from + turned, row_bytes - turned);
        memcpy(row + row_bytes - turned, from, turned);
        for (size_t i = 0;;) {
            const unsigned gap = seed[next++ % seed_bytes]; /* 1 to 64, or that times 4, 16, 64 */
            i += (1 + (size_t)gap % 64) << gap / 64 * 2;
            if (i >= row_bytes)
                break;
            row[i] ^= 1;
        }
    }
}

wb_bytes file_read(const char *path)
{
    wb_bytes content = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return content;
    uint8_t piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        CHECK(wb_bytes_append(&content, piece, got) == WB_OK);
    fclose(file);
    return content;
}

uint8_t *repetitive_bytes(size_t size_bytes, uint64_t seed)
{
    uint8_t *bytes = wb_allocate(size_bytes + WB_DEFLATE_SLACK_BYTES);
    CHECK(bytes != NULL);
    for (size_t i = 0; i < size_bytes + WB_DEFLATE_SLACK_BYTES;) {
        uint64_t random = random_next(&seed);
        size_t length = 1 + random % 4 * (random >> 8) % 50;
        for (; length != 0 && i < size_bytes + WB_DEFLATE_SLACK_BYTES; length--)
            bytes[i++] = (uint8_t)(random >> 60);
    }
    return bytes;
}

wb_status probe_pieces(const uint8_t *data, size_t size_bytes, size_t piece_bytes,
                       wb_probe_result *result, wb_error *error)
{
    wb_probe probe;
    wb_probe_init(&probe);
    for (size_t at = 0; at < size_bytes; at += piece_bytes) {
        const size_t left = size_bytes - at;
        if (wb_probe_feed(&probe, data + at, left < piece_bytes ? left : piece_bytes, error)
            != WB_OK)
            break;
    }
    return wb_probe_finish(&probe, result, error);
}
