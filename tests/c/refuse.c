/* Refuses memory on purpose, in any program that it is preloaded into (glibc).
 * In: a call, and which of this thread's allocations in it are refused, counted from 1.
 * Out: what the call returns, how many allocations it asked for, and how many blocks the process
 * holds. Ownership: what was allocated belongs to whoever asked, as without it. */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* glibc's own, under the names that stay when malloc is replaced. */
void *__libc_malloc(size_t size_bytes);
void *__libc_calloc(size_t count, size_t size_bytes);
void *__libc_realloc(void *memory, size_t size_bytes);
void *__libc_memalign(size_t alignment, size_t size_bytes);
void __libc_free(void *memory);

/* A thread's own and ready from its start: nothing here may ask for memory itself. */
#define OF_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))
OF_THREAD bool is_counting;
OF_THREAD long asked;
OF_THREAD long first_refused;
OF_THREAD long last_refused;

static atomic_long blocks;

static bool is_refused(void)
{
    if (!is_counting)
        return false;
    asked++;
    if (asked < first_refused || asked > last_refused)
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory)
{
    if (memory != NULL)
        atomic_fetch_add(&blocks, 1);
    return memory;
}

void *malloc(size_t size_bytes)
{
    return is_refused() ? NULL : counted(__libc_malloc(size_bytes));
}

void *calloc(size_t count, size_t size_bytes)
{
    return is_refused() ? NULL : counted(__libc_calloc(count, size_bytes));
}

void *aligned_alloc(size_t alignment, size_t size_bytes)
{
    return is_refused() ? NULL : counted(__libc_memalign(alignment, size_bytes));
}

void *memalign(size_t alignment, size_t size_bytes)
{
    return aligned_alloc(alignment, size_bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t size_bytes)
{
    *memory = aligned_alloc(alignment, size_bytes);
    return *memory == NULL ? ENOMEM : 0;
}

void free(void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&blocks, 1);
    __libc_free(memory);
}

void *realloc(void *memory, size_t size_bytes)
{
    if (memory == NULL)
        return malloc(size_bytes);
    if (size_bytes == 0) {
        free(memory);
        return NULL;
    }
    return is_refused() ? NULL : __libc_realloc(memory, size_bytes);
}

typedef void *call_function(void *callable);

/* What Python asks for, through ctypes: `call` is PyObject_CallNoArgs. */
void *refuse_call(call_function *call, void *callable, long first, long last);
long refuse_asked(void);
long refuse_blocks(void);

void *refuse_call(call_function *call, void *callable, long first, long last)
{
    asked = 0;
    first_refused = first;
    last_refused = last;
    is_counting = true;
    void *result = call(callable);
    is_counting = false;
    return result;
}

/* How many allocations the last call of this thread asked for. */
long refuse_asked(void)
{
    return asked;
}

/* How many blocks the process holds. */
long refuse_blocks(void)
{
    return atomic_load(&blocks);
}
