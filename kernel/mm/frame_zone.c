/*
 * Zones: which stretches of RAM there are, and where the metadata of each lies. A zone may have
 * holes and reserved frames inside; those are in no block, so the allocator can tell them from its
 * own. No zone spans 4 GiB, so that a request with that limit never searches.
 */
#include "frame_zone.h"

#include "arch/mmu.h"
#include "frame_early.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/lock_rank.h"
#include "kernel/mm/memory.h"
#include "lib/align.h"

/* A hole up to this size costs less as metadata of frames that do not exist than as a zone's end. */
#define HOLE_BYTES_MAX (8 * MIB)
#define ZONE_BYTES_MAX (BUDDY_MAX * PAGE_SIZE)
#define LIMIT_32BIT    (4 * GIB)

struct frame_zone frame_zones[FRAME_ZONES_MAX + 1];
unsigned frame_zone_count;

unsigned frame_zone_of(paddr_t phys)
{
    unsigned i = 0;

    while (i < frame_zone_count && phys - frame_zones[i].start >= frame_zones[i].bytes)
        i++;
    return i;
}

static bool may_be_free_one_day(const struct memory_range *range)
{
    return range->kind == MEMORY_FREE || range->kind == MEMORY_ACPI_RECLAIM;
}

static paddr_t lower(paddr_t a, paddr_t b) { return a < b ? a : b; }

/* Puts [start, end) into the last zone, or begins a new one. Returns how far it came. */
static paddr_t add_stretch(paddr_t start, paddr_t end)
{
    struct frame_zone *last = frame_zone_count ? &frame_zones[frame_zone_count - 1] : NULL;

    if (start < LIMIT_32BIT)
        end = lower(end, LIMIT_32BIT);
    if (!last || start - (last->start + last->bytes) > HOLE_BYTES_MAX ||
        (last->start < LIMIT_32BIT) != (start < LIMIT_32BIT) ||
        start + PAGE_SIZE - last->start > ZONE_BYTES_MAX) {
        if (frame_zone_count == FRAME_ZONES_MAX) {
            log_warn("memory: more than %u stretches, %lx to %lx stays unused", FRAME_ZONES_MAX,
                     start, end);
            return end;
        }
        last = &frame_zones[frame_zone_count++];
        last->start = start;
        last->lock = (struct spinlock)SPINLOCK("frame zone", LOCK_RANK_FRAMES);
    }
    end = lower(end, last->start + ZONE_BYTES_MAX);
    last->bytes = end - last->start;
    return end;
}

static void find_stretches(const struct memory_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        paddr_t at = map->ranges[i].start, end = lower(map->ranges[i].end, DIRECT_MAP_BYTES);

        while (may_be_free_one_day(&map->ranges[i]) && at < end)
            at = add_stretch(at, end);
    }
}

/* The end of the highest free range of the zone that has room; 0 when none has. */
static paddr_t find_room(const struct memory_map *map, const struct frame_zone *zone,
                         uint64_t bytes)
{
    for (size_t i = map->count; i-- > 0;) {
        const struct memory_range *range = &map->ranges[i];
        paddr_t start = range->start > zone->start ? range->start : zone->start;
        paddr_t end = lower(range->end, zone->start + zone->bytes);

        if (range->kind == MEMORY_FREE && start < end && end - start >= bytes)
            return end;
    }
    return 0;
}

static void set_up_zone(const struct memory_map *map, struct frame_zone *zone)
{
    uint64_t count = zone->bytes / PAGE_SIZE;
    uint64_t bytes = align_up(buddy_metadata_bytes(count), PAGE_SIZE);
    paddr_t end = find_room(map, zone, bytes);

    if (end == 0) {
        log_warn("memory: no room for the metadata of %lx to %lx, it stays unused", zone->start,
                 zone->start + zone->bytes);
        zone->bytes = 0;
        return;
    }
    memory_claim(end - bytes, bytes, MEMORY_KERNEL);
    buddy_init(&zone->buddy, zone->start / PAGE_SIZE, count, phys_to_virt(end - bytes));
}

bool frame_add(paddr_t start, paddr_t end)
{
    struct frame_zone *zone = &frame_zones[frame_zone_of(start)];
    irq_state_t state;

    if (end - zone->start > zone->bytes)
        return false;
    state = spinlock_acquire(&zone->lock);
    buddy_give(&zone->buddy, (uint32_t)((start - zone->start) / PAGE_SIZE),
               (end - start) / PAGE_SIZE);
    zone->total_count += (end - start) / PAGE_SIZE;
    spinlock_release(&zone->lock, state);
    return true;
}

/* A range can lie in two zones, on both sides of 4 GiB. */
static void add_free_ranges(const struct memory_map *map, const struct frame_zone *zone)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        paddr_t start = range->start > zone->start ? range->start : zone->start;
        paddr_t end = lower(range->end, zone->start + zone->bytes);

        if (range->kind == MEMORY_FREE && start < end)
            frame_add(start, end);
    }
}

void frame_init(const struct memory_map *map)
{
    uint64_t early_bytes;
    paddr_t early = frame_early_taken(&early_bytes);

    memory_claim(early, early_bytes, MEMORY_KERNEL);
    find_stretches(map);
    for (unsigned i = 0; i < frame_zone_count; i++)
        set_up_zone(map, &frame_zones[i]);
    for (unsigned i = 0; i < frame_zone_count; i++)
        add_free_ranges(map, &frame_zones[i]);
}
