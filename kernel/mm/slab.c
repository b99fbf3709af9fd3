/*
 * See kernel/mm/slab.h. A CPU's slabs of a class are: the current one; those in the list of partial
 * ones; and full ones, which are in no list before a quarter of their objects has come back, so that
 * taking one from the list is worth the while. `trigger` makes the two moments at which a slab
 * changes its state visible in one comparison: that quarter, and the free of a listed slab's last
 * object. The current slab has none.
 */
#include "kernel/mm/slab.h"

#include "lib/align.h"
#include "lib/types.h"

#define NO_TRIGGER 0xffff
#define SIZE_MIN   16
#define FINE_LIMIT 128 /* up to here classes are 16 bytes apart */
#define PER_DOUBLE 4   /* sizes for each doubling above */

#define READY_PAGES 64 /* of each slab size, for each CPU */

static struct {
    uint16_t size, count;
    uint32_t inverse;
    uint8_t pages;
} classes[SLAB_CLASS_COUNT] READ_ONLY_AFTER_INIT;

uint8_t slab_class_of[SLAB_OBJECT_MAX / 16 + 1] READ_ONLY_AFTER_INIT;

/* Nobody's: full, so that the first allocation of a class looks for another. */
struct slab slab_nobody = {.free = SLAB_END, .trigger = NO_TRIGGER, .remote = SLAB_END};

/* Two sizes of slabs, so that most have 60 objects or more; the larger leaves one page of its stride
 * unmapped. */
static const uint8_t slab_pages[SLAB_SIZE_COUNT] = {8, 15};

static unsigned size_number(unsigned object_bytes) { return object_bytes > 256; }

static uint32_t header_bytes(uint32_t count)
{
    return (uint32_t)align_up(sizeof(struct slab) + count * sizeof(uint16_t), SIZE_MIN);
}

static void init_class(unsigned number, unsigned size)
{
    uint32_t bytes = slab_pages[size_number(size)] * (uint32_t)PAGE_SIZE, count = bytes / size;

    while (header_bytes(count) + count * size > bytes)
        count--;
    classes[number].size = (uint16_t)size;
    classes[number].pages = slab_pages[size_number(size)];
    classes[number].count = (uint16_t)count;
    classes[number].inverse = (uint32_t)(((UINT64_C(1) << 32) + size - 1) / size);
}

void slab_init(void)
{
    unsigned number = 0, step = SIZE_MIN, at = 0;

    for (unsigned size = SIZE_MIN; size <= SLAB_OBJECT_MAX; size += step, number++) {
        init_class(number, size);
        while (at <= size / SIZE_MIN)
            slab_class_of[at++] = (uint8_t)number;
        if (size >= FINE_LIMIT && (size & (size - 1)) == 0)
            step = size / PER_DOUBLE;
    }
}

void slab_init_cpu(struct slab_cpu *cpu)
{
    *cpu = (struct slab_cpu){.pending = NULL};
    for (unsigned number = 0; number < SLAB_CLASS_COUNT; number++)
        cpu->current[number] = &slab_nobody;
}

unsigned slab_class_bytes(unsigned class_number) { return classes[class_number].size; }

unsigned slab_class_pages(unsigned class_number) { return classes[class_number].pages; }

void *slab_object_around(const struct slab *slab, const void *address)
{
    uint64_t number = ((uintptr_t)address - slab->base) / slab->size;

    if (number >= slab->count || slab->links[number] != SLAB_IN_USE)
        return NULL;
    return (void *)(slab->base + number * slab->size);
}

static bool is_listed(const struct slab *slab, unsigned class_number)
{
    return slab_is_there(slab) && slab->is_listed && slab->class_number == class_number;
}

/* A stray write to a slab's header is found here, before the list leads anywhere else. */
static void check_links(const struct slab_cpu *cpu, const struct slab *slab)
{
    const struct slab *next, *previous;
    unsigned number;

    if (!slab_is_there(slab) || slab->class_number >= SLAB_CLASS_COUNT)
        slab_report_corruption("partly used slabs", slab);
    number = slab->class_number;
    next = slab->next;
    previous = slab->previous;
    if (!(next ? is_listed(next, number) && next->previous == slab
               : cpu->partial[number].tail == slab) ||
        !(previous ? is_listed(previous, number) && previous->next == slab
                   : cpu->partial[number].head == slab))
        slab_report_corruption("partly used slabs", slab);
}

static void append(struct slab_cpu *cpu, struct slab *slab)
{
    struct slab *tail = cpu->partial[slab->class_number].tail;

    if (tail)
        check_links(cpu, tail);
    slab->is_listed = true;
    slab->trigger = 1;
    slab->previous = tail;
    slab->next = NULL;
    if (tail)
        tail->next = slab;
    else
        cpu->partial[slab->class_number].head = slab;
    cpu->partial[slab->class_number].tail = slab;
}

static void take_out(struct slab_cpu *cpu, struct slab *slab)
{
    check_links(cpu, slab);
    slab->is_listed = false;
    if (slab->next)
        slab->next->previous = slab->previous;
    else
        cpu->partial[slab->class_number].tail = slab->previous;
    if (slab->previous)
        slab->previous->next = slab->next;
    else
        cpu->partial[slab->class_number].head = slab->next;
}

/* Links every object to the next, four at a time. */
static void link_all(struct slab *slab)
{
    uint64_t four = UINT64_C(0x0004000300020001);
    uint32_t number = 0;

    for (; number + 4 <= slab->count; number += 4, four += UINT64_C(0x0004000400040004))
        __builtin_memcpy(&slab->links[number], &four, sizeof(four));
    for (; number < slab->count; number++)
        slab->links[number] = (uint16_t)(number + 1);
    slab->links[slab->count - 1] = SLAB_END;
}

