/* Writes a stretch as one block or as several: what changes gets codes of its own.
 * In: bytes and the tokens that cover them. Out: blocks. Ownership: borrows the stretch. */
#ifndef WB_DEFLATE_SPLIT_H
#define WB_DEFLATE_SPLIT_H

#include "deflate/blocks.h"

/* As wb_deflate_append; `symbols` is the number of the stretch's literals and matches. */
wb_status wb_deflate_append_split(wb_deflate *deflate, const wb_deflate_stretch *stretch,
                                  size_t size_bytes, size_t symbols);

#endif
