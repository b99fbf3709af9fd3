/* The machine's memory: what the firmware said, made trustworthy, and who owns what. */
#ifndef KERNEL_MM_MEMORY_H
#define KERNEL_MM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "lib/memory_map.h"
#include "lib/types.h"

/* Reads the map of the handoff, claims what is in use and logs a summary. Boot CPU, before
 * arch_mmu_init(). */
const struct memory_map *memory_init(const struct boot_info *info);

/* Name of the kind of memory at a physical address, "no memory" in a hole. Any context after
 * memory_init(). */
const char *memory_name_at(paddr_t phys);

/* Whether the firmware's map has an entry for a physical address. Any context. */
bool memory_is_known(paddr_t phys);

/* The kernel-image address of a physical one, 0 when it is not in the image. Any context. */
vaddr_t memory_phys_to_image(paddr_t phys);

/* Bytes that are free, or will be once boot services' memory is given back. */
uint64_t memory_free_bytes(void);

#endif
