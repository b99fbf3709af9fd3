/* Sentences about heap addresses. Nothing here takes a lock. */
#include "heap_internal.h"
#include "kernel/mm/heap.h"
#include "kernel/panic.h"
#include "kernel/symbols.h"
#include "lib/format.h"

/* In front of the first object lie the slab's own numbers. */
static void describe_in_slab(const struct slab *slab, vaddr_t address, char *text, size_t size)
{
    uint64_t number = (address - slab->base) / slab->size;
    vaddr_t object = slab->base + number * slab->size;

    if (address < slab->base) {
        format(text, size, "in the heap's own numbers, before the first object of a slab");
        return;
    }
    if (number >= slab->count) {
        format(text, size, "beyond the last object of a slab of %u-byte objects", slab->size);
        return;
    }
    if (CHECKED_BUILD && slab->links[number] == SLAB_IN_USE &&
        heap_checked_describe((const void *)object, address, text, size))
        return;
    format(text, size, "%s%s %u-byte object at %016lx", address == object ? "" : "inside ",
           slab->links[number] == SLAB_IN_USE ? "an allocated" : "a freed", slab->size, object);
}

void heap_describe(vaddr_t address, char *text, size_t size)
{
    const struct slab *slab = heap_slab_at((const void *)address);
    uint64_t offset = address - HEAP_START;

    if (slab)
        describe_in_slab(slab, address, text, size);
    else if (offset >= HEAP_SLABS_BYTES)
        heap_large_describe(address, text, size);
    else if (offset / SLAB_STRIDE < heap_places_used)
        format(text, size, "freed heap: the slab there was given back");
    else
        format(text, size, "never-mapped heap");
}

void heap_report_misuse(const char *what, const void *object, vaddr_t caller)
{
    char state[200], place[PLACE_MAX];

    symbolize_return(place, sizeof(place), caller);
    if ((vaddr_t)object - HEAP_START < HEAP_BYTES)
        heap_describe((vaddr_t)object, state, sizeof(state));
    else
        format(state, sizeof(state), "not in the heap");
    panic("%s of %016lx by %s: %s", what, (vaddr_t)object, place, state);
}

/* What is wrong with one neighbour of a slab; false when it names the slab in turn. */
static bool describe_bad_link(const struct slab *slab, bool forward, char *text, size_t size)
{
    const struct slab *other = forward ? slab->next : slab->previous, *back = NULL;
    const char *way = forward ? "next" : "previous";

    if (slab_is_there(other))
        back = forward ? other->previous : other->next;
    if (!other || back == slab)
        return false;
    if (slab_is_there(other))
        format(text, size, "its %s is %016lx, which names %016lx instead of it", way,
               (vaddr_t)other, (vaddr_t)back);
    else
        format(text, size, "its %s is %016lx, where no slab is", way, (vaddr_t)other);
    return true;
}

void slab_report_corruption(const char *list, const struct slab *slab)
{
    char link[100];

    if (!slab_is_there(slab))
        panic("the heap's list of %s is corrupt: it leads to %016lx, where no slab is", list,
              (vaddr_t)slab);
    if (!describe_bad_link(slab, true, link, sizeof(link)) &&
        !describe_bad_link(slab, false, link, sizeof(link)))
        format(link, sizeof(link), "its own numbers or the list's ends were written over");
    panic("the heap's list of %s is corrupt at %016lx: %s; the slab's %u-byte objects begin at "
          "%016lx",
          list, (vaddr_t)slab, link, slab->size, (vaddr_t)slab->base);
}

void heap_visit_guards(void (*visit)(void *context, vaddr_t guard), void *context)
{
    for (uint32_t place = 0; place < heap_places_used; place++)
        if (heap_places[place] != 0)
            visit(context, HEAP_START + place * SLAB_STRIDE + heap_places[place] * PAGE_SIZE);
    heap_large_visit_guards(visit, context);
}
