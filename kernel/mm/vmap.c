/* See kernel/mm/vmap.h. A reservation is a guard page, the body and another guard page; its note is
 * the physical address of a device, or STACK. */
#include "kernel/mm/vmap.h"

#include "kernel/address_map.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/lock_rank.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/align.h"
#include "lib/format.h"
#include "lib/string.h"
#include "range_memory.h"

#define STACK        UINT64_MAX
#define EARLY_RANGES 32

static struct range early_ranges[EARLY_RANGES];
static const struct range_home home = {early_ranges, EARLY_RANGES};
static struct range_set areas = {.ranges = early_ranges,
                                 .capacity = EARLY_RANGES,
                                 .start = VMAP_START,
                                 .end = VMAP_START + VMAP_BYTES,
                                 .next = VMAP_START,
                                 .highest = VMAP_START};
static struct spinlock lock = SPINLOCK("vmap area", LOCK_RANK_VMAP); /* areas */

/* Room for a body at `offset` above a multiple of 2 MiB, and its guards. The body's address, 0 when
 * there is none. */
static vaddr_t reserve(uint64_t bytes, uint64_t offset, uint64_t note)
{
    const struct range_request request = {.bytes = bytes + 2 * PAGE_SIZE,
                                          .align = note == STACK ? PAGE_SIZE : 2 * MIB,
                                          .offset = note == STACK ? 0 : offset,
                                          .note = note};
    irq_state_t state = spinlock_acquire(&lock);
    const struct range *range;
    vaddr_t body;

    range_set_make_room(&areas, &home);
    range = range_set_take(&areas, &request);
    body = range ? range->start + PAGE_SIZE : 0;
    spinlock_release(&lock, state);
    return body;
}

static void give_back(vaddr_t body)
{
    irq_state_t state = spinlock_acquire(&lock);

    range_set_give(&areas, range_set_find(&areas, body));
    range_set_give_room(&areas, &home);
    spinlock_release(&lock, state);
}

/* Physical and virtual address agree modulo 2 MiB, so that a framebuffer gets large pages. */
void *vmap_device(paddr_t phys, uint64_t bytes, enum mmu_cache cache)
{
    paddr_t first = align_down(phys, PAGE_SIZE);
    struct mmu_mapping mapping = {.phys = first,
                                  .bytes = align_up(phys + bytes, PAGE_SIZE) - first,
                                  .rights = MMU_WRITE,
                                  .cache = cache};

    mapping.virt = reserve(mapping.bytes, (first - PAGE_SIZE) % (2 * MIB), first);
    if (mapping.virt == 0)
        return NULL;
    if (arch_mmu_map(&kernel_space, &mapping) == STATUS_OK)
        return (void *)(mapping.virt + phys % PAGE_SIZE);
    give_back(mapping.virt);
    return NULL;
}

/* One zeroed frame of a stack. */
static bool map_stack_page(vaddr_t virt)
{
    struct mmu_mapping mapping = {
        .virt = virt, .phys = frame_alloc(), .bytes = PAGE_SIZE, .rights = MMU_WRITE};

    if (mapping.phys == 0)
        return false;
    memset(phys_to_virt(mapping.phys), 0, PAGE_SIZE);
    if (arch_mmu_map(&kernel_space, &mapping) == STATUS_OK)
        return true;
    frame_free(mapping.phys);
    return false;
}

void *vmap_stack(uint64_t bytes)
{
    vaddr_t body = reserve(bytes, 0, STACK);

    for (uint64_t done = 0; body && done < bytes; done += PAGE_SIZE) {
        if (map_stack_page(body + done))
            continue;
        arch_mmu_unmap_and_free(&kernel_space, body, done);
        give_back(body);
        return NULL;
    }
    return (void *)body;
}

void vmap_free(void *address)
{
    vaddr_t body = align_down((vaddr_t)address, PAGE_SIZE);
    irq_state_t state = spinlock_acquire(&lock);
    const struct range *found = range_set_find(&areas, body);
    struct range range = found ? *found : (struct range){.start = 0};

    spinlock_release(&lock, state);
    if (range.start + PAGE_SIZE != body)
        panic("vmap_free of %016lx: no mapping begins there", (vaddr_t)address);
    /* Large pages lie wholly inside, so nothing is split and nothing can fail. */
    if (range.note == STACK)
        arch_mmu_unmap_and_free(&kernel_space, body, range.end - PAGE_SIZE - body);
    else
        arch_mmu_unmap(&kernel_space, body, range.end - PAGE_SIZE - body);
    give_back(body);
}

void vmap_trim(void)
{
    irq_state_t state = spinlock_acquire(&lock);

    range_set_trim(&areas, &home);
    spinlock_release(&lock, state);
}

bool vmap_reservation(unsigned number, vaddr_t *start, vaddr_t *end)
{
    irq_state_t state = spinlock_acquire(&lock);
    bool found = number < areas.count;

    if (found) {
        *start = areas.ranges[number].start;
        *end = areas.ranges[number].end;
    }
    spinlock_release(&lock, state);
    return found;
}

/* Without the lock: a report must come out whoever holds it. */
void vmap_describe(vaddr_t address, char *text, size_t size)
{
    const struct range *range = range_set_find(&areas, address);
    char what[40];

    if (!range) {
        format(text, size, "%s", address < areas.highest ? "nothing any more" : "nothing");
        return;
    }
    if (range->note == STACK)
        format(what, sizeof(what), "a stack");
    else
        format(what, sizeof(what), "a device at %lx", range->note);
    if (address < range->start + PAGE_SIZE)
        format(text, size, "the guard page below %s", what);
    else if (address >= range->end - PAGE_SIZE)
        format(text, size, "the guard page above %s", what);
    else
        format(text, size, "%s", what);
}
