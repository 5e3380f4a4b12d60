/* DEFLATE blocks written from tokens: fast, at the size of a slow encoder's.
 * In: bytes and the tokens that cover them. Out: blocks (RFC 1951).
 * Ownership: borrows the bytes; appends to `out`; wb_deflate is plain data and needs no free. */
#ifndef WB_DEFLATE_BLOCKS_H
#define WB_DEFLATE_BLOCKS_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "deflate/codes.h"
#include "deflate/count.h"
#include "deflate/emit.h"

typedef struct wb_deflate {
    wb_bytes *out;
    wb_cpu cpu;
    wb_bit_writer writer; /* `next` is only set while a block is written */
    uint32_t adler;       /* of all bytes so far */
    uint64_t size_bytes;  /* how many these are */
    bool block_open;      /* a block with `codes` waits for more or its end */
    /* Where in `out` the last block begins, to mark it as the last; SIZE_MAX when it is flushed. */
    size_t header_byte;
    unsigned header_bit;
    wb_deflate_codes codes;
    wb_deflate_frequencies frequencies; /* of the stretch at hand */
} wb_deflate;

void wb_deflate_init(wb_deflate *deflate, wb_bytes *out, wb_cpu cpu);

/* Appends one stretch of `size_bytes`, its tokens covering it exactly. `counts` are those of the
 * stretch, or NULL where nobody counted it before. */
wb_status wb_deflate_append(wb_deflate *deflate, const wb_deflate_stretch *stretch,
                            size_t size_bytes, const wb_deflate_counts *counts);

/* Ends the open block at a whole byte, so that what is in `out` needs no change later. */
wb_status wb_deflate_flush(wb_deflate *deflate);

/* Appends the flushed blocks that `other` wrote to a buffer of its own. This one is flushed. */
wb_status wb_deflate_join(wb_deflate *deflate, const wb_deflate *other);

/* Ends the last block and the stream. */
wb_status wb_deflate_end(wb_deflate *deflate);

#endif
