/* Blocks: how often symbols occur, whether the open block's codes still serve, which kind of block
 * is smallest. In: stretches of bytes with their tokens. Out: DEFLATE blocks.
 * Ownership: see deflate/blocks.h. */
#include "deflate/blocks.h"

#include "base/checksum.h"
#include "base/fitted.h"
#include "deflate/cost.h"
#include "deflate/count.h"

#include <string.h>

enum {
    STORED,
    FIXED,
    DYNAMIC, /* block types, RFC 1951, 3.2.3 */
    BLOCK_HEAD_BITS = 3,
    STORED_HEAD_BYTES = 5
};

void wb_deflate_init(wb_deflate *deflate, wb_bytes *out, wb_cpu cpu)
{
    deflate->out = out;
    deflate->cpu = cpu;
    deflate->writer = (wb_bit_writer){0};
    deflate->adler = WB_ADLER32_START;
    deflate->size_bytes = 0;
    deflate->block_open = false;
    deflate->header_byte = SIZE_MAX;
}

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

/* Whether the open block's codes cost about as little as codes of their own would: those cost a
 * header and the time to build them, and are a little above the entropy, too. */
static bool keep_codes(const wb_deflate *deflate, uint64_t entropy_bits)
{
    return deflate->block_open && codes_serve(&deflate->codes, &deflate->frequencies)
           && wb_deflate_cost(&deflate->codes, &deflate->frequencies)
                  <= entropy_bits + entropy_bits / WB_FIT_KEEP_CODES_SHARE + WB_FIT_KEEP_CODES_BITS;
}

/* Begins a block with the cheaper kind of codes. */
static void open_block(wb_deflate *deflate)
{
    const wb_deflate_frequencies *frequencies = &deflate->frequencies;
    wb_deflate_codes *codes = &deflate->codes;
    wb_deflate_codes_fit(codes, frequencies);
    if (wb_deflate_cost_fixed(frequencies)
        < wb_deflate_cost(codes, frequencies) + codes->header_bits) {
        wb_deflate_codes_fix(codes);
        begin_block(deflate, FIXED);
    } else {
        begin_block(deflate, DYNAMIC);
        wb_deflate_codes_write_header(codes, &deflate->writer);
    }
    wb_deflate_codes_finish(codes);
    deflate->block_open = true;
}

/* Whether codes would hardly make the stretch smaller than storing it does. */
static bool is_noise(const wb_deflate_stretch *stretch, size_t size_bytes,
                     const wb_deflate_counts *counts)
{
    /* The entropy of a sample is too low, by half a sampled value for each symbol (Miller and
     * Madow, 1955), and a sample leaves out some bytes at the end. */
    enum {
        HEADER_BITS = 640,
        MISSED_BITS = WB_DEFLATE_LITERALS * WB_DEFLATE_SAMPLE_RATE * 72 / 100
    };
    const uint64_t stored_bits = stored_cost(size_bytes), entropy_bits = counts->entropy_bits;
    if (counts->is_exact || entropy_bits + entropy_bits / 64 >= stored_bits
        || entropy_bits + entropy_bits / 8 < stored_bits)
        return entropy_bits + entropy_bits / 64 >= stored_bits;
    uint64_t counted = 1, literals = 0;
    for (unsigned i = 0; i < WB_DEFLATE_LITERALS; i++)
        counted += counts->frequencies.litlen[i];
    for (size_t i = 0; i < stretch->token_count; i++)
        literals += stretch->tokens[i].literals;
    return entropy_bits * literals / counted + MISSED_BITS + HEADER_BITS >= stored_bits;
}

/* Takes away what a sample counts of literals that cannot occur: those that are, as signed bytes,
 * below the least or above the largest. A hundred long codes would take a hundredth of the rest. */
