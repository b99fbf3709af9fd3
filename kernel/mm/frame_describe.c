/* What is told of frames: figures for the log, sentences for reports. Nothing here takes a lock, so
 * that a report can be made wherever the fault came. */
#include "frame_zone.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/memory.h"
#include "kernel/panic.h"
#include "kernel/symbols.h"
#include "lib/align.h"
#include "lib/format.h"

#define SITE_MAX 96

static const struct buddy_block *find(paddr_t phys, struct buddy_block *block)
{
    const struct frame_zone *zone = &frame_zones[frame_zone_of(phys)];
    uint64_t index = (phys - zone->start) / PAGE_SIZE;

    if (index >= zone->buddy.count || !buddy_find(&zone->buddy, (uint32_t)index, block))
        return NULL;
    return block;
}

/* "" where no site is recorded: in builds that are not checked, and for frames never freed. */
static void describe_site(const char *what, uint32_t site, char *text, size_t size)
{
    size_t length;

    text[0] = '\0';
    if (!site)
        return;
    length = format(text, size, ", %s by ", what);
    symbolize_return(text + length, size - length, KERNEL_IMAGE_START + site);
}

void frame_describe(paddr_t phys, char *text, size_t size)
{
    const struct frame_zone *zone = &frame_zones[frame_zone_of(phys)];
    struct buddy_block found;
    const struct buddy_block *block = find(phys, &found);
    char site[SITE_MAX];

    if (!block) {
        format(text, size, "no frame of the allocator's (%s)", memory_name_at(phys));
        return;
    }
    if (block->state != FRAME_ALLOCATED) {
        describe_site("freed", block->site, site, sizeof(site));
        format(text, size, "free%s", site);
        return;
    }
    describe_site("allocated", block->site, site, sizeof(site));
    format(text, size, "in a run of %lu from %lx%s", block->count,
           zone->start + block->head * PAGE_SIZE, site);
}

void frame_report_misuse(paddr_t phys, uint64_t page_count, vaddr_t caller)
{
    char state[128], place[SITE_MAX];

    symbolize_return(place, sizeof(place), caller);
    frame_describe(phys, state, sizeof(state));
    panic("%lu frame%s at %lx freed by %s%s: it is %s", page_count, page_count == 1 ? "" : "s",
          phys, place, is_aligned(phys, PAGE_SIZE) ? "" : ", not page-aligned", state);
}

/* What is wrong with one neighbour of a free block; false when it names the block in turn. */
static bool describe_bad_link(const struct buddy *buddy, uint32_t index, unsigned order,
                              bool forward, char *text, size_t size)
{
    uint32_t other = forward ? buddy->frames[index].next : buddy->frames[index].prev, back;
    const char *way = forward ? "next" : "previous";

    if (other == BUDDY_NONE)
        return false;
    if (!buddy_is_free_block(buddy, other, order)) {
        format(text, size, "its %s is number %x, which is no such block", way, other);
        return true;
    }
    back = forward ? buddy->frames[other].prev : buddy->frames[other].next;
    format(text, size, "its %s is number %x, which names %x instead of it", way, other, back);
    return back != index;
}

void buddy_report_corruption(const struct buddy *buddy, uint32_t index, unsigned order)
{
    unsigned long count = UINT64_C(1) << order;
    char link[100];

    if (!buddy_is_free_block(buddy, index, order))
        panic("the list of free blocks of %lu frames is corrupt: it leads to number %x of %lx, "
              "where no such block is",
              count, index, buddy->count);
    if (!describe_bad_link(buddy, index, order, true, link, sizeof(link)) &&
        !describe_bad_link(buddy, index, order, false, link, sizeof(link)))
        format(link, sizeof(link), "the list does not begin with it");
    panic("the list of free blocks of %lu frames is corrupt at number %x, frame %lx: %s; its entry "
          "lies at %016lx",
          count, index, (buddy->first + index) * PAGE_SIZE, link, (vaddr_t)&buddy->frames[index]);
}

static uint64_t cached_count(void)
{
    uint64_t count = 0;

    for (const struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        count += (uint64_t)(cpu->frames.top - cpu->frames.entries);
    return count;
}

void frame_statistics(struct frame_statistics *statistics)
{
    *statistics =
        (struct frame_statistics){.zone_count = frame_zone_count, .cached_count = cached_count()};
    statistics->free_count = statistics->cached_count;
    for (unsigned i = 0; i < frame_zone_count; i++) {
        const struct frame_zone *zone = &frame_zones[i];
        uint64_t largest =
            zone->buddy.orders ? UINT64_C(1) << (31 - __builtin_clz(zone->buddy.orders)) : 0;

        statistics->total_count += zone->total_count;
        statistics->free_count += zone->buddy.free_count;
        statistics->metadata_bytes += buddy_metadata_bytes(zone->buddy.count);
        if (statistics->largest_free_count < largest)
            statistics->largest_free_count = largest;
    }
}

uint64_t frame_allocated_count(void)
{
    struct frame_statistics statistics;

    frame_statistics(&statistics);
    return statistics.total_count - statistics.free_count;
}
