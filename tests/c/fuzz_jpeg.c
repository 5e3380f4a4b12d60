/* Fuzz target: any pixels, shape and quality encode to the JPEG that libjpeg itself makes, whatever
 * the layout of the rows in memory, and that JPEG decodes.
 * In: four bytes of parameters, then bytes that pixels are made of. Out: a trap where that is not
 * so. Ownership: frees what it makes. */
#include "fuzz_layouts.h"
#include "jpeg/encode.h"

enum { PARAMETERS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes <= PARAMETERS)
        return 0;
    const int quality = data[3] % 102; /* 0 and 101 are refused */
    fuzz_pixels made = fuzz_pixels_make(data, size_bytes, PARAMETERS);
    const bool is_good = made.channels != 2 && quality >= 1 && quality <= 100;
    wb_bytes files[3] = {{0}};
    const wb_image_info info = fuzz_encode(&made, wb_jpeg_encode, WB_FILE_JPEG, quality,
                                           is_good ? WB_OK : WB_BAD_ARGUMENT, files);
    CHECK_EQUAL(info.dropped_alpha, made.channels == 4);
    if (is_good)
        check_jpeg_file(&files[0], made.pixels, made.width, made.height, made.channels, quality);
    for (int i = 0; i < 3; i++)
        wb_bytes_free(&files[i]);
    fuzz_pixels_free(&made);
    return 0;
}
