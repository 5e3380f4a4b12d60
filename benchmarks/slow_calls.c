/* Makes the file system slow below one folder, as a cluster's is: every call waits.
 * In: SLOW_FOLDER, an absolute path without links, and SLOW_MICROSECONDS. Loaded with LD_PRELOAD.
 * Out: calls of the C library that take a path below the folder, or a file that was opened there,
 * sleep before they do their work. Threads sleep side by side.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FILES 4096

/* Files that were opened below the folder, by descriptor. */
static _Atomic char is_slow_file[MOST_FILES];

static void wait_a_call(void)
{
    const char *microseconds = getenv("SLOW_MICROSECONDS");
    usleep(microseconds == NULL ? 2000 : (useconds_t)atoi(microseconds));
}

static int is_slow_path(const char *path)
{
    const char *folder = getenv("SLOW_FOLDER");
    return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static void wait_for_path(const char *path)
{
    if (is_slow_path(path))
        wait_a_call();
}

static void wait_for_file(int file)
{
    if (file >= 0 && file < MOST_FILES && is_slow_file[file])
        wait_a_call();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define DEFINE_OPEN(name)                                           \
    int name(const char *path, int flags, ...)                      \
    {                                                               \
        va_list rest;                                               \
        va_start(rest, flags);                                      \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                               \
        wait_for_path(path);                                        \
        int file = NEXT(name)(path, flags, mode);                   \
        if (file >= 0 && file < MOST_FILES)                         \
            is_slow_file[file] = (char)is_slow_path(path);          \
        return file;                                                \
    }

DEFINE_OPEN(open)
DEFINE_OPEN(open64)

ssize_t write(int file, const void *data, size_t size)
{
    wait_for_file(file);
    return NEXT(write)(file, data, size);
}

int close(int file)
{
    wait_for_file(file);
    if (file >= 0 && file < MOST_FILES)
        is_slow_file[file] = 0;
    return NEXT(close)(file);
}

#define DEFINE_WITH_PATH(name)   \
    int name(const char *path)   \
    {                            \
        wait_for_path(path);     \
        return NEXT(name)(path); \
    }

DEFINE_WITH_PATH(unlink)
DEFINE_WITH_PATH(rmdir)

int mkdir(const char *path, mode_t mode)
{
    wait_for_path(path);
    return NEXT(mkdir)(path, mode);
}

#define DEFINE_WITH_TWO_PATHS(name)            \
    int name(const char *from, const char *to) \
    {                                          \
        wait_for_path(to);                     \
        return NEXT(name)(from, to);           \
    }

DEFINE_WITH_TWO_PATHS(rename)
DEFINE_WITH_TWO_PATHS(link)
DEFINE_WITH_TWO_PATHS(symlink)

#define DEFINE_STAT(name, type)                  \
    int name(const char *path, struct type *out) \
    {                                            \
        wait_for_path(path);                     \
        return NEXT(name)(path, out);            \
    }

DEFINE_STAT(stat, stat)
DEFINE_STAT(lstat, stat)
DEFINE_STAT(stat64, stat64)
DEFINE_STAT(lstat64, stat64)
