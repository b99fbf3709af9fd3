/*
 * Memory maps of any bytes. What comes out must be sorted and free of overlaps, and nothing that a
 * readable entry says is not free may be handed out. The first 8 bytes choose stride, capacity and
 * version; claims follow from the last ones.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/align.h"
#include "lib/memory_map.h"

#define RANGES_MAX  64
#define CHOICES     8
#define CLAIM_BYTES 17

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t number_at(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;

    memcpy(&number, bytes, size);
    return number;
}

static void check_sound(const struct memory_map *map)
{
    check(map->count <= map->capacity);
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];

        check(range->start < range->end && (unsigned)range->kind < MEMORY_KIND_COUNT);
        check(is_aligned(range->start | range->end, PAGE_SIZE) && range->runtime <= 1);
        check(memory_map_find(map, range->start) == range);
        check(memory_map_find(map, range->end - 1) == range);
        check(i == 0 || map->ranges[i - 1].end <= range->start);
    }
}

/* EFI_MEMORY_DESCRIPTOR: loader, boot services and conventional memory may be handed out. */
static void check_entry(const struct memory_map *map, const uint8_t *entry)
{
    uint32_t type = (uint32_t)number_at(entry, 4);
    uint64_t start = number_at(entry + 8, 8), pages = number_at(entry + 24, 8), end;

    if ((type >= 1 && type <= 4) || type == 7 || pages == 0 ||
        __builtin_mul_overflow(pages, PAGE_SIZE, &end) || __builtin_add_overflow(end, start, &end))
        return;
    for (size_t i = 0; i < map->count; i++)
        check(map->ranges[i].kind > MEMORY_LOADER || map->ranges[i].end <= start ||
              map->ranges[i].start >= end);
}

static void claim(struct memory_map *map, const uint8_t *bytes)
{
    paddr_t start = number_at(bytes, 8), end = number_at(bytes + 8, 8);
    enum memory_kind kind = (enum memory_kind)(bytes[16] % MEMORY_KIND_COUNT);

    if (memory_map_claim(map, start, end, kind) && start < end && memory_map_find(map, start))
        check(memory_map_find(map, start)->kind == kind);
    check_sound(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static const uint64_t strides[] = {40, 48, 56, 304, 0, 44, 8, UINT64_MAX - 7};
    struct memory_range ranges[RANGES_MAX];
    struct memory_map map = {.ranges = ranges};
    struct memory_map_raw raw;

    if (size < CHOICES)
        return 0;
    map.capacity = input[1] % (RANGES_MAX + 1);
    raw = (struct memory_map_raw){.descriptors = input + CHOICES,
                                  .size_bytes = size - CHOICES,
                                  .stride_bytes = strides[input[0] % 8],
                                  .version = input[2] % 8 ? 1 : input[2]};
    if (!memory_map_build(&map, &raw, &(struct diagnostics){0})) {
        check(map.count == 0);
        return 0;
    }
    check_sound(&map);
    for (uint64_t at = 0; at + raw.stride_bytes <= raw.size_bytes; at += raw.stride_bytes)
        check_entry(&map, input + CHOICES + at);
    memory_map_convert(&map, MEMORY_BOOT_SERVICES, MEMORY_FREE);
    check_sound(&map);
    for (size_t at = size; at >= CHOICES + CLAIM_BYTES && at > size / 2; at -= CLAIM_BYTES)
        claim(&map, input + at - CLAIM_BYTES);
    return 0;
}
