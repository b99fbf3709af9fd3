/*
 * Slabs: objects of one size each, cut out of a few pages that begin at a multiple of SLAB_STRIDE,
 * so that an object's address tells its slab. Pure: pages come from functions at the end, which the
 * kernel and the host tests each have their own of.
 *
 * A slab belongs to the CPU that made it. Only that CPU, with interrupts masked, takes objects out of
 * it or puts them back directly; other CPUs put theirs into the slab's `remote` list, which the owner
 * collects when it runs out. For every object there is a link beside the objects, never inside: of a
 * free one the number of the next, of one in use SLAB_IN_USE. So a free of what is not in use is
 * found exactly, and writing to a freed object cannot lead the allocator astray.
 */
#ifndef KERNEL_MM_SLAB_H
#define KERNEL_MM_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

#define SLAB_STRIDE      UINT64_C(0x10000)
#define SLAB_OBJECT_MAX  8192
#define SLAB_CLASS_COUNT 32 /* multiples of 16 up to 128, then four sizes for each doubling */

#define SLAB_SIZE_COUNT 2

/* Links that are no object's number. */
#define SLAB_END    0xfffe /* of the last free object */
#define SLAB_IN_USE 0xffff

struct slab_cpu;

/* `links` is written by other CPUs too, but only where it says SLAB_IN_USE and by an exchange. */
struct slab {
    struct slab_cpu *owner;
    uint64_t base;    /* address of object 0; the last one ends where the pages end */
    uint32_t inverse; /* 2^32 / size, rounded up: dividing by multiplying */
    uint32_t size;
    uint32_t count;   /* objects */
    uint16_t used;    /* in use, and those in `remote` */
    uint16_t trigger; /* a free that finds `used` at this number is not the owner's usual one */
    uint16_t free;    /* number of the first free object, or SLAB_END */
    uint16_t remote;  /* freed by other CPUs: number of the first, or SLAB_END */
    uint8_t class_number;
    uint8_t pages;
    uint8_t is_listed;            /* in the owner's list of partly used slabs */
    struct slab *next, *previous; /* in that list */
    struct slab *next_pending;    /* in the owner's list of slabs with a remote one */
    uint16_t links[];
};

/* A CPU's slabs. */
struct slab_cpu {
    struct slab *current[SLAB_CLASS_COUNT]; /* objects are taken from here; never NULL */
    struct {
        struct slab *head, *tail;
    } partial[SLAB_CLASS_COUNT];         /* others that have some free objects, and some in use */
    struct slab *ready[SLAB_SIZE_COUNT]; /* empty ones, still mapped */
    uint32_t ready_count[SLAB_SIZE_COUNT];
    struct slab *pending; /* other CPUs write it */
};

/* The current slab of a CPU that has none: full. */
extern struct slab slab_nobody;

/* Which class an object of `size` bytes (1 to SLAB_OBJECT_MAX) belongs to: [(size + 15) / 16]. */
extern uint8_t slab_class_of[SLAB_OBJECT_MAX / 16 + 1];

/* Once, before everything else. */
void slab_init(void);

/* Makes a CPU's structure empty. */
void slab_init_cpu(struct slab_cpu *cpu);

/* Bytes of an object of the class, and pages of its slabs. */
unsigned slab_class_bytes(unsigned class_number);
unsigned slab_class_pages(unsigned class_number);

static inline struct slab *slab_of(const void *object)
{
    return (struct slab *)((uintptr_t)object & ~(SLAB_STRIDE - 1));
}

/* Takes the first free object of a CPU's current slab, which must have one. */
static inline void *slab_take(struct slab *slab)
{
    uint32_t number = slab->free;

    slab->free = slab->links[number];
    slab->links[number] = SLAB_IN_USE;
    slab->used++;
    return (void *)(slab->base + number * slab->size);
}

/* Number of the object in use that begins at this address of the slab; UINT32_MAX when none does. */
static inline uint32_t slab_number(const struct slab *slab, const void *object)
{
    uint64_t product = (uint64_t)(uint32_t)((uintptr_t)object - slab->base) * slab->inverse;
    uint32_t number = product >> 32;

    return (uint32_t)product < slab->inverse && number < slab->count &&
                   slab->links[number] == SLAB_IN_USE
               ? number
               : UINT32_MAX;
}

/* The object in use that an address lies in, NULL when there is none. */
void *slab_object_around(const struct slab *slab, const void *address);

/* Puts an object back into a slab of this CPU's own, the usual way; false, with nothing done, when
 * slab_put_unusual() must be called instead. */
static inline bool slab_put(struct slab_cpu *cpu, struct slab *slab, const void *object)
{
    uint32_t number = slab_number(slab, object);
    uint16_t used = slab->used;

    if (number == UINT32_MAX || slab->owner != cpu || used == slab->trigger)
        return false;
    slab->links[number] = slab->free;
    slab->free = (uint16_t)number;
    slab->used = used - 1;
    return true;
}

/* Gives the CPU a current slab with a free object: one it has, or a new one. False when there is no
 * memory for it. */
bool slab_refill(struct slab_cpu *cpu, unsigned class_number);

/* Puts any object back, whoever owns the slab; false when no object in use begins there. */
bool slab_put_unusual(struct slab_cpu *cpu, struct slab *slab, const void *object);

/* Collects what other CPUs freed, and gives back every slab of the CPU that has no object in use. */
void slab_trim(struct slab_cpu *cpu);

/* Whether each object of a slab is in use or in one of its two lists of free ones, and the counts say so. Nobody else may
 * be freeing. */
bool slab_is_sound(const struct slab *slab);

/* Whether a CPU's lists hold slabs of its own of the right class alone, linked both ways, and as many as are counted. On
 * that CPU, interrupts off. */
bool slab_lists_are_sound(const struct slab_cpu *cpu);

/* ---- what the user of this file provides ---- */

/* Pages at a multiple of SLAB_STRIDE, with any contents, or NULL. */
void *slab_map_pages(unsigned pages);

void slab_unmap_pages(void *start, unsigned pages);

/* Whether a slab begins at this address, which may be anything. Any context. */
bool slab_is_there(const struct slab *slab);

/* A list of a CPU's was written over: it led to `slab`, where there is none, or which has a neighbour
 * that does not name it in turn. `list` says what it holds. Nothing has been changed yet. */
NORETURN void slab_report_corruption(const char *list, const struct slab *slab);

#endif
