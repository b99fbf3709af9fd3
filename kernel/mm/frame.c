/* See kernel/mm/frame.h: one range, from its end down, so that what lies low stays whole for those
 * who need it low. */
#include "kernel/mm/frame.h"

static const struct memory_map *memory;
static paddr_t range_start, range_next;
static uint64_t allocated_count;

void frame_largest_free(const struct memory_map *map, paddr_t *start, paddr_t *end)
{
    *start = *end = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];

        if (range->kind == MEMORY_FREE && range->end - range->start > *end - *start) {
            *start = range->start;
            *end = range->end;
        }
    }
}

void frame_init(const struct memory_map *map, paddr_t start, paddr_t end)
{
    memory = map;
    range_start = start;
    range_next = end;
}

paddr_t frame_alloc(void)
{
    if (range_next == range_start)
        return 0;
    allocated_count++;
    return range_next -= PAGE_SIZE;
}

bool frame_is_ram(paddr_t phys)
{
    const struct memory_range *range = memory ? memory_map_find(memory, phys) : NULL;

    return range && memory_kind_is_ram(range->kind);
}

uint64_t frame_allocated_count(void) { return allocated_count; }