/* NULL when none is ready. */
static struct slab *take_ready(struct slab_cpu *cpu, unsigned kind)
{
    struct slab *slab = cpu->ready[kind];

    if (!slab)
        return NULL;
    if (!slab_is_there(slab))
        slab_report_corruption("empty slabs", slab);
    cpu->ready[kind] = slab->next;
    cpu->ready_count[kind]--;
    return slab;
}

static struct slab *make_slab(struct slab_cpu *cpu, unsigned number)
{
    struct slab *slab = take_ready(cpu, size_number(classes[number].size));

    if (!slab)
        slab = slab_map_pages(classes[number].pages);
    if (!slab)
        return NULL;
    *slab = (struct slab){.owner = cpu,
                          .base = (uintptr_t)slab + classes[number].pages * PAGE_SIZE -
                                  (uint64_t)classes[number].count * classes[number].size,
                          .inverse = classes[number].inverse,
                          .size = classes[number].size,
                          .count = classes[number].count,
                          .class_number = (uint8_t)number,
                          .pages = classes[number].pages,
                          .remote = SLAB_END};
    link_all(slab);
    return slab;
}

/* A few empty ones stay ready for any class of their size. */
static void free_slab(struct slab_cpu *cpu, struct slab *slab)
{
    unsigned kind = size_number(slab->size);

    if ((cpu->ready_count[kind] + 1) * slab->pages > READY_PAGES) {
        slab_unmap_pages(slab, slab->pages);
        return;
    }
    slab->next = cpu->ready[kind];
    cpu->ready[kind] = slab;
    cpu->ready_count[kind]++;
}

/* How many objects a full slab has in use when it is listed again. */
static uint32_t listed_at(const struct slab *slab) { return slab->count - slab->count / 4 - 1; }

/* After an object came back to a slab of this CPU's own. */
static void settle(struct slab_cpu *cpu, struct slab *slab)
{
    if (slab == cpu->current[slab->class_number])
        return;
    if (!slab->is_listed && slab->used <= listed_at(slab))
        append(cpu, slab);
    if (slab->used > 0)
        return;
    take_out(cpu, slab);
    free_slab(cpu, slab);
}

static void put_own(struct slab *slab, uint32_t number)
{
    slab->links[number] = slab->free;
    slab->free = (uint16_t)number;
    slab->used--;
}

/* One slab's list that other CPUs filled. */
static void collect(struct slab_cpu *cpu, struct slab *slab)
{
    uint32_t number = __atomic_exchange_n(&slab->remote, SLAB_END, __ATOMIC_ACQUIRE);

    while (number != SLAB_END) {
        uint32_t next = slab->links[number];

        put_own(slab, number);
        number = next;
    }
    settle(cpu, slab);
}

static void collect_pending(struct slab_cpu *cpu)
{
    struct slab *slab = __atomic_exchange_n(&cpu->pending, NULL, __ATOMIC_ACQUIRE);

    while (slab) {
        struct slab *next;

        if (!slab_is_there(slab))
            slab_report_corruption("slabs with objects that other CPUs freed", slab);
        next = slab->next_pending; /* the slab may be gone after this */
        collect(cpu, slab);
        slab = next;
    }
}

bool slab_refill(struct slab_cpu *cpu, unsigned class_number)
{
    struct slab *old = cpu->current[class_number], *slab;

    if (__atomic_load_n(&cpu->pending, __ATOMIC_RELAXED))
        collect_pending(cpu);
    if (old->free != SLAB_END)
        return true;
    slab = cpu->partial[class_number].head;
    if (slab)
        take_out(cpu, slab);
    else
        slab = make_slab(cpu, class_number);
    if (!slab)
        return false;
    if (old != &slab_nobody)
        old->trigger = (uint16_t)(listed_at(old) + 1);
    slab->trigger = NO_TRIGGER;
    cpu->current[class_number] = slab;
    return true;
}

static void put_remote(struct slab *slab, uint32_t number)
{
    uint16_t head = __atomic_load_n(&slab->remote, __ATOMIC_RELAXED);
    struct slab_cpu *owner = slab->owner;

    do
        slab->links[number] = head;
    while (!__atomic_compare_exchange_n(&slab->remote, &head, (uint16_t)number, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    if (head != SLAB_END)
        return; /* whoever began the list has told the owner, or is about to */
    slab->next_pending = __atomic_load_n(&owner->pending, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&owner->pending, &slab->next_pending, slab, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

/* The exchange decides between two CPUs that free the same object: one of them finds it gone. */
bool slab_put_unusual(struct slab_cpu *cpu, struct slab *slab, const void *object)
{
    uint32_t number = slab_number(slab, object);
    uint16_t in_use = SLAB_IN_USE;

    if (number == UINT32_MAX ||
        !__atomic_compare_exchange_n(&slab->links[number], &in_use, SLAB_END, false,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return false;
    if (slab->owner != cpu) {
        put_remote(slab, number);
        return true;
    }
    put_own(slab, number);
    settle(cpu, slab);
    return true;
}

static void unmap_ready(struct slab_cpu *cpu, unsigned kind)
{
    struct slab *slab;

    while ((slab = take_ready(cpu, kind)))
        slab_unmap_pages(slab, slab->pages);
}

void slab_trim(struct slab_cpu *cpu)
{
    collect_pending(cpu);
    for (unsigned number = 0; number < SLAB_CLASS_COUNT; number++) {
        struct slab *slab = cpu->current[number];

        if (slab == &slab_nobody || slab->used > 0)
            continue;
        cpu->current[number] = &slab_nobody;
        slab_unmap_pages(slab, slab->pages);
    }
    for (unsigned kind = 0; kind < SLAB_SIZE_COUNT; kind++)
        unmap_ready(cpu, kind);
}
