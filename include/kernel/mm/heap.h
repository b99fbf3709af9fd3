/*
 * The kernel's heap. Up to 8 KiB objects come from this CPU's slabs (kernel/mm/slab.h), anything
 * larger in pages of its own with an unmapped page behind. Any context but an NMI; interrupts are
 * masked inside, and a free on another CPU than the allocation is as good as one on the same.
 *
 * A free of what is not allocated - twice, a pointer into an object, one the heap never gave out - is
 * a panic that says what the address is. Checked builds find writing beyond an object or to a freed
 * one as well, and know who allocated and freed it.
 */
#ifndef KERNEL_MM_HEAP_H
#define KERNEL_MM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

/* Once, after memory_take_over(). */
void heap_init(void);

/* Once on each CPU, before it uses the heap; after heap_init(). */
void heap_init_cpu(void);

/* `size` bytes with any contents, aligned to 16; NULL when there is no memory. Size 0 is an object like
 * any other. */
void *heap_alloc(size_t size);

/* Zeroed room for `count` things of `size` bytes; NULL also when their product is no number. */
void *heap_calloc(size_t count, size_t size);

/* At a multiple of `align`, a power of two. */
void *heap_alloc_aligned(size_t align, size_t size);

/* The object with another size: its bytes are kept as far as both go, it may lie elsewhere. NULL when
 * there is no memory, the object stays as it is then. A NULL object is allocated; the new size 0
 * frees. */
void *heap_realloc(void *object, size_t size);

/* NULL is nothing to free. */
void heap_free(void *object);

/* Gives back what only lies ready: this CPU's empty slabs, room for more large blocks than there are, in checked
 * builds the quarantine too. */
void heap_trim(void);

struct heap_statistics {
    uint64_t object_count; /* small ones that are allocated */
    uint64_t object_bytes; /* of their classes */
    uint64_t slab_count;
    uint64_t slab_bytes;
    uint64_t large_count;
    uint64_t large_bytes;
};

/* As of now, in time that follows the number of slabs; other CPUs may allocate meanwhile. */
void heap_statistics(struct heap_statistics *statistics);

/*
 * Says what lies at an address of the heap's region, for a report on an access that failed there:
 * "freed heap: ...", "never-mapped heap", "beyond the last object of ...". At most size - 1
 * characters. Takes no lock. Any context.
 */
void heap_describe(vaddr_t address, char *text, size_t size);

/* Calls visit with each page that must be unmapped because it follows a slab or a block. */
void heap_visit_guards(void (*visit)(void *context, vaddr_t guard), void *context);

#endif
