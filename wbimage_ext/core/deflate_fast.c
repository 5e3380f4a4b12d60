/* Blocks: how often symbols occur, whether the open block's codes still serve, which kind of block
 * is smallest. In: stretches of bytes with their tokens. Out: a zlib stream.
 * Ownership: see deflate_fast.h. */
#include "deflate_fast.h"

#include "checksum.h"
#include "deflate_cost.h"

#include <string.h>

enum {
    STORED, FIXED, DYNAMIC, /* block types, RFC 1951, 3.2.3 */
    BLOCK_HEAD_BITS = 3,
    STORED_HEAD_BYTES = 5,
    /* Stretches shorter than this are counted exactly and compared with fixed codes: there a few
     * bytes are a few percent. */
    SHORT_BYTES = 8192,
    SAMPLE_PERIOD_BYTES = 512, /* of each period a piece is counted: an eighth */
    SAMPLE_PIECE_BYTES = 64,
    SAMPLE_RATE = SAMPLE_PERIOD_BYTES / SAMPLE_PIECE_BYTES
};

wb_status wb_deflate_begin(wb_deflate *deflate, wb_bytes *out, wb_cpu cpu)
{
    static const uint8_t ZLIB_HEADER[2] = {0x78, 0x5e}; /* window of 32 KiB, "fast" */
    deflate->out = out;
    deflate->cpu = cpu;
    deflate->writer = (wb_bit_writer){0};
    deflate->adler = WB_ADLER32_START;
    deflate->block_open = false;
    return wb_bytes_append(out, ZLIB_HEADER, sizeof ZLIB_HEADER);
}

/* ---- counting -------------------------------------------------------------------------------- */

static size_t count_matches(const wb_deflate_stretch *stretch, wb_deflate_frequencies *frequencies)
{
    size_t matched = 0;
    for (size_t i = 0; i < stretch->token_count; i++) {
        uint32_t length = stretch->tokens[i].length;
        if (length == 0)
            continue;
        matched += length;
        uint32_t pieces = 0;
        if (length > WB_DEFLATE_MAX_MATCH + WB_DEFLATE_MIN_MATCH) { /* whole pieces all at once */
            uint32_t whole = (length - WB_DEFLATE_MIN_MATCH) / WB_DEFLATE_MAX_MATCH;
            frequencies->litlen[WB_DEFLATE_LITLEN_SYMBOLS - 1] += whole;
            pieces += whole;
            length -= whole * WB_DEFLATE_MAX_MATCH;
        }
        while (length != 0) {
            uint32_t piece = wb_deflate_piece(length);
            frequencies->litlen[wb_deflate_length_symbol(piece).symbol]++;
            pieces++;
            length -= piece;
        }
        frequencies->distance[wb_deflate_distance_symbol(stretch->tokens[i].distance).symbol] +=
            pieces;
    }
    return matched;
}

/* Four tables, so that a byte that repeats does not wait for its own last count. */
typedef uint32_t literal_counts[4][WB_DEFLATE_LITERALS];

static void count_literals(const uint8_t *bytes, size_t size_bytes, literal_counts counts)
{
    size_t i = 0;
    for (; i + 4 <= size_bytes; i += 4)
        for (size_t k = 0; k < 4; k++)
            counts[k][bytes[i + k]]++;
    for (; i < size_bytes; i++)
        counts[0][bytes[i]]++;
}

static void count_all(const wb_deflate_stretch *stretch, literal_counts counts)
{
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        count_literals(bytes, stretch->tokens[i].literals, counts);
        bytes += (size_t)stretch->tokens[i].literals + stretch->tokens[i].length;
    }
}

/* The piece of a period wanders, lest its distance fall in step with the rows. */
static void count_sample(const uint8_t *bytes, size_t size_bytes, literal_counts counts)
{
    size_t wander = 0;
    for (size_t i = 0; i + SAMPLE_PERIOD_BYTES <= size_bytes; i += SAMPLE_PERIOD_BYTES) {
        wander = (wander + 5 * SAMPLE_PIECE_BYTES / 2) % (SAMPLE_PERIOD_BYTES - SAMPLE_PIECE_BYTES);
        count_literals(bytes + i + wander, SAMPLE_PIECE_BYTES, counts);
    }
}

/* What a sample saw of matched bytes is taken away again; these are runs, of the byte before. */
static void subtract_runs(const wb_deflate_stretch *stretch, uint32_t *litlen)
{
    const uint8_t *bytes = stretch->bytes;
    for (size_t i = 0; i < stretch->token_count; i++) {
        bytes += (size_t)stretch->tokens[i].literals + stretch->tokens[i].length;
        uint32_t *count = &litlen[bytes[-1]], length = stretch->tokens[i].length;
        *count = *count > length ? *count - length : 0;
    }
}

