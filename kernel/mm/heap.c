/* See kernel/mm/heap.h: the public functions, and where slabs get their pages. */
#include "kernel/mm/heap.h"
#include "kernel/mm/lock_rank.h"

#include "arch/mmu.h"
#include "heap_internal.h"
#include "kernel/mm/fail.h"
#include "kernel/mm/frame.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/align.h"
#include "lib/string.h"

#define CALLER ((vaddr_t)__builtin_return_address(0))

uint8_t heap_places[HEAP_PLACE_COUNT];
uint32_t heap_places_used;

static uint32_t next_place;
static struct spinlock places_lock = SPINLOCK("heap places", LOCK_RANK_HEAP_PLACES);

void heap_init(void) { slab_init(); }

void heap_init_cpu(void) { slab_init_cpu(&cpu_self()->slabs); }

/* ---- pages for slabs ---- */

/* A place for a slab, the next in turn, so that an address that was given back stays unused for long;
 * HEAP_PLACE_COUNT when there is none. */
static uint32_t take_place(unsigned pages)
{
    irq_state_t state = spinlock_acquire(&places_lock);
    uint32_t place = HEAP_PLACE_COUNT;

    for (uint32_t i = 0; i < HEAP_PLACE_COUNT && place == HEAP_PLACE_COUNT; i++) {
        if (heap_places[next_place] == 0)
            place = next_place;
        next_place = (next_place + 1) % HEAP_PLACE_COUNT;
    }
    if (place < HEAP_PLACE_COUNT)
        heap_places[place] = (uint8_t)pages;
    if (place < HEAP_PLACE_COUNT && place >= heap_places_used)
        heap_places_used = place + 1;
    spinlock_release(&places_lock, state);
    return place;
}

static bool map_page(vaddr_t virt)
{
    const struct mmu_mapping mapping = {
        .virt = virt, .phys = frame_alloc(), .bytes = PAGE_SIZE, .rights = MMU_WRITE};

    if (mapping.phys != 0 && arch_mmu_map(&kernel_space, &mapping) == STATUS_OK)
        return true;
    if (mapping.phys != 0)
        frame_free(mapping.phys);
    return false;
}

bool heap_map_pages(vaddr_t start, uint64_t bytes)
{
    for (uint64_t done = 0; done < bytes; done += PAGE_SIZE)
        if (!map_page(start + done)) {
            arch_mmu_unmap_and_free(&kernel_space, start, done);
            return false;
        }
    return true;
}

void *slab_map_pages(unsigned pages)
{
    uint32_t place = take_place(pages);
    vaddr_t start = HEAP_START + place * SLAB_STRIDE;

    if (place == HEAP_PLACE_COUNT)
        return NULL;
    if (heap_map_pages(start, pages * PAGE_SIZE))
        return (void *)start;
    heap_places[place] = 0;
    return NULL;
}

/* The place is free when no CPU can reach the old pages any more. */
void slab_unmap_pages(void *start, unsigned pages)
{
    arch_mmu_unmap_and_free(&kernel_space, (vaddr_t)start, pages * PAGE_SIZE);
    heap_places[((vaddr_t)start - HEAP_START) / SLAB_STRIDE] = 0;
}

bool slab_is_there(const struct slab *slab) { return heap_slab_at(slab) == slab; }

/* ---- what the short ways leave to others ---- */

NOINLINE void *heap_alloc_unusual(size_t size, vaddr_t caller)
{
    struct slab_cpu *cpu;
    unsigned class_number;
    irq_state_t state;
    void *object = NULL;

    if (size > SLAB_OBJECT_MAX)
        return heap_large_alloc(HEAP_ALIGN, size, caller);
    class_number = slab_class_of[(size + 15) / 16];
    state = arch_irq_save();
    cpu = &cpu_self()->slabs;
    if (slab_refill(cpu, class_number))
        object = slab_take(cpu->current[class_number]);
    arch_irq_restore(state);
    return object;
}

NOINLINE void heap_free_unusual(void *object, vaddr_t caller)
{
    struct slab *slab = heap_slab_at(object);
    irq_state_t state;
    bool done;

    if (object == NULL)
        return;
    state = arch_irq_save();
    done =
        slab ? slab_put_unusual(&cpu_self()->slabs, slab, object) : heap_large_free(object, caller);
    arch_irq_restore(state);
    if (!done)
        heap_report_misuse("heap_free", object, caller);
}

