/*
 * Page frames for the boot: handed out, never taken back; page tables are all that needs them so
 * far. Boot CPU only.
 */
#ifndef KERNEL_MM_FRAME_H
#define KERNEL_MM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/memory_map.h"
#include "lib/types.h"

/* The largest range of kind MEMORY_FREE; start == end when there is none. */
void frame_largest_free(const struct memory_map *map, paddr_t *start, paddr_t *end);

/* From now on frame_alloc() gives frames of [start, end), which must be free and mapped. `map` must
 * stay. */
void frame_init(const struct memory_map *map, paddr_t start, paddr_t end);

/* A frame with any contents, or 0 when none is left. */
paddr_t frame_alloc(void);

/* True for addresses that the direct map covers once it is complete. False before frame_init(). */
bool frame_is_ram(paddr_t phys);

uint64_t frame_allocated_count(void);

#endif
