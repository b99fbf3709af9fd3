/*
 * Checked builds: in front of every object lies a header, which knows its size and who allocated and
 * freed it; what else the slab or the pages gave, before and behind, is a red zone. Freed objects are
 * filled with poison and wait in a quarantine before they can be given out again, so that a second
 * free is told from a first, and writing to a freed object is noticed when it leaves. Large blocks
 * do not wait: they are unmapped, which finds reading too.
 */
#include "heap_internal.h"
#include "kernel/mm/fail.h"
#include "kernel/mm/lock_rank.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "kernel/symbols.h"
#include "lib/format.h"
#include "lib/string.h"

#define RED_ZONE_BYTES 16
#define RED_ZONE       0xab
#define POISON_NEW     0xcd /* nobody may count on zeros */
#define POISON_FREED   0xdd
#define QUARANTINE     256 /* objects */
#define SITES_MAX      (2 * PLACE_MAX)

enum header_state { ALLOCATED = 0xa110c8ed, FREED = 0xf4eef4ee };

struct header {
    uint64_t size; /* the caller's bytes, 1 or more */
    vaddr_t allocated_by, freed_by;
    uint32_t state;
    uint32_t offset; /* of the caller's bytes, from the header */
};

_Static_assert(sizeof(struct header) % HEAP_ALIGN == 0, "the caller's bytes are aligned");

static struct {
    struct spinlock lock;
    struct header *headers[QUARANTINE];
    unsigned next;
} quarantine = {.lock = SPINLOCK("heap quarantine", LOCK_RANK_HEAP_QUARANTINE)};

/* The header of the object that begins here, NULL when none does. */
static struct header *find_header(const void *object)
{
    const struct slab *slab = heap_slab_at(object);
    struct header *header = slab ? slab_object_around(slab, object) : heap_large_around(object);

    return header && (uint8_t *)header + header->offset == (const uint8_t *)object ? header : NULL;
}

/* ", allocated by ..., freed by ..."; without the second when nobody has. */
static void describe_sites(vaddr_t allocated_by, vaddr_t freed_by, char *text, size_t size)
{
    size_t length = format(text, size, ", allocated by ");

    length += symbolize_return(text + length, size - length, allocated_by);
    if (freed_by == 0)
        return;
    length += format(text + length, size - length, ", freed by ");
    symbolize_return(text + length, size - length, freed_by);
}

static bool is_filled(const uint8_t *from, const uint8_t *to, uint8_t byte)
{
    while (from < to && *from == byte)
        from++;
    return from == to;
}

static uint8_t *object_of(struct header *header) { return (uint8_t *)header + header->offset; }

static uint8_t *end_of(struct header *header) { return (uint8_t *)header + heap_raw_size(header); }

void *heap_checked_alloc(size_t align, size_t size, vaddr_t caller)
{
    size_t offset = align > sizeof(struct header) ? align : sizeof(struct header), raw_size;
    struct header *header;

    size += size == 0;
    if (memory_must_fail() || __builtin_add_overflow(size, offset + RED_ZONE_BYTES, &raw_size))
        return NULL;
    header = heap_raw_alloc_aligned(align, raw_size, caller);
    if (!header)
        return NULL;
    memset(header, RED_ZONE, heap_raw_size(header));
    *header = (struct header){
        .size = size, .allocated_by = caller, .state = ALLOCATED, .offset = (uint32_t)offset};
    memset(object_of(header), POISON_NEW, size);
    return object_of(header);
}

static void check_red_zones(struct header *header, vaddr_t caller)
{
    uint8_t *object = object_of(header);
    char sites[SITES_MAX];
    bool below = is_filled((uint8_t *)(header + 1), object, RED_ZONE);

    if (below && is_filled(object + header->size, end_of(header), RED_ZONE))
        return;
    describe_sites(header->allocated_by, caller, sites, sizeof(sites));
    panic("heap: written %s the %lu-byte object at %016lx%s", below ? "beyond" : "in front of",
          header->size, (vaddr_t)object, sites);
}

static void release(struct header *header)
{
    uint8_t *object = object_of(header);
    char sites[SITES_MAX];

    if (!is_filled(object, end_of(header), POISON_FREED)) {
        describe_sites(header->allocated_by, header->freed_by, sites, sizeof(sites));
        panic("heap: the %lu-byte object at %016lx was written after it was freed%s", header->size,
              (vaddr_t)object, sites);
    }
    heap_free_unusual(header, header->freed_by);
}

/* In goes a freed object, or NULL; out comes the one that waited longest. */
static void exchange(struct header *header)
{
    irq_state_t state = spinlock_acquire(&quarantine.lock);
    unsigned at = quarantine.next++ % QUARANTINE;
    struct header *oldest = quarantine.headers[at];

    quarantine.headers[at] = header;
    spinlock_release(&quarantine.lock, state);
    if (oldest)
        release(oldest);
}

void heap_checked_free(void *object, vaddr_t caller)
{
    struct header *header = object ? find_header(object) : NULL;

    if (!object)
        return;
    if (!header || header->state != ALLOCATED)
        heap_report_misuse("heap_free", object, caller);
    check_red_zones(header, caller);
    header->state = FREED;
    header->freed_by = caller;
    memset(object, POISON_FREED, (size_t)(end_of(header) - (uint8_t *)object));
    if (heap_slab_at(header))
        exchange(header);
    else
        heap_free_unusual(header, caller);
}

size_t heap_checked_size(const void *object)
{
    const struct header *header = find_header(object);

    return header && header->state == ALLOCATED ? header->size : 0;
}

void heap_checked_trim(void)
{
    for (unsigned i = 0; i < QUARANTINE; i++)
        exchange(NULL);
}

bool heap_checked_describe(const void *raw, vaddr_t address, char *text, size_t size)
{
    const struct header *header = raw;
    vaddr_t object = (vaddr_t)raw + header->offset;
    char sites[SITES_MAX];

    if (header->state != ALLOCATED && header->state != FREED)
        return false;
    describe_sites(header->allocated_by, header->freed_by, sites, sizeof(sites));
    format(text, size, "%s%s %lu-byte object at %016lx%s", address == object ? "" : "inside ",
           header->state == ALLOCATED ? "an allocated" : "a freed", header->size, object, sites);
    return true;
}
