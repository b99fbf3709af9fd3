/* Frames for the kernel's first page tables: one range, from its end down, so that what lies low
 * stays whole for those who need it low. */
#include "frame_early.h"

#include "kernel/mm/fail.h"
#include "kernel/mm/frame.h"

static paddr_t range_start, range_next, range_end;

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

void frame_early_init(paddr_t start, paddr_t end)
{
    range_start = start;
    range_next = range_end = end;
}

paddr_t frame_early_alloc(void)
{
    if (range_next == range_start || memory_must_fail())
        return 0;
    return range_next -= PAGE_SIZE;
}

paddr_t frame_early_taken(uint64_t *bytes)
{
    *bytes = range_end - range_next;
    return range_start = range_next;
}
