/* Little-endian fields of structures that lie at any address: read byte by byte, never through a wider pointer. */
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* The `size` (at most 8) bytes at `at` as one number. Any context. */
static inline uint64_t bytes_read(const uint8_t *at, size_t size)
{
    uint64_t value = 0;

    while (size-- > 0)
        value = value << 8 | at[size];
    return value;
}

static inline uint16_t bytes_read16(const uint8_t *at)
{
    uint16_t value;

    __builtin_memcpy(&value, at, sizeof(value)); /* one load, where shifts stay four instructions */
    return value;
}

static inline uint32_t bytes_read32(const uint8_t *at) { return (uint32_t)bytes_read(at, 4); }

static inline uint64_t bytes_read64(const uint8_t *at) { return bytes_read(at, 8); }

#endif
