/* The machine's memory: what the firmware said, made trustworthy, and who owns what. */
#ifndef KERNEL_MM_MEMORY_H
#define KERNEL_MM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "lib/firmware_facts.h"
#include "lib/memory_map.h"
#include "lib/types.h"

/* Reads the map of the handoff, claims what is in use and logs a summary. Boot CPU, before
 * arch_mmu_init(). */
const struct memory_map *memory_init(const struct boot_info *info);

/* The map, which has kept what was wrong with the firmware's, and whether that gave the screen's memory away. After
 * memory_init(). */
void memory_read_firmware(struct firmware_memory *out);

/* Name of the kind of memory at a physical address, "no memory" in a hole. Any context after
 * memory_init(). */
const char *memory_name_at(paddr_t phys);

/* Whether the firmware's map has an entry for a physical address. Any context. */
bool memory_is_known(paddr_t phys);

/* True for addresses that the direct map covers once it is complete. False before memory_init(). Any
 * context. */
bool memory_is_ram(paddr_t phys);

/* The same for every byte of a stretch. */
bool memory_is_ram_throughout(paddr_t start, uint64_t bytes);

/* The kernel-image address of a physical one, 0 when it is not in the image. Any context. */
vaddr_t memory_phys_to_image(paddr_t phys);

/* Says who owns [start, start + bytes) from now on. Boot CPU. */
void memory_claim(paddr_t start, uint64_t bytes, enum memory_kind kind);

/*
 * Everything that is nobody's becomes the frame allocator's, boot services' memory too: once the
 * direct map is complete nothing of theirs is used any more. ACPI's tables are kept wherever they
 * lie. Boot CPU, once, after arch_mmu_map_ram().
 */
void memory_take_over(const struct boot_info *info);

/* Gives the memory of ACPI's tables to the frame allocator, for who needs it more than them; returns
 * how much that was, in bytes. Boot CPU, once nobody reads the tables any more. */
uint64_t memory_reclaim_acpi(void);

/* What is allocated when nothing lies ready in caches: equal before and after something that gives back
 * all it took. */
struct memory_counts {
    uint64_t frames;
    uint64_t objects; /* of the heap, small and large */
};

/* Empties every CPU's caches and counts. A context that may wait for the others to be idle. */
void memory_count(struct memory_counts *counts);

/* Whether the counts are the same still; if not, an error in the log says how much is missing since
 * `when`. */
bool memory_is_balanced(const struct memory_counts *before, const char *when);

/* Whether the lists of free frames and of slabs, every CPU's too, are whole and say the same as what is kept for each frame
 * and object. A context that may wait for the others to be idle; none of them may be allocating. */
bool memory_lists_are_sound(void);

/* Bytes that are free, or will be after memory_take_over(). Any context. */
uint64_t memory_free_bytes(void);

#endif
