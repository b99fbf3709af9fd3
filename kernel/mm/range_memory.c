/* See range_memory.h. */
#include "range_memory.h"

#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/mm/frame.h"
#include "lib/align.h"

static uint64_t page_count(size_t capacity)
{
    return align_up(capacity * sizeof(struct range), PAGE_SIZE) / PAGE_SIZE;
}

static void move(struct range_set *set, struct range *ranges, size_t capacity,
                 const struct range_home *home)
{
    uint64_t old_pages = page_count(set->capacity);
    struct range *old = range_set_move(set, ranges, capacity);

    if (old != home->ranges)
        frame_free_run((vaddr_t)old - DIRECT_MAP_START, old_pages);
}

void range_set_make_room(struct range_set *set, const struct range_home *home)
{
    uint64_t pages = page_count(2 * set->capacity);
    paddr_t phys;

    if (!range_set_is_full(set))
        return;
    phys = frame_alloc_run(pages, PAGE_SIZE, FRAME_ANYWHERE);
    if (phys != 0)
        move(set, phys_to_virt(phys), pages * PAGE_SIZE / sizeof(struct range), home);
}

void range_set_give_room(struct range_set *set, const struct range_home *home)
{
    if (set->ranges != home->ranges && set->count <= home->capacity / 2)
        move(set, home->ranges, home->capacity, home);
}

void range_set_trim(struct range_set *set, const struct range_home *home)
{
    uint64_t pages = page_count(set->count);
    paddr_t phys = 0;

    if (set->ranges == home->ranges)
        return;
    if (set->count <= home->capacity) {
        move(set, home->ranges, home->capacity, home);
        return;
    }
    if (pages < page_count(set->capacity))
        phys = frame_alloc_run(pages, PAGE_SIZE, FRAME_ANYWHERE);
    if (phys != 0)
        move(set, phys_to_virt(phys), pages * PAGE_SIZE / sizeof(struct range), home);
}
