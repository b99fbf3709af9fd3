/*
 * Large blocks: pages of their own, of which the last is never mapped. A block ends where that page
 * begins, as far as its alignment allows, so that running over its end is a page fault at once. The
 * last blocks that were freed are remembered for reports.
 */
#include "arch/mmu.h"
#include "heap_internal.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/lock_rank.h"
#include "kernel/spinlock.h"
#include "kernel/symbols.h"
#include "lib/align.h"
#include "lib/format.h"
#include "range_memory.h"

#define EARLY_RANGES     32
#define FREED_REMEMBERED 64

static struct range early_ranges[EARLY_RANGES];
static const struct range_home home = {early_ranges, EARLY_RANGES};
static struct range_set blocks = {.ranges = early_ranges,
                                  .capacity = EARLY_RANGES,
                                  .start = HEAP_LARGE_START,
                                  .end = HEAP_LARGE_END,
                                  .next = HEAP_LARGE_START,
                                  .highest = HEAP_LARGE_START};
static struct spinlock lock = SPINLOCK("heap blocks", LOCK_RANK_HEAP_BLOCKS); /* all of this file */

/* In a range's note: where the block begins in it, and who allocated it. A block that is being freed
 * begins nowhere. */
#define BEING_FREED UINT32_MAX

static struct freed_block {
    vaddr_t start, end;
    vaddr_t allocated_by, freed_by;
} freed[FREED_REMEMBERED];
static unsigned freed_next;

static uint64_t make_note(uint64_t offset, vaddr_t caller)
{
    return offset | (caller - KERNEL_IMAGE_START) << 32;
}

static uint64_t block_offset(const struct range *range) { return (uint32_t)range->note; }

static vaddr_t allocated_by(const struct range *range)
{
    return KERNEL_IMAGE_START + (range->note >> 32);
}

/* A guard page lies behind the block; the page before it is the guard of another, or nothing. */
static vaddr_t end_of(const struct range *range) { return range->end - PAGE_SIZE; }

static vaddr_t reserve(size_t align, size_t size, vaddr_t caller, uint64_t *bytes)
{
    uint64_t used = align_up(size, HEAP_ALIGN), offset;
    struct range_request request = {.align = align > PAGE_SIZE ? align : PAGE_SIZE};
    irq_state_t state;
    const struct range *range;
    vaddr_t start;

    *bytes = align_up(used, PAGE_SIZE);
    offset = align > PAGE_SIZE ? 0 : align_down(*bytes - used, align);
    request.bytes = *bytes + PAGE_SIZE;
    request.note = make_note(offset, caller);
    state = spinlock_acquire(&lock);
    range_set_make_room(&blocks, &home);
    range = range_set_take(&blocks, &request);
    start = range ? range->start : 0;
    spinlock_release(&lock, state);
    return start;
}

static void give_back(vaddr_t start)
{
    irq_state_t state = spinlock_acquire(&lock);

    range_set_give(&blocks, range_set_find(&blocks, start));
    range_set_give_room(&blocks, &home);
    spinlock_release(&lock, state);
}

void *heap_large_alloc(size_t align, size_t size, vaddr_t caller)
{
    uint64_t bytes, offset;
    vaddr_t start;

    if (size > HEAP_BYTES || align > HEAP_BYTES)
        return NULL;
    start = reserve(align, size, caller, &bytes);
    if (start == 0)
        return NULL;
    offset = align > PAGE_SIZE ? 0 : align_down(bytes - align_up(size, HEAP_ALIGN), align);
    if (heap_map_pages(start, bytes))
        return (void *)(start + offset);
    give_back(start);
    return NULL;
}

/* The range of a block that begins exactly here, under the lock. */
static struct range *block_at(const void *block)
{
    struct range *range = range_set_find(&blocks, (vaddr_t)block);

    return range && range->start + block_offset(range) == (vaddr_t)block ? range : NULL;
}

