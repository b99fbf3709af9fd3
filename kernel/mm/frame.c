/*
 * Handing out frames and taking them back. Single frames go through this CPU's cache, a stack of
 * the last ones freed, with nothing but interrupts masked; it is filled and emptied by halves.
 * Every frame's metadata says where it is - in a block, in a cache, handed out - so that a frame
 * which is freed twice, or was never handed out, is found at that moment.
 */
#include "kernel/mm/frame.h"

#include "arch/cpu.h"
#include "frame_zone.h"
#include "kernel/mm/fail.h"
#include "kernel/panic.h"
#include "lib/align.h"
#include "lib/string.h"

#define HALF (FRAME_CACHE_ENTRIES / 2)

/* The highest zone first: what lies low is left to those who need it low. */
static struct frame *take(const struct buddy_request *request, paddr_t *phys)
{
    for (unsigned i = frame_zone_count; i-- > 0;) {
        struct frame_zone *zone = &frame_zones[i];
        irq_state_t state = spinlock_acquire(&zone->lock);
        uint32_t index;
        bool found = buddy_take(&zone->buddy, request, &index);

        spinlock_release(&zone->lock, state);
        if (!found)
            continue;
        *phys = zone->start + index * PAGE_SIZE;
        return &zone->buddy.frames[index];
    }
    return NULL;
}

void frame_init_cpu(void)
{
    struct frame_cache *cache = &cpu_self()->frames;

    *cache =
        (struct frame_cache){.top = cache->entries, .last = &cache->entries[FRAME_CACHE_ENTRIES]};
}

static inline void push(struct frame_cache *cache, struct cached_frame *top, struct frame *frame,
                        paddr_t phys, uint32_t site)
{
    frame->info = frame_info(FRAME_CACHED, 0, site);
    top[1] = (struct cached_frame){.phys = phys, .frame = frame};
    cache->top = top + 1;
}

static inline paddr_t pop(struct frame_cache *cache, struct cached_frame *top, uint32_t site)
{
    top->frame->info = frame_info(FRAME_ALLOCATED, 0, site);
    cache->top = top - 1;
    return top->phys;
}

/* The address of the uppermost entry afterwards: 0 when there is none. */
NOINLINE static paddr_t cache_fill(struct frame_cache *cache)
{
    static const struct buddy_request single = {.count = 1, .align = 1, .limit = UINT64_MAX};

    while (cache->top < &cache->entries[HALF]) {
        paddr_t phys;
        struct frame *frame = take(&single, &phys);

        if (!frame)
            break;
        push(cache, cache->top, frame, phys, 0);
    }
    return cache->top->phys;
}

/* The oldest entries go. */
NOINLINE static void cache_empty(struct frame_cache *cache, size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        struct frame_zone *zone = &frame_zones[frame_zone_of(cache->entries[i].phys)];
        struct frame *frame = cache->entries[i].frame;
        irq_state_t state = spinlock_acquire(&zone->lock);

        buddy_return(&zone->buddy, (uint32_t)(frame - zone->buddy.frames),
                     frame_info_site(frame->info));
        spinlock_release(&zone->lock, state);
    }
    cache->top -= count;
    memmove(&cache->entries[1], &cache->entries[1 + count],
            (size_t)(cache->top - cache->entries) * sizeof(cache->entries[0]));
}

void frame_cache_drain(void)
{
    irq_state_t state = arch_irq_save();
    struct frame_cache *cache = &cpu_self()->frames;

    cache_empty(cache, (size_t)(cache->top - cache->entries));
    arch_irq_restore(state);
}

/* The slow halves are functions of their own that end the call, so that the fast ones need not keep
 * anything across a call. */
NOINLINE static paddr_t alloc_from_zones(irq_state_t state, uint32_t site)
{
    struct frame_cache *cache = &cpu_self()->frames;
    paddr_t phys = 0;

    if (!memory_must_fail() && (cache->top->phys || cache_fill(cache)))
        phys = pop(cache, cache->top, site);
    arch_irq_restore(state);
    return phys;
}

paddr_t frame_alloc(void)
{
    irq_state_t state = arch_irq_save();
    struct frame_cache *cache = &cpu_self()->frames;
    struct cached_frame *top = cache->top;
    paddr_t phys = top->phys;

    if (CHECKED_BUILD || phys == 0)
        return alloc_from_zones(state, CALL_SITE());
    pop(cache, top, 0);
    arch_irq_restore(state);
    return phys;
}

