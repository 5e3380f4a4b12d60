/* GIF (87a, 89a): logical screen, blocks and their sub-blocks to the trailer. After an image the
 * trailer may be missing, or be anything that begins no block: viewers show what came before.
 * In: fields. Out: width and height of the screen, widened by the first image as decoders do.
 * Ownership: see probe/fields.h. */
#include "probe/formats.h"

#include "base/endian.h"

enum {
    STEP_FILE,
    STEP_SCREEN,
    STEP_BLOCK,     /* the byte that says what comes */
    STEP_EXTENSION, /* its label */
    STEP_IMAGE,
    STEP_CODE_SIZE,
    STEP_SUB_BLOCK /* its length */
};

enum {
    SCREEN_BYTES = 13, /* signature and logical screen descriptor */
    IMAGE_BYTES = 9,   /* image descriptor without its first byte */
    MAX_CODE_SIZE = 11,
    BLOCK_PADDING = 0x00,
    BLOCK_EXTENSION = 0x21,
    BLOCK_IMAGE = 0x2C,
    BLOCK_TRAILER = 0x3B,
    EXTENSION_GRAPHIC_CONTROL = 0xF9 /* of the image that follows */
};

/* Of a colour table, from the packed field of a descriptor. */
static uint64_t table_bytes(uint8_t packed)
{
    return packed & 0x80 ? (uint64_t)3 << ((packed & 7) + 1) : 0;
}

static wb_status want(wb_probe *probe, int step, size_t size_bytes)
{
    probe->state.gif.step = step;
    wb_probe_want(probe, size_bytes);
    return WB_OK;
}

static wb_status read_screen(wb_probe *probe, const uint8_t *field)
{
    if (field[4] != '7' && field[4] != '9')
        return wb_probe_fail(probe, WB_UNKNOWN_FORMAT, "its version is not 87a or 89a");
    probe->result.width = wb_load_le16(field + 6);
    probe->result.height = wb_load_le16(field + 8);
    wb_probe_pass(probe, table_bytes(field[10]));
    return want(probe, STEP_BLOCK, 1);
}

/* Between blocks, after an image. */
static bool may_end(const wb_probe *probe)
{
    const wb_probe_gif *gif = &probe->state.gif;
    return gif->step == STEP_BLOCK && gif->has_image && !gif->awaits_image;
}

static wb_status read_block(wb_probe *probe, const uint8_t *field)
{
    switch (field[0]) {
    case BLOCK_PADDING: /* some encoders end a block twice */ return want(probe, STEP_BLOCK, 1);
    case BLOCK_EXTENSION:
        wb_probe_enter(probe, probe->position - 1, "an extension");
        return want(probe, STEP_EXTENSION, 1);
    case BLOCK_IMAGE:
        wb_probe_enter(probe, probe->position - 1, "an image");
        return want(probe, STEP_IMAGE, IMAGE_BYTES);
    case BLOCK_TRAILER:
        wb_probe_enter(probe, probe->position - 1, "the trailer");
        if (!probe->state.gif.has_image)
            return wb_probe_fail(probe, WB_DAMAGED, "the end comes before any image");
        return wb_probe_complete(probe);
    default:
        if (may_end(probe))
            return wb_probe_complete(probe);
        wb_probe_enter(probe, probe->position - 1, "a block");
        return wb_probe_fail(probe, WB_DAMAGED, "0x%02x begins no block", field[0]);
    }
}

static wb_status read_image(wb_probe *probe, const uint8_t *field)
{
    wb_probe_gif *gif = &probe->state.gif;
    gif->awaits_image = false;
    if (!gif->has_image) {
        const uint32_t right = wb_load_le16(field) + wb_load_le16(field + 4);
        const uint32_t bottom = wb_load_le16(field + 2) + wb_load_le16(field + 6);
        wb_probe_result *result = &probe->result;
        result->width = right > result->width ? right : result->width;
        result->height = bottom > result->height ? bottom : result->height;
        if (result->width == 0 || result->height == 0)
            return wb_probe_fail(probe, WB_DAMAGED, "%u x %u pixels", (unsigned)result->width,
                                 (unsigned)result->height);
        gif->has_image = true;
    }
    wb_probe_pass(probe, table_bytes(field[8]));
    return want(probe, STEP_CODE_SIZE, 1);
}

static wb_status read_code_size(wb_probe *probe, const uint8_t *field)
{
    if (field[0] == 0 || field[0] > MAX_CODE_SIZE)
        return wb_probe_fail(probe, WB_DAMAGED, "codes of %u bits", field[0]);
    return want(probe, STEP_SUB_BLOCK, 1);
}

static wb_status read_sub_block(wb_probe *probe, const uint8_t *field)
{
    if (field[0] == 0) {
        wb_probe_enter(probe, probe->position, "the next block");
        return want(probe, STEP_BLOCK, 1);
    }
    wb_probe_pass(probe, field[0]);
    return want(probe, STEP_SUB_BLOCK, 1);
}

static wb_status read_field(wb_probe *probe, const uint8_t *field)
{
    switch (probe->state.gif.step) {
    case STEP_SCREEN: return read_screen(probe, field);
    case STEP_BLOCK: return read_block(probe, field);
    case STEP_EXTENSION:
        probe->state.gif.awaits_image |= field[0] == EXTENSION_GRAPHIC_CONTROL;
        return want(probe, STEP_SUB_BLOCK, 1);
    case STEP_IMAGE: return read_image(probe, field);
    case STEP_CODE_SIZE: return read_code_size(probe, field);
    case STEP_SUB_BLOCK: return read_sub_block(probe, field);
    default: return want(probe, STEP_SCREEN, SCREEN_BYTES);
    }
}

const wb_probe_format wb_probe_format_gif = {
    .format = WB_FORMAT_GIF,
    .name = "gif",
    .title = "GIF",
    .signature = "GIF8.a",
    .signature_mask = "xxxx.x",
    .read_field = read_field,
    .may_end = may_end,
};
