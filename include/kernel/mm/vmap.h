/*
 * The vmap area: devices' registers and memory, and stacks, each between two pages that are never
 * mapped. Any context but an NMI.
 */
#ifndef KERNEL_MM_VMAP_H
#define KERNEL_MM_VMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/mmu.h"
#include "lib/types.h"

/*
 * Maps a device's registers or memory, any physical range, writable and never executable. NULL when
 * there is no room or no memory for tables. From the building of the kernel's own tables on.
 */
void *vmap_device(paddr_t phys, uint64_t bytes, enum mmu_cache cache);

/* Memory for a stack, zeroed: the lowest address of `bytes`, a multiple of PAGE_SIZE. NULL when out of
 * memory. After memory_take_over(). */
void *vmap_stack(uint64_t bytes);

/* Unmaps what one of the above returned, frees a stack's memory, and returns when no CPU can reach it
 * any more. Anything else is a panic. */
void vmap_free(void *address);

/* Gives back the room that was kept for more reservations than there are. */
void vmap_trim(void);

/* The reservation with this number, guard pages included, counted from 0 without gaps; false after
 * the last one. For the audit. */
bool vmap_reservation(unsigned number, vaddr_t *start, vaddr_t *end);

/* What lies at an address of the area: "the guard page below a stack", "a device at fee00000",
 * "nothing". At most size - 1 characters. Any context. */
void vmap_describe(vaddr_t address, char *text, size_t size);

#endif
