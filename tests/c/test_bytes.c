/* Tests of growing buffers, checked arithmetic and statuses.
 * In: nothing. Out: an exit code. Ownership: each test frees what it makes. */
#include "base/bytes.h"

#include "check.h"
#include "support.h"

static void test_append_grows(void)
{
    wb_bytes bytes = {0};
    wb_error error = {{0}};
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t value = (uint8_t)(i * 7);
        CHECK_OK(wb_bytes_append(&bytes, &value, 1), error);
    }
    CHECK_EQUAL(bytes.size_bytes, 100000);
    for (unsigned i = 0; i < 100000; i++)
        CHECK_EQUAL(bytes.data[i], (uint8_t)(i * 7));
    CHECK_EQUAL((uintptr_t)bytes.data % 64, 0);
    wb_bytes_free(&bytes);
    wb_bytes_free(&bytes);
    CHECK(bytes.data == NULL && bytes.size_bytes == 0 && bytes.capacity_bytes == 0);
}

static void test_renew_keeps_nothing(void)
{
    wb_bytes bytes = {0};
    wb_error error = {{0}};
    CHECK_OK(wb_bytes_append(&bytes, "abc", 3), error);
    CHECK_OK(wb_bytes_renew(&bytes, 2), error);
    CHECK_EQUAL(bytes.size_bytes, 0);
    CHECK_OK(wb_bytes_renew(&bytes, 1 << 20), error);
    CHECK(bytes.capacity_bytes >= 1 << 20);
    wb_bytes_free(&bytes);
}

static void test_sizes_that_do_not_fit(void)
{
    wb_bytes bytes = {0};
    wb_error error = {{0}};
    CHECK_STATUS(wb_bytes_reserve(&bytes, SIZE_MAX), WB_OUT_OF_MEMORY, error);
    CHECK_OK(wb_bytes_append(&bytes, "abc", 3), error);
    CHECK_STATUS(wb_bytes_reserve(&bytes, SIZE_MAX), WB_OUT_OF_MEMORY, error);
    CHECK_EQUAL(bytes.size_bytes, 3);
    wb_bytes_free(&bytes);

    size_t result;
    CHECK(wb_multiply(SIZE_MAX, 1, &result) && result == SIZE_MAX);
    CHECK(wb_multiply(SIZE_MAX, 0, &result) && result == 0);
    CHECK(!wb_multiply(SIZE_MAX / 2 + 1, 2, &result));
    CHECK(wb_add(SIZE_MAX - 1, 1, &result) && result == SIZE_MAX);
    CHECK(!wb_add(SIZE_MAX, 1, &result));
}

static wb_status append_scenario(void *context)
{
    (void)context;
    wb_bytes bytes = {0};
    wb_status status = WB_OK;
    for (int i = 0; i < 1000 && status == WB_OK; i++)
        status = wb_bytes_append(&bytes, "0123456789", 10);
    wb_bytes_free(&bytes);
    return status;
}

static void test_allocations(void)
{
    check_every_allocation("wb_bytes_append", append_scenario, NULL);
}

static void test_status_texts(void)
{
    for (int status = WB_OK; status <= WB_LIBRARY_FAILED; status++)
        CHECK(strcmp(wb_status_message((wb_status)status), "unknown status") != 0);
    CHECK(strcmp(wb_status_message((wb_status)999), "unknown status") == 0);
    wb_error error;
    CHECK_EQUAL(wb_fail(&error, WB_DAMAGED, "%0*d", 300, 7), WB_DAMAGED);
    CHECK_EQUAL(strlen(error.detail), sizeof error.detail - 1);
    CHECK_EQUAL(wb_fail(NULL, WB_EMPTY, "nothing"), WB_EMPTY);
}

int main(void)
{
    RUN(test_append_grows);
    RUN(test_renew_keeps_nothing);
    RUN(test_sizes_that_do_not_fit);
    RUN(test_allocations);
    RUN(test_status_texts);
    return 0;
}