static void drop_unseen(const uint8_t *bytes, size_t size_bytes, uint32_t *litlen)
{
    enum { SIGN = 0x80 }; /* turned round, signed bytes compare as unsigned ones, as SSE2 can */
    unsigned seen = 0;
    while (seen < WB_DEFLATE_LITERALS && litlen[seen] > 1)
        seen++;
    if (seen == WB_DEFLATE_LITERALS)
        return;
    /* Four a turn take fewer instructions. The quarters overlap by a few bytes; what was sampled
     * has thousands. */
    const size_t quarter = (size_bytes + 3) / 4, last = size_bytes - quarter;
    uint8_t least = UINT8_MAX, largest = 0;
    for (size_t i = 0; i < quarter; i++) {
        const uint8_t a = bytes[i] ^ SIGN, b = bytes[quarter + i] ^ SIGN;
        const uint8_t c = bytes[2 * quarter + i] ^ SIGN, d = bytes[last + i] ^ SIGN;
        const uint8_t lesser = a < b ? a : b, larger = a < b ? b : a;
        const uint8_t lesser_2 = c < d ? c : d, larger_2 = c < d ? d : c;
        const uint8_t low = lesser < lesser_2 ? lesser : lesser_2;
        const uint8_t high = larger > larger_2 ? larger : larger_2;
        least = low < least ? low : least;
        largest = high > largest ? high : largest;
    }
    for (unsigned i = 0; i < least; i++)
        litlen[i ^ SIGN] = 0;
    for (unsigned i = largest + 1u; i < WB_DEFLATE_LITERALS; i++)
        litlen[i ^ SIGN] = 0;
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
                            size_t size_bytes, const wb_deflate_counts *counts)
{
    wb_deflate_counts counted;
    wb_status status = writer_open(deflate, most_bits(stretch, size_bytes));
    if (status != WB_OK)
        return status;
    deflate->adler = wb_checksum_adler32(deflate->adler, stretch->bytes, size_bytes);
    deflate->size_bytes += size_bytes;
    if (counts == NULL) {
        wb_deflate_count(stretch, size_bytes, &counted);
        counts = &counted;
    }
    deflate->frequencies = counts->frequencies;
    if (is_noise(stretch, size_bytes, counts)) {
        put_stored(deflate, stretch->bytes, size_bytes);
        writer_close(deflate);
        return WB_OK;
    }
    if (!counts->is_exact)
        drop_unseen(stretch->bytes, size_bytes, deflate->frequencies.litlen);
    bool kept = keep_codes(deflate, counts->entropy_bits);
    if (!kept)
        end_block(deflate);
    wb_bit_writer before = deflate->writer;
    if (!kept)
        open_block(deflate);
    uint64_t cost_bits = wb_deflate_cost(&deflate->codes, &deflate->frequencies);
    bool short_codes = cost_bits * 4 < (uint64_t)size_bytes * 26; /* 6.5 bits a byte */
    wb_deflate_emit(stretch, &deflate->codes, short_codes, deflate->cpu, &deflate->writer);
    uint64_t written_bits = 8 * (uint64_t)(deflate->writer.next - before.next);
    if (written_bits > stored_cost(size_bytes)) { /* the header, or a sample that was no bound */
        deflate->writer = before;
        deflate->block_open = kept;
        put_stored(deflate, stretch->bytes, size_bytes);
    }
    writer_close(deflate);
    return WB_OK;
}

wb_status wb_deflate_flush(wb_deflate *deflate)
{
    wb_status status = writer_open(deflate, 8 * STORED_HEAD_BYTES);
    if (status != WB_OK)
        return status;
    end_block(deflate);
    if (deflate->writer.count != 0) { /* a stored block of no bytes begins at a whole one */
        begin_block(deflate, STORED);
        wb_bits_align(&deflate->writer);
        wb_bits_put(&deflate->writer, UINT64_C(0xffff0000), 32);
    }
    deflate->header_byte = SIZE_MAX;
    writer_close(deflate);
    return WB_OK;
}

wb_status wb_deflate_join(wb_deflate *deflate, const wb_deflate *other)
{
    deflate->adler = wb_checksum_adler32_join(deflate->adler, other->adler, other->size_bytes);
    deflate->size_bytes += other->size_bytes;
    return wb_bytes_append(deflate->out, other->out->data, other->out->size_bytes);
}

wb_status wb_deflate_end(wb_deflate *deflate)
{
    wb_status status = writer_open(deflate, WB_BIT_WRITER_MAX_BITS);
    if (status != WB_OK)
        return status;
    end_block(deflate);
    if (deflate->header_byte == SIZE_MAX) { /* an empty block: fixed codes, end of block */
        begin_block(deflate, FIXED);
        wb_bits_put(&deflate->writer, 0, 7);
    }
    wb_bits_align(&deflate->writer);
    deflate->out->data[deflate->header_byte] |= (uint8_t)(1u << deflate->header_bit);
    writer_close(deflate);
    return WB_OK;
}
