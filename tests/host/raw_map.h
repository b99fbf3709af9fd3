/* What the tests of the memory map share: raw maps in blocks of their exact size at unaligned addresses, written down
 * independently of the parser. */
#ifndef TESTS_HOST_RAW_MAP_H
#define TESTS_HOST_RAW_MAP_H

#include "host_test.h"
#include "lib/memory_map.h"

#define WB      UINT64_C(8)
#define RT      (UINT64_C(1) << 63)
#define PAGE(n) ((n)*PAGE_SIZE)
#define TOP     (0 - PAGE_SIZE)

/* EFI_MEMORY_TYPE */
/* clang-format off */
enum { T_RESERVED, T_LOADER_CODE, T_LOADER, T_BOOT_CODE, T_BOOT, T_RUN_CODE, T_RUN_DATA, T_FREE,
       T_UNUSABLE, T_ACPI, T_NVS, T_MMIO, T_PORT, T_PAL, T_PERSISTENT, T_UNACCEPTED };
/* clang-format on */

/* EFI_MEMORY_DESCRIPTOR, written down independently of the parser. */
struct raw_entry {
    uint32_t type;
    uint64_t start, pages, attributes;
};

struct raw_map {
    uint8_t *block;
    struct memory_map_raw raw;
};

static inline void store(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* `size_change` bytes are missing from (or added to) the end; what no field occupies is rubbish. */
static inline struct raw_map make_raw(const struct raw_entry *entries, size_t count, size_t stride,
                                      int size_change)
{
    size_t size = (size_t)((int64_t)(count * stride) + size_change);
    uint8_t *bytes = malloc(count * stride + 64);
    struct raw_map map = {.raw = {.size_bytes = size, .stride_bytes = stride, .version = 1}};

    memset(bytes, 0xcc, count * stride + 64);
    for (size_t i = 0; i < count && stride >= 40; i++) {
        store(bytes + i * stride, entries[i].type, 4);
        store(bytes + i * stride + 8, entries[i].start, 8);
        store(bytes + i * stride + 24, entries[i].pages, 8);
        store(bytes + i * stride + 32, entries[i].attributes, 8);
    }
    map.raw.descriptors = guarded_copy(&map.block, bytes, size, 3);
    free(bytes);
    return map;
}

static inline void assert_sound(const struct memory_map *map)
{
    assert_true(map->count <= map->capacity);
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];

        assert_true(range->start < range->end);
        assert_int_equal(range->start % PAGE_SIZE, 0);
        assert_int_equal(range->end % PAGE_SIZE, 0);
        assert_true((unsigned)range->kind < MEMORY_KIND_COUNT);
        assert_true(range->runtime <= 1);
        if (i == 0)
            continue;
        assert_true(range[-1].end <= range->start);
        if (range[-1].end == range->start)
            assert_true(range[-1].kind != range->kind || range[-1].runtime != range->runtime);
    }
}

#endif
