/* libjpeg's memory layer on wb_allocate, where the linker lets us replace it: its refusals too.
 * In: sizes. Out: memory of wb_allocate. Ownership: libjpeg frees what it gets. */
#include "base/bytes.h"

#ifdef WB_TEST_ALLOCATIONS

#include <stdio.h> /* jpeglib.h needs it first */

#include <jpeglib.h>

/* As jmemsys.h has them, which is not installed. */
void *jpeg_get_small(j_common_ptr library, size_t size_bytes);
void *jpeg_get_large(j_common_ptr library, size_t size_bytes);
void jpeg_free_small(j_common_ptr library, void *memory, size_t size_bytes);
void jpeg_free_large(j_common_ptr library, void *memory, size_t size_bytes);
size_t jpeg_mem_available(j_common_ptr library, size_t least, size_t most, size_t allocated);
void jpeg_open_backing_store(j_common_ptr library, void *info, long size_bytes);
long jpeg_mem_init(j_common_ptr library);
void jpeg_mem_term(j_common_ptr library);

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *jpeg_get_small(j_common_ptr library, size_t size_bytes)
{
    (void)library;
    return wb_allocate(size_bytes);
}

EXPORTED void *jpeg_get_large(j_common_ptr library, size_t size_bytes)
{
    (void)library;
    return wb_allocate(size_bytes);
}

EXPORTED void jpeg_free_small(j_common_ptr library, void *memory, size_t size_bytes)
{
    (void)library;
    (void)size_bytes;
    wb_release(memory);
}

EXPORTED void jpeg_free_large(j_common_ptr library, void *memory, size_t size_bytes)
{
    jpeg_free_small(library, memory, size_bytes);
}

EXPORTED size_t jpeg_mem_available(j_common_ptr library, size_t least, size_t most,
                                   size_t allocated)
{
    (void)library;
    (void)least;
    (void)allocated;
    return most;
}

/* Never called: all that is wanted is available. */
EXPORTED void jpeg_open_backing_store(j_common_ptr library, void *info, long size_bytes)
{
    (void)library;
    (void)info;
    (void)size_bytes;
}

EXPORTED long jpeg_mem_init(j_common_ptr library)
{
    (void)library;
    return 0;
}

EXPORTED void jpeg_mem_term(j_common_ptr library)
{
    (void)library;
}

#else

typedef int nothing_here; /* a file of C needs one declaration */

#endif
