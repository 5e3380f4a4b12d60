/* Fuzz target: any bytes decode or fail, and what decodes is what the probe says it is.
 * In: a file's bytes. Out: a trap where that is not so. Ownership: frees the pixels. */
#include "check.h"
#include "image.h"
#include "probe/probe.h"

enum { MAX_PIXELS = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    wb_decoded decoded;
    wb_error error = {{0}};
    wb_status status = wb_image_decode(&(wb_encoded){data, size_bytes, MAX_PIXELS, false}, &decoded,
                                       &error);
    if (status != WB_OK) {
        CHECK(decoded.pixels.data == NULL);
        CHECK(status == WB_OUT_OF_MEMORY || error.detail[0] != '\0');
        return 0;
    }
    const size_t pixels = decoded.width * decoded.height;
    CHECK(pixels != 0 && pixels <= MAX_PIXELS);
    CHECK_EQUAL(decoded.pixels.size_bytes, pixels * decoded.channels * decoded.sample_bytes);
    wb_probe probe;
    wb_probe_result result;
    wb_probe_init(&probe);
    wb_probe_feed(&probe, data, size_bytes, NULL);
    if (wb_probe_finish(&probe, &result, NULL) == WB_OK) {
        CHECK_EQUAL(result.width, decoded.width);
        CHECK_EQUAL(result.height, decoded.height);
    }
    wb_decoded_free(&decoded);
    return 0;
}
