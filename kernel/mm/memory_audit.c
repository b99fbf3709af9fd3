/* Whether the allocators' lists say the same as what is kept for each frame and object: see kernel/mm/memory.h. */
#include <stdatomic.h>

#include "frame_zone.h"
#include "heap_internal.h"
#include "kernel/cpu_call.h"
#include "kernel/mm/memory.h"

static bool zones_are_sound(void)
{
    bool sound = true;

    for (unsigned i = 0; i < frame_zone_count; i++) {
        irq_state_t state = spinlock_acquire(&frame_zones[i].lock);

        sound = buddy_is_sound(&frame_zones[i].buddy) && sound;
        spinlock_release(&frame_zones[i].lock, state);
    }
    return sound;
}

/* Each entry's frame is marked as lying in a cache, and is the one of that address. */
static bool cache_is_sound(const struct frame_cache *cache)
{
    for (const struct cached_frame *entry = cache->top; entry > cache->entries; entry--) {
        const struct frame_zone *zone = &frame_zones[frame_zone_of(entry->phys)];
        uint64_t index = (entry->phys - zone->start) / PAGE_SIZE;

        if (index >= zone->buddy.count || entry->frame != &zone->buddy.frames[index] ||
            frame_info_state(entry->frame->info) != FRAME_CACHED)
            return false;
    }
    return true;
}

static bool own_slabs_are_sound(const struct slab_cpu *cpu)
{
    for (uint32_t place = 0; place < heap_places_used; place++) {
        const struct slab *slab = (const void *)(HEAP_START + place * SLAB_STRIDE);

        if (heap_places[place] != 0 && slab->owner == cpu && !slab_is_sound(slab))
            return false;
    }
    return slab_lists_are_sound(cpu);
}

static void check_cpu(void *sound)
{
    const struct cpu *self = cpu_self();
    irq_state_t state = arch_irq_save();

    if (!cache_is_sound(&self->frames) || !own_slabs_are_sound(&self->slabs))
        atomic_store((atomic_bool *)sound, false);
    arch_irq_restore(state);
}

bool memory_lists_are_sound(void)
{
    atomic_bool sound = true;

    cpu_run_on_all(check_cpu, &sound);
    return zones_are_sound() && sound;
}
