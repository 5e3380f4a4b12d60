/* Runs one fuzz target over files, so that its corpus is a test on any compiler.
 * In: folders or files on the command line. Out: a count; a crash ends the program.
 * Ownership: frees each file after its run. */
#if !defined(_DEFAULT_SOURCE) && !defined(__APPLE__)
#define _DEFAULT_SOURCE /* scandir; NOLINT(bugprone-reserved-identifier) */
#endif

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* From guarded memory, so that a read past either end is seen even where no sanitizer looks. */
static void replay_file(const char *path)
{
    wb_bytes content = file_read(path);
    for (int side = GUARD_AFTER; side <= GUARD_BEFORE; side++) {
        guarded memory = guarded_copy(content.data, content.size_bytes, (guard_side)side);
        LLVMFuzzerTestOneInput(memory.data, memory.size_bytes);
        guarded_free(&memory);
    }
    wb_bytes_free(&content);
}

static size_t replay_path(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        replay_file(path);
        return 1;
    }
    size_t replayed = 0;
    for (int i = 0; i < count; i++) {
        char name[4096];
        int length = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof name) {
            replay_file(name);
            replayed++;
        }
        free(entries[i]);
    }
    free(entries);
    return replayed;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%s: %zu files of %s\n", argv[0], replay_path(argv[i]), argv[i]);
    return 0;
}
