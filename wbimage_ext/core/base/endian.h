/* Numbers of a fixed byte order in memory, at any address, on every machine.
 * In: an address. Out: the number; or a number is written there. Ownership: borrows the bytes.
 * Compilers make one load, with a byte swap where it is needed, of each function. */
#ifndef WB_BASE_ENDIAN_H
#define WB_BASE_ENDIAN_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WB_IS_BIG_ENDIAN 1
#else
#define WB_IS_BIG_ENDIAN 0
#endif

static inline uint16_t wb_load_le16(const uint8_t *from)
{
    return (uint16_t)(from[0] | from[1] << 8);
}

static inline uint16_t wb_load_be16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

static inline uint32_t wb_load_le24(const uint8_t *from)
{
    return wb_load_le16(from) | (uint32_t)from[2] << 16;
}

static inline uint32_t wb_load_le32(const uint8_t *from)
{
    return wb_load_le16(from) | (uint32_t)wb_load_le16(from + 2) << 16;
}

static inline uint32_t wb_load_be32(const uint8_t *from)
{
    return (uint32_t)wb_load_be16(from) << 16 | wb_load_be16(from + 2);
}

static inline uint64_t wb_load_le64(const uint8_t *from)
{
#if WB_IS_BIG_ENDIAN
    return wb_load_le32(from) | (uint64_t)wb_load_le32(from + 4) << 32;
#else
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
#endif
}

static inline void wb_store_le64(uint8_t *to, uint64_t value)
{
#if WB_IS_BIG_ENDIAN
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> (8 * i));
#else
    memcpy(to, &value, sizeof value);
#endif
}

static inline void wb_store_le16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static inline void wb_store_be16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static inline void wb_store_le32(uint8_t *to, uint32_t value)
{
    wb_store_le16(to, (uint16_t)value);
    wb_store_le16(to + 2, (uint16_t)(value >> 16));
}

static inline void wb_store_be32(uint8_t *to, uint32_t value)
{
    wb_store_be16(to, (uint16_t)(value >> 16));
    wb_store_be16(to + 2, (uint16_t)value);
}

#endif
