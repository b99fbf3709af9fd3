/* What kernel/ may ask of the memory management unit. */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "lib/memory_map.h"
#include "lib/status.h"
#include "lib/types.h"

enum mmu_cache { MMU_WRITE_BACK, MMU_WRITE_COMBINING, MMU_UNCACHED };

/*
 * Builds the kernel's own page tables as kernel/address_map.h says and switches to them; what the
 * firmware and the loader had mapped is gone afterwards. Of RAM only a first piece is reachable
 * then, which frame_alloc() draws on. Returns where the framebuffer is now, NULL when there is
 * none. Once, on the boot CPU, interrupts off. Panics when the tables cannot be built.
 */
void *arch_mmu_init(const struct boot_info *info, const struct memory_map *map);

/* Maps the rest of RAM in the direct map. Once, directly after arch_mmu_init(). */
void arch_mmu_map_ram(const struct memory_map *map);

/* True once the kernel runs on its own tables, and physical memory can be reached through the
 * direct map. */
bool arch_mmu_is_ready(void);

/*
 * Maps a device's registers or memory, any physical range, writable and never executable, in the
 * vmap area with an unmapped page on both sides. NULL when there is no room or no memory for
 * tables. Boot CPU, after arch_mmu_init().
 */
void *arch_mmu_map_device(paddr_t phys, uint64_t bytes, enum mmu_cache cache);

/* A page of RAM as the kernel sees it; the address must lie in a range for which
 * memory_kind_is_ram() holds. */
void *phys_to_virt(paddr_t phys);

struct mmu_audit {
    uint64_t leaf_count;
    uint64_t executable_bytes;
    uint64_t writable_and_executable; /* frames that are both, through any two leaves */
    uint64_t user_in_kernel_half;     /* leaves */
    uint64_t mapped_in_user_half;     /* leaves: firmware's identity map must be gone */
    uint64_t mapped_guards;           /* guard pages of stacks that are mapped */
    bool execution_can_be_denied; /* the CPU has NX; if not, nothing is said of executable frames */
};

/* Reads the live tables and counts what must not be. Any time after arch_mmu_init(). */
void arch_mmu_audit(struct mmu_audit *audit);

/* Physical address of a kernel virtual one, by walking the live tables; false when it is not
 * mapped. */
bool arch_mmu_lookup(vaddr_t virt, paddr_t *phys);

#endif