/* Returns whether the counts are exact. With a sample every symbol may still come, so all have a
 * count then. */
static bool count(const wb_deflate_stretch *stretch, size_t size_bytes,
                  wb_deflate_frequencies *frequencies)
{
    memset(frequencies, 0, sizeof *frequencies);
    size_t matched = count_matches(stretch, frequencies);
    bool only_runs = frequencies->distance[0] != 0;
    for (unsigned i = 1; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        only_runs = only_runs && frequencies->distance[i] == 0;
    bool sampled = size_bytes >= SHORT_BYTES && (matched == 0 || only_runs)
                   && matched <= size_bytes / 4;
    literal_counts counts = {{0}};
    if (sampled)
        count_sample(stretch->bytes, size_bytes, counts);
    else
        count_all(stretch, counts);
    uint32_t rate = sampled ? SAMPLE_RATE : 1;
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++)
        frequencies->litlen[i] = (counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i]) * rate;
    if (!sampled)
        return true;
    subtract_runs(stretch, frequencies->litlen);
    for (unsigned i = 0; i < WB_DEFLATE_LITLEN_SYMBOLS; i++)
        frequencies->litlen[i] += frequencies->litlen[i] == 0;
    for (unsigned i = 0; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        frequencies->distance[i] += frequencies->distance[i] == 0;
    return false;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* Makes room in `out` and lets the writer begin behind what is there. */
static wb_status writer_open(wb_deflate *deflate, uint64_t room_bits)
{
    size_t room_bytes = (size_t)(room_bits / 8) + 2 * WB_BIT_WRITER_SLACK_BYTES;
    wb_status status = wb_bytes_reserve(deflate->out, room_bytes);
    if (status == WB_OK)
        deflate->writer.next = deflate->out->data + deflate->out->size_bytes;
    return status;
}

static void writer_close(wb_deflate *deflate)
{
    deflate->out->size_bytes = (size_t)(deflate->writer.next - deflate->out->data);
}

static void begin_block(wb_deflate *deflate, unsigned type)
{
    deflate->header_byte = (size_t)(deflate->writer.next - deflate->out->data);
    deflate->header_bit = deflate->writer.count;
    wb_bits_put(&deflate->writer, type << 1, BLOCK_HEAD_BITS);
}

static void end_block(wb_deflate *deflate)
{
    if (deflate->block_open)
        wb_bits_put(&deflate->writer, deflate->codes.litlen[WB_DEFLATE_END_OF_BLOCK],
                    deflate->codes.litlen_bits[WB_DEFLATE_END_OF_BLOCK]);
    deflate->block_open = false;
}

static uint64_t stored_cost(size_t size_bytes)
{
    size_t blocks = size_bytes / WB_DEFLATE_STORED_MAX_BYTES + 1;
    return 8 * ((uint64_t)size_bytes + STORED_HEAD_BYTES * blocks);
}

static void put_stored(wb_deflate *deflate, const uint8_t *bytes, size_t size_bytes)
{
    wb_bit_writer *writer = &deflate->writer;
    end_block(deflate);
    while (size_bytes != 0) {
        size_t part = size_bytes < WB_DEFLATE_STORED_MAX_BYTES ? size_bytes
                                                               : WB_DEFLATE_STORED_MAX_BYTES;
        begin_block(deflate, STORED);
        wb_bits_align(writer);
        wb_bits_put(writer, part | (~part & 0xffff) << 16, 32);
        memcpy(writer->next, bytes, part);
        writer->next += part;
        bytes += part;
        size_bytes -= part;
    }
}

/* Whether the open block has a code for all that may come, and what they would cost. */
static bool codes_serve(const wb_deflate_codes *codes, const wb_deflate_frequencies *frequencies)
{
    for (unsigned i = 0; i < WB_DEFLATE_LITLEN_SYMBOLS; i++)
        if (frequencies->litlen[i] != 0 && codes->litlen_bits[i] == 0)
            return false;
    for (unsigned i = 0; i < WB_DEFLATE_DISTANCE_SYMBOLS; i++)
        if (frequencies->distance[i] != 0 && codes->distance_bits[i] == 0)
            return false;
    return true;
}

/* Opens a new block unless the open one's codes cost about as little as codes of their own would:
 * new codes cost their header, about 700 bits, and the time to build them; and Huffman codes are
 * always a little above the entropy. */
static uint64_t choose_codes(wb_deflate *deflate, uint64_t entropy_bits, bool exact,
                             size_t size_bytes)
{
    if (deflate->block_open && codes_serve(&deflate->codes, &deflate->frequencies)) {
        uint64_t cost = wb_deflate_codes_cost(&deflate->codes, &deflate->frequencies);
        if (cost <= entropy_bits + entropy_bits / 32 + 700)
            return cost;
    }
    end_block(deflate);
    wb_deflate_codes_build(&deflate->codes, &deflate->frequencies);
    uint64_t cost = wb_deflate_codes_cost(&deflate->codes, &deflate->frequencies);
    unsigned type = DYNAMIC;
    if (exact && size_bytes < SHORT_BYTES) {
        uint64_t dynamic_bits = cost + deflate->codes.header_bits;
        wb_deflate_codes fixed;
        wb_deflate_codes_build_fixed(&fixed);
        uint64_t fixed_bits = wb_deflate_codes_cost(&fixed, &deflate->frequencies);
        if (fixed_bits < dynamic_bits) {
            deflate->codes = fixed;
            type = FIXED;
            cost = fixed_bits;
        }
    }
    begin_block(deflate, type);
    if (type == DYNAMIC)
        wb_deflate_codes_write_header(&deflate->codes, &deflate->writer);
    deflate->block_open = true;
    return cost;
}

/* An upper bound, also where the counts come from a sample. */
static uint64_t most_bits(const wb_deflate_stretch *stretch, size_t size_bytes)
{
    enum { HEADER_BITS = 8 * 512, MATCH_BITS = 48 };
    uint64_t pieces = stretch->token_count + size_bytes / (WB_DEFLATE_MAX_MATCH - 2);
    return HEADER_BITS + stored_cost(size_bytes) + pieces * MATCH_BITS
           + (uint64_t)size_bytes * WB_DEFLATE_LITERAL_MAX_BITS;
}

wb_status wb_deflate_append(wb_deflate *deflate, const wb_deflate_stretch *stretch,
                            size_t size_bytes)
{
    wb_status status = writer_open(deflate, most_bits(stretch, size_bytes));
    if (status != WB_OK)
        return status;
    deflate->adler = wb_checksum_adler32(deflate->adler, stretch->bytes, size_bytes);
    bool exact = count(stretch, size_bytes, &deflate->frequencies);
    uint64_t entropy_bits = wb_deflate_entropy(&deflate->frequencies);
    uint64_t stored_bits = stored_cost(size_bytes);
    if (entropy_bits + entropy_bits / 128 >= stored_bits) {
        put_stored(deflate, stretch->bytes, size_bytes);
        writer_close(deflate);
        return WB_OK;
    }
    uint64_t cost_bits = choose_codes(deflate, entropy_bits, exact, size_bytes);
    wb_bit_writer before = deflate->writer;
    bool short_codes = cost_bits * 4 < (uint64_t)size_bytes * 25; /* 6.25 bits a byte */
    wb_deflate_emit(stretch, &deflate->codes, short_codes, deflate->cpu, &deflate->writer);
    uint64_t written_bits = 8 * (uint64_t)(deflate->writer.next - before.next);
    if (written_bits > stored_bits) { /* a sampled cost is no bound */
        deflate->writer = before;
        put_stored(deflate, stretch->bytes, size_bytes);
    }
    writer_close(deflate);
    return WB_OK;
}

wb_status wb_deflate_flush(wb_deflate *deflate)
{
    wb_status status = writer_open(deflate, WB_BIT_WRITER_MAX_BITS);
    if (status != WB_OK)
        return status;
    end_block(deflate);
    writer_close(deflate);
    return WB_OK;
}

wb_status wb_deflate_end(wb_deflate *deflate)
{
    enum { ADLER_BYTES = 4 };
    wb_status status = writer_open(deflate, WB_BIT_WRITER_MAX_BITS + 8 * ADLER_BYTES);
    if (status != WB_OK)
        return status;
    end_block(deflate);
    wb_bits_align(&deflate->writer);
    deflate->out->data[deflate->header_byte] |= (uint8_t)(1u << deflate->header_bit);
    for (unsigned i = 0; i < ADLER_BYTES; i++) /* RFC 1950: most significant byte first */
        wb_bits_put(&deflate->writer, deflate->adler >> (24 - 8 * i) & 0xff, 8);
    writer_close(deflate);
    return WB_OK;
}
