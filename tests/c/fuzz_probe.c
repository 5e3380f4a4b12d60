/* Fuzz target: the probe says the same of any bytes, whole or in pieces, and of what it accepts it
 * says that it is cut when it is.
 * In: a file's bytes. Out: a trap where that is not so. Ownership: none. */
#include "check.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    wb_probe_result whole, pieces;
    wb_error whole_error = {{0}}, pieces_error = {{0}};
    const size_t piece_bytes = size_bytes == 0 ? 1 : data[size_bytes - 1] % 9 + 1u;
    wb_status status = probe_pieces(data, size_bytes, SIZE_MAX / 2, &whole, &whole_error);
    CHECK_EQUAL(probe_pieces(data, size_bytes, piece_bytes, &pieces, &pieces_error), status);
    CHECK(strcmp(whole_error.detail, pieces_error.detail) == 0);
    CHECK_EQUAL(pieces.format, whole.format);
    CHECK_EQUAL(pieces.width, whole.width);
    CHECK_EQUAL(pieces.height, whole.height);
    CHECK((status == WB_OK) == (whole.format != WB_FORMAT_UNKNOWN));
    CHECK(status != WB_OK || (whole.width != 0 && whole.height != 0));
    return 0;
}
