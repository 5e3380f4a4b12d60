/* The checks of the C tests: a test is a function, a failed check says where and ends the run.
 * In: conditions, statuses, bytes. Out: lines on stderr, an exit code. Ownership: none. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

#define CHECK_FAIL(...)                                 \
    do {                                                \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
        fprintf(stderr, __VA_ARGS__);                   \
        fputc('\n', stderr);                            \
        exit(1);                                        \
    } while (0)

#define CHECK(condition)                            \
    do {                                            \
        if (!(condition))                           \
            CHECK_FAIL("not true: %s", #condition); \
    } while (0)

#define CHECK_EQUAL(actual, expected)                                             \
    do {                                                                          \
        long long check_a = (long long)(actual), check_b = (long long)(expected); \
        if (check_a != check_b)                                                   \
            CHECK_FAIL("%s is %lld, not %lld", #actual, check_a, check_b);        \
    } while (0)

/* `call` takes a `&error` of the caller's, a wb_error, whose detail is shown when it differs. */
#define CHECK_STATUS(call, expected, error)                                                   \
    do {                                                                                      \
        wb_status check_status = (call);                                                      \
        if (check_status != (expected))                                                       \
            CHECK_FAIL("%s: \"%s\" (%s), not \"%s\"", #call, wb_status_message(check_status), \
                       (error).detail, wb_status_message(expected));                          \
    } while (0)

#define CHECK_OK(call, error) CHECK_STATUS(call, WB_OK, error)

#define CHECK_TEXT(text, part)                                            \
    do {                                                                  \
        if (strstr((text), (part)) == NULL)                               \
            CHECK_FAIL("\"%s\" does not contain \"%s\"", (text), (part)); \
    } while (0)

#define CHECK_BYTES(actual, expected, size_bytes)                                         \
    do {                                                                                  \
        const unsigned char *check_a = (const unsigned char *)(actual);                   \
        const unsigned char *check_b = (const unsigned char *)(expected);                 \
        size_t check_size = (size_bytes);                                                 \
        for (size_t check_i = 0; check_i < check_size; check_i++)                         \
            if (check_a[check_i] != check_b[check_i])                                     \
                CHECK_FAIL("%s differs from %s at byte %zu: 0x%02x, not 0x%02x", #actual, \
                           #expected, check_i, check_a[check_i], check_b[check_i]);       \
    } while (0)

/* int main(void) { RUN(this_test); RUN(that_test); return 0; } */
#define RUN(test)                            \
    do {                                     \
        test();                              \
        printf("%s: %s\n", __FILE__, #test); \
    } while (0)

#endif