/* Objects of a power of two up to a page lie at multiples of it. */
void *heap_raw_alloc_aligned(size_t align, size_t size, vaddr_t caller)
{
    size_t bytes = size > align ? size : align;

    if (align <= HEAP_ALIGN)
        return heap_alloc_unusual(size, caller);
    if (bytes > PAGE_SIZE)
        return heap_large_alloc(align, size, caller);
    return heap_alloc_unusual((size_t)1 << (64 - __builtin_clzll(bytes - 1)), caller);
}

size_t heap_raw_size(const void *object)
{
    const struct slab *slab = heap_slab_at(object);

    if (!slab)
        return heap_large_size(object);
    return slab_number(slab, object) != UINT32_MAX ? slab->size : 0;
}

/* ---- the heap as others see it ---- */

/* A small object that lies ready on this CPU is taken right here. */
void *heap_alloc(size_t size)
{
    if (CHECKED_BUILD)
        return heap_checked_alloc(HEAP_ALIGN, size, CALLER);
    if (size <= SLAB_OBJECT_MAX) {
        irq_state_t state = arch_irq_save();
        struct slab *slab = cpu_self()->slabs.current[slab_class_of[(size + 15) / 16]];

        if (slab->free != SLAB_END) {
            void *object = slab_take(slab);

            arch_irq_restore(state);
            return object;
        }
        arch_irq_restore(state);
    }
    return heap_alloc_unusual(size, CALLER);
}

/* And one of this CPU's own goes back right here. */
void heap_free(void *object)
{
    struct slab *slab = heap_slab_at(object);

    if (CHECKED_BUILD) {
        heap_checked_free(object, CALLER);
        return;
    }
    if (slab) {
        irq_state_t state = arch_irq_save();

        if (slab_put(&cpu_self()->slabs, slab, object)) {
            arch_irq_restore(state);
            return;
        }
        arch_irq_restore(state);
    }
    heap_free_unusual(object, CALLER);
}

static void *alloc_aligned(size_t align, size_t size, vaddr_t caller)
{
    return CHECKED_BUILD ? heap_checked_alloc(align, size, caller)
                         : heap_raw_alloc_aligned(align, size, caller);
}

void *heap_alloc_aligned(size_t align, size_t size)
{
    assert(align > 0 && is_aligned(align, align));
    return alloc_aligned(align, size, CALLER);
}

void *heap_calloc(size_t count, size_t size)
{
    size_t bytes;
    void *object;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    object = alloc_aligned(HEAP_ALIGN, bytes, CALLER);
    if (object)
        memset(object, 0, bytes);
    return object;
}

static size_t size_of(const void *object)
{
    return CHECKED_BUILD ? heap_checked_size(object) : heap_raw_size(object);
}

/* An object that is neither too small nor more than twice as large as needed stays. */
void *heap_realloc(void *object, size_t size)
{
    size_t old = object ? size_of(object) : 0;
    void *other;

    if (object && old == 0)
        heap_report_misuse("heap_realloc", object, CALLER);
    if (object && size > 0 && !CHECKED_BUILD && size <= old && size > old / 2)
        return object;
    other = object && size == 0 ? NULL : alloc_aligned(HEAP_ALIGN, size, CALLER);
    if (object && other)
        memcpy(other, object, size < old ? size : old);
    if (object && (other || size == 0))
        heap_free(object);
    return other;
}

void heap_trim(void)
{
    irq_state_t state = arch_irq_save();

    if (CHECKED_BUILD)
        heap_checked_trim();
    slab_trim(&cpu_self()->slabs);
    heap_large_trim();
    arch_irq_restore(state);
}

void heap_statistics(struct heap_statistics *statistics)
{
    *statistics = (struct heap_statistics){.slab_count = 0};
    for (uint32_t place = 0; place < heap_places_used; place++) {
        const struct slab *slab = (const void *)(HEAP_START + place * SLAB_STRIDE);

        if (heap_places[place] == 0)
            continue;
        statistics->slab_count++;
        statistics->slab_bytes += heap_places[place] * PAGE_SIZE;
        statistics->object_count += slab->used;
        statistics->object_bytes += (uint64_t)slab->used * slab->size;
    }
    heap_large_statistics(&statistics->large_count, &statistics->large_bytes);
}
