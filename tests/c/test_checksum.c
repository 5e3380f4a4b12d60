/* Tests of the checksums: published values, pieces, unaligned and guarded memory.
 * In: nothing. Out: an exit code. Ownership: each test frees what it makes. */
#include "base/checksum.h"

#include "check.h"
#include "support.h"

static uint32_t crc32_plainly(const uint8_t *data, size_t size_bytes)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size_bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static uint32_t adler32_plainly(const uint8_t *data, size_t size_bytes)
{
    uint32_t low = 1, high = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        low = (low + data[i]) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

static void test_published_values(void)
{
    CHECK_EQUAL(wb_checksum_crc32(WB_CRC32_START, "123456789", 9), 0xCBF43926u);
    CHECK_EQUAL(wb_checksum_adler32(WB_ADLER32_START, "Wikipedia", 9), 0x11E60398u);
    CHECK_EQUAL(wb_checksum_crc32(WB_CRC32_START, NULL, 0), 0);
    CHECK_EQUAL(wb_checksum_crc32(12345, NULL, 0), 12345);
    CHECK_EQUAL(wb_checksum_adler32(WB_ADLER32_START, NULL, 0), 1);
    CHECK_EQUAL(wb_checksum_adler32(54321, NULL, 0), 54321);
}

static void test_every_length_and_cut(void)
{
    enum { SIZE_BYTES = 700 };
    guarded memory = guarded_new(SIZE_BYTES, GUARD_AFTER);
    uint64_t random = 3;
    random_fill(&random, memory.data, SIZE_BYTES);
    for (size_t start = 0; start <= SIZE_BYTES; start++) {
        const uint8_t *data = memory.data + start;
        size_t size_bytes = SIZE_BYTES - start, cut = size_bytes / 3;
        uint32_t crc = wb_checksum_crc32(WB_CRC32_START, data, cut);
        crc = wb_checksum_crc32(crc, data + cut, size_bytes - cut);
        CHECK_EQUAL(crc, crc32_plainly(data, size_bytes));
        uint32_t adler = wb_checksum_adler32(WB_ADLER32_START, data, cut);
        adler = wb_checksum_adler32(adler, data + cut, size_bytes - cut);
        CHECK_EQUAL(adler, adler32_plainly(data, size_bytes));
    }
    guarded_free(&memory);
}

int main(void)
{
    RUN(test_published_values);
    RUN(test_every_length_and_cut);
    return 0;
}
