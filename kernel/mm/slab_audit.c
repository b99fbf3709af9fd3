/* Whether slabs and a CPU's lists of them are whole: see kernel/mm/slab.h. Nothing is believed before it is checked. */
#include "kernel/mm/slab.h"

/* Objects in the list that begins with this number; more than the slab has when it leads astray or in a circle. */
static uint32_t list_length(const struct slab *slab, uint32_t number)
{
    uint32_t length = 0;

    for (; number != SLAB_END && length <= slab->count; number = slab->links[number]) {
        if (number >= slab->count)
            return slab->count + 1;
        length++;
    }
    return length;
}

bool slab_is_sound(const struct slab *slab)
{
    uint32_t free = list_length(slab, slab->free), remote = list_length(slab, slab->remote);
    uint32_t in_use = 0;

    for (uint32_t number = 0; number < slab->count; number++)
        in_use += slab->links[number] == SLAB_IN_USE;
    return slab->used == in_use + remote && slab->used + free == slab->count;
}

static bool current_is_sound(const struct slab_cpu *cpu, unsigned class_number)
{
    const struct slab *slab = cpu->current[class_number];

    return slab == &slab_nobody || (slab_is_there(slab) && slab->owner == cpu && !slab->is_listed &&
                                    slab->class_number == class_number);
}

static bool partial_is_sound(const struct slab_cpu *cpu, unsigned class_number)
{
    const struct slab *before = NULL;

    for (const struct slab *slab = cpu->partial[class_number].head; slab; slab = slab->next) {
        if (!slab_is_there(slab) || slab->owner != cpu || !slab->is_listed ||
            slab->class_number != class_number || slab->previous != before)
            return false;
        before = slab;
    }
    return cpu->partial[class_number].tail == before;
}

static bool ready_is_sound(const struct slab_cpu *cpu, unsigned kind)
{
    uint32_t left = cpu->ready_count[kind];
    const struct slab *slab = cpu->ready[kind];

    for (; slab && left > 0 && slab_is_there(slab); slab = slab->next)
        left--;
    return !slab && left == 0;
}

/* A slab is in this list while it has objects that other CPUs freed. */
static bool pending_is_sound(const struct slab_cpu *cpu)
{
    for (const struct slab *slab = cpu->pending; slab; slab = slab->next_pending)
        if (!slab_is_there(slab) || slab->owner != cpu || slab->remote == SLAB_END)
            return false;
    return true;
}

bool slab_lists_are_sound(const struct slab_cpu *cpu)
{
    for (unsigned number = 0; number < SLAB_CLASS_COUNT; number++)
        if (!current_is_sound(cpu, number) || !partial_is_sound(cpu, number))
            return false;
    for (unsigned kind = 0; kind < SLAB_SIZE_COUNT; kind++)
        if (!ready_is_sound(cpu, kind))
            return false;
    return pending_is_sound(cpu);
}
