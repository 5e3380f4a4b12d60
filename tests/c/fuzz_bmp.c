/* Fuzz target: any pixels and shape encode to the same BMP however the rows lie in memory, and it
 * decodes to them.
 * In: three bytes of parameters, then bytes that pixels are made of. Out: a trap where that is not
 * so. Ownership: frees what it makes. */
#include "bmp/encode.h"
#include "fuzz_layouts.h"

enum { PARAMETERS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static wb_status encode(const wb_raster *raster, int quality, wb_bytes *file, wb_error *error)
{
    (void)quality;
    return wb_bmp_encode(raster, file, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes <= PARAMETERS)
        return 0;
    fuzz_pixels made = fuzz_pixels_make(data, size_bytes, PARAMETERS);
    const wb_status expected = made.channels == 2 ? WB_BAD_ARGUMENT : WB_OK;
    wb_bytes files[3] = {{0}};
    fuzz_encode(&made, encode, WB_FILE_BMP, 0, expected, files);
    if (expected == WB_OK)
        check_bmp_file(&files[0], made.pixels, made.width, made.height, made.channels);
    for (int i = 0; i < 3; i++)
        wb_bytes_free(&files[i]);
    fuzz_pixels_free(&made);
    return 0;
}