/* Number of a frame in the group that the cache remembers. What is not a multiple of the page size
 * becomes a huge number. */
static inline uint64_t number_in_group(const struct frame_cache *cache, paddr_t phys)
{
    uint64_t offset = phys - cache->group_start;

    return offset / PAGE_SIZE | offset << 52;
}

/* Remembers the frame's group; false when it is not in a zone, or in none of its blocks. */
static bool remember_group(struct frame_cache *cache, paddr_t phys)
{
    struct frame_zone *zone = &frame_zones[frame_zone_of(phys)];
    uint64_t index = (phys - zone->start) / PAGE_SIZE, first = align_down(index, BUDDY_GROUP);

    if (index >= zone->buddy.count || !buddy_is_set_up(&zone->buddy, index))
        return false;
    cache->group_start = zone->start + first * PAGE_SIZE;
    cache->group_count =
        zone->buddy.count - first < BUDDY_GROUP ? zone->buddy.count - first : BUDDY_GROUP;
    cache->group_frames = &zone->buddy.frames[first];
    return is_aligned(phys, PAGE_SIZE);
}

static inline bool is_single_allocated(const struct frame *frame)
{
    uint32_t info = CHECKED_BUILD ? frame->info & FRAME_INFO_KIND : frame->info;

    return info == frame_info(FRAME_ALLOCATED, 0, 0);
}

NOINLINE static void free_unusual(paddr_t phys, irq_state_t state, vaddr_t caller, uint32_t site)
{
    struct frame_cache *cache = &cpu_self()->frames;
    struct frame *frame;

    if (!remember_group(cache, phys))
        frame_report_misuse(phys, 1, caller);
    frame = &cache->group_frames[number_in_group(cache, phys)];
    if (!is_single_allocated(frame))
        frame_report_misuse(phys, 1, caller);
    if (cache->top == cache->last)
        cache_empty(cache, HALF);
    push(cache, cache->top, frame, phys, site);
    arch_irq_restore(state);
}

void frame_free(paddr_t phys)
{
    irq_state_t state = arch_irq_save();
    struct frame_cache *cache = &cpu_self()->frames;
    struct cached_frame *top = cache->top;
    uint64_t number = number_in_group(cache, phys);

    if (number >= cache->group_count || !is_single_allocated(&cache->group_frames[number]) ||
        top == cache->last) {
        free_unusual(phys, state, (vaddr_t)__builtin_return_address(0), CALL_SITE());
        return;
    }
    push(cache, top, &cache->group_frames[number], phys, CALL_SITE());
    arch_irq_restore(state);
}

paddr_t frame_alloc_run(uint64_t page_count, uint64_t align_bytes, paddr_t limit)
{
    const struct buddy_request request = {.count = page_count,
                                          .align = align_bytes / PAGE_SIZE,
                                          .limit = limit / PAGE_SIZE,
                                          .site = CALL_SITE()};
    paddr_t phys;

    assert(page_count > 0 && align_bytes >= PAGE_SIZE && is_aligned(align_bytes, align_bytes));
    if (memory_must_fail() || page_count > BUDDY_MAX || request.align > BUDDY_MAX)
        return 0;
    if (take(&request, &phys))
        return phys;
    frame_cache_drain(); /* what lies there may be what keeps two halves apart */
    return take(&request, &phys) ? phys : 0;
}

void frame_free_run(paddr_t phys, uint64_t page_count)
{
    unsigned number = frame_zone_of(phys);
    struct frame_zone *zone = &frame_zones[number];
    uint32_t index = (uint32_t)((phys - zone->start) / PAGE_SIZE);
    struct buddy_block block;
    irq_state_t state;

    if (number == frame_zone_count || !is_aligned(phys, PAGE_SIZE))
        frame_report_misuse(phys, page_count, (vaddr_t)__builtin_return_address(0));
    state = spinlock_acquire(&zone->lock);
    if (!buddy_find(&zone->buddy, index, &block) || block.state != FRAME_ALLOCATED ||
        block.head != index || block.count != page_count)
        frame_report_misuse(phys, page_count, (vaddr_t)__builtin_return_address(0));
    buddy_return(&zone->buddy, index, CALL_SITE());
    spinlock_release(&zone->lock, state);
}