static void remember_freed(const struct range *range, vaddr_t caller)
{
    freed[freed_next % FREED_REMEMBERED] =
        (struct freed_block){.start = range->start + block_offset(range),
                             .end = end_of(range),
                             .allocated_by = allocated_by(range),
                             .freed_by = caller};
    freed_next++;
}

bool heap_large_free(void *block, vaddr_t caller)
{
    irq_state_t state = spinlock_acquire(&lock);
    struct range *range = block_at(block);
    vaddr_t start = 0, end = 0;

    if (range) {
        start = range->start;
        end = end_of(range);
        remember_freed(range, caller);
        range->note |= BEING_FREED;
    }
    spinlock_release(&lock, state);
    if (!range)
        return false;
    arch_mmu_unmap_and_free(&kernel_space, start, end - start);
    give_back(start);
    return true;
}

void heap_large_trim(void)
{
    irq_state_t state = spinlock_acquire(&lock);

    range_set_trim(&blocks, &home);
    spinlock_release(&lock, state);
}

size_t heap_large_size(const void *block)
{
    irq_state_t state = spinlock_acquire(&lock);
    const struct range *range = block_at(block);
    size_t size = range ? end_of(range) - (vaddr_t)block : 0;

    spinlock_release(&lock, state);
    return size;
}

void *heap_large_around(const void *address)
{
    irq_state_t state = spinlock_acquire(&lock);
    const struct range *range = range_set_find(&blocks, (vaddr_t)address);
    bool found = range && block_offset(range) != BEING_FREED && (vaddr_t)address < end_of(range);
    vaddr_t block = found ? range->start + block_offset(range) : 0;

    spinlock_release(&lock, state);
    return (void *)block;
}

void heap_large_statistics(uint64_t *count, uint64_t *bytes)
{
    irq_state_t state = spinlock_acquire(&lock);

    *count = blocks.count;
    *bytes = 0;
    for (size_t i = 0; i < blocks.count; i++)
        *bytes += end_of(&blocks.ranges[i]) - blocks.ranges[i].start;
    spinlock_release(&lock, state);
}

void heap_large_visit_guards(void (*visit)(void *context, vaddr_t guard), void *context)
{
    irq_state_t state = spinlock_acquire(&lock);

    for (size_t i = 0; i < blocks.count; i++)
        visit(context, end_of(&blocks.ranges[i]));
    spinlock_release(&lock, state);
}

static void describe_unused(vaddr_t address, char *text, size_t size)
{
    unsigned count = freed_next < FREED_REMEMBERED ? freed_next : FREED_REMEMBERED;
    char allocated[PLACE_MAX], freed_by[PLACE_MAX];

    for (unsigned i = 1; i <= count; i++) {
        const struct freed_block *block = &freed[(freed_next - i) % FREED_REMEMBERED];

        if (address < align_down(block->start, PAGE_SIZE) || address >= block->end + PAGE_SIZE)
            continue;
        symbolize_name(allocated, sizeof(allocated), block->allocated_by, true);
        symbolize_return(freed_by, sizeof(freed_by), block->freed_by);
        format(text, size, "freed heap: %lu bytes at %016lx, allocated by %s, freed by %s",
               block->end - block->start, block->start, allocated, freed_by);
        return;
    }
    format(text, size, "%s", address < blocks.highest ? "freed heap" : "never-mapped heap");
}

/* Without the lock, so that a report can be made whoever holds it. */
void heap_large_describe(vaddr_t address, char *text, size_t size)
{
    const struct range *range = range_set_find(&blocks, address);
    const char *where;
    char place[PLACE_MAX];

    if (!range) {
        describe_unused(address, text, size);
        return;
    }
    where = address >= end_of(range) ? "beyond the end of" : "in";
    symbolize_return(place, sizeof(place), allocated_by(range));
    format(text, size, "%s %lu bytes at %016lx, allocated by %s", where,
           end_of(range) - range->start - block_offset(range), range->start + block_offset(range),
           place);
}
