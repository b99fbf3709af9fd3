/*
 * What the files of the heap share. The region is in two parts: places for slabs, SLAB_STRIDE apart,
 * and the rest for large blocks. A slab is shorter than its place, so what follows it is unmapped
 * too.
 */
#ifndef KERNEL_MM_HEAP_INTERNAL_H
#define KERNEL_MM_HEAP_INTERNAL_H

#include "arch/cpu.h"
#include "kernel/address_map.h"
#include "kernel/mm/slab.h"
#include "lib/compiler.h"
#include "lib/types.h"

#define HEAP_SLABS_BYTES (8 * GIB)
#define HEAP_PLACE_COUNT (HEAP_SLABS_BYTES / SLAB_STRIDE)
#define HEAP_LARGE_START (HEAP_START + HEAP_SLABS_BYTES)
#define HEAP_LARGE_END   (HEAP_START + HEAP_BYTES)
#define HEAP_ALIGN       16

#define PLACE_MAX 80 /* of a function, file and line, in sentences */

/* Pages of the slab in each place, 0 where there is none. */
extern uint8_t heap_places[HEAP_PLACE_COUNT];

/* One above the highest place that ever had a slab. */
extern uint32_t heap_places_used;

/* The slab whose place holds an address, NULL when there is none. */
static inline struct slab *heap_slab_at(const void *object)
{
    uint64_t place = ((vaddr_t)object - HEAP_START) / SLAB_STRIDE;

    return place < HEAP_PLACE_COUNT && heap_places[place] ? slab_of(object) : NULL;
}

/* Maps fresh frames; false, with nothing mapped, when there is no memory. */
bool heap_map_pages(vaddr_t start, uint64_t bytes);

/* ---- objects as they lie in memory; checked builds put their own between header and red zone ---- */

/* `caller` is who asked for it. */
void *heap_alloc_unusual(size_t size, vaddr_t caller);
void heap_free_unusual(void *object, vaddr_t caller);
void *heap_raw_alloc_aligned(size_t align, size_t size, vaddr_t caller);

/* Bytes that an allocated object has; 0 when nothing that is allocated begins there. */
size_t heap_raw_size(const void *object);

/* Panics: `what` (such as "heap_free") was given an address by `caller` where no object begins. */
NORETURN void heap_report_misuse(const char *what, const void *object, vaddr_t caller);

/* ---- large blocks ---- */

void *heap_large_alloc(size_t align, size_t size, vaddr_t caller);

/* False when no block begins there. */
bool heap_large_free(void *block, vaddr_t caller);
size_t heap_large_size(const void *block);

/* Gives back the room that was kept for more blocks than there are. */
void heap_large_trim(void);

/* The block whose pages hold an address, NULL when there is none. */
void *heap_large_around(const void *address);
void heap_large_describe(vaddr_t address, char *text, size_t size);
void heap_large_statistics(uint64_t *count, uint64_t *bytes);
void heap_large_visit_guards(void (*visit)(void *context, vaddr_t guard), void *context);

/* ---- checked builds ---- */

void *heap_checked_alloc(size_t align, size_t size, vaddr_t caller);
void heap_checked_free(void *object, vaddr_t caller);
size_t heap_checked_size(const void *object);
void heap_checked_trim(void);

/* What an address in an object of a slab is, and who allocated and freed it; false when the object that
 * begins at `raw` is none of the checked heap's. */
bool heap_checked_describe(const void *raw, vaddr_t address, char *text, size_t size);

#endif
