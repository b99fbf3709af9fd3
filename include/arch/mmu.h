/* What kernel/ may ask of the memory management unit. */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "kernel/spinlock.h"
#include "lib/memory_map.h"
#include "lib/page_table.h"
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

/* Reading goes without saying. MMU_SHARED is no right: the memory belongs to somebody else, and
 * arch_mmu_unmap_and_free() and arch_mmu_space_destroy() leave it alone; only with MMU_USER, without MMU_WRITE. */
enum mmu_rights { MMU_WRITE = 1, MMU_EXECUTE = 2, MMU_USER = 4, MMU_SHARED = 8 };

/*
 * An address space. All share the kernel's half, whose top entries are filled at boot and never
 * change; it is changed through kernel_space alone.
 */
struct address_space {
    struct page_tables tables;
    struct spinlock lock;
};

extern struct address_space kernel_space;

struct mmu_mapping {
    vaddr_t virt; /* page-aligned, like phys and bytes */
    paddr_t phys;
    uint64_t bytes;
    unsigned rights; /* of enum mmu_rights */
    enum mmu_cache cache;
};

/* Maps in the largest pages that fit. ERR_ALREADY_MAPPED, ERR_NO_MEMORY, ERR_BAD_ARGUMENT: then
 * nothing is mapped. Any context but an NMI, like all that follow. */
status_t arch_mmu_map(struct address_space *space, const struct mmu_mapping *mapping);

/*
 * The short way for a page of the program that this CPU runs, interrupts off: nobody else changes that address space, so
 * its lock is not taken. The page's entry is empty. False where its table is missing, or not the one used last: that is for
 * arch_mmu_map().
 */
bool arch_mmu_fill_page(struct address_space *space, vaddr_t virt, paddr_t phys, unsigned rights);

/* Writes zeros to a page of RAM. */
static inline void arch_mmu_clear_page(void *page)
{
    uint64_t words = PAGE_SIZE / sizeof(uint64_t);

    __asm__ volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0) : "memory");
}

/*
 * Unmaps what is mapped in the range, and returns when no CPU can reach it any more. Tables that are
 * empty then go back to the frame allocator; the memory itself belongs to the caller.
 * ERR_NO_MEMORY, with nothing unmapped, when a large page must be split and there is no frame for a
 * table.
 */
status_t arch_mmu_unmap(struct address_space *space, vaddr_t virt, uint64_t bytes);

/* The same, and the frames that were mapped, but not as MMU_SHARED, go back to the frame allocator after the
 * flush: they must have been allocated one by one, or for large pages in runs of that size. */
status_t arch_mmu_unmap_and_free(struct address_space *space, vaddr_t virt, uint64_t bytes);

/* Gives everything mapped in the range other rights, at once on every CPU. ERR_NOT_FOUND when a part
 * is not mapped, ERR_NO_MEMORY as above: nothing is changed then. */
status_t arch_mmu_protect(struct address_space *space, vaddr_t virt, uint64_t bytes,
                          unsigned rights, enum mmu_cache cache);

/*
 * Goes over to paging of 4 or 5 levels, unless the kernel has that already; other CPUs follow when they are started. When
 * the CPU cannot, or without a page below 1 MiB (`low_page`, as for arch_smp_start()) or memory, a WARN says so. Boot CPU, once,
 * after the heap and before other address spaces; interrupts off.
 */
void arch_mmu_set_levels(unsigned levels, paddr_t low_page);

/* The same for a user space, which has 4 KiB pages only, and whatever of the range is mapped. */
void arch_mmu_protect_user(struct address_space *space, vaddr_t virt, uint64_t bytes,
                           unsigned rights);

/* Makes everything that is marked READ_ONLY_AFTER_INIT read-only, in the image and in the direct map.
 * At the end of the boot, when no CPU writes any of it any more. Panics when there is no memory for a
 * page table. */
void arch_mmu_seal(void);

/* Physical address of a virtual one in this space; false when it is not mapped. */
bool arch_mmu_space_lookup(struct address_space *space, vaddr_t virt, paddr_t *phys);

/* A space with an empty user half. ERR_NO_MEMORY. */
status_t arch_mmu_space_create(struct address_space *space);

/* Frees everything in the user half that is not MMU_SHARED, and the space; no CPU may be using it. */
void arch_mmu_space_destroy(struct address_space *space);

/* This CPU uses that space from now on. Interrupts off. */
void arch_mmu_space_switch(const struct address_space *space);

/*
 * Forgets translations of [virt, virt + bytes) on every CPU that may have them. All flushing goes
 * through here: when it returns, what was unmapped before may be used for something else. Any context but
 * an NMI.
 */
void arch_tlb_flush(const struct address_space *space, vaddr_t virt, uint64_t bytes);

/* For the bench, the two halves of that for one page of the kernel's: each of the other CPUs is asked, and all answers are
 * waited for. In turn, interrupts off. */
void arch_bench_flush_ask(void);
void arch_bench_flush_wait(void);

/* A page of RAM as the kernel sees it; the address must lie in a range for which
 * memory_kind_is_ram() holds. */
void *phys_to_virt(paddr_t phys);

/* What must hold of the live tables, whoever changed them. */
enum mmu_rule {
    MMU_WRITABLE_AND_EXECUTABLE, /* frames that are both, through any two leaves */
    MMU_EXECUTABLE_ELSEWHERE,    /* leaves: nothing but kernel text is executable */
    MMU_WRITABLE_CONSTANTS,      /* frames of text and rodata that are writable through any leaf */
    MMU_WRITABLE_AFTER_INIT,     /* frames of what arch_mmu_seal() made read-only, the same */
    MMU_USER_IN_KERNEL_HALF,     /* leaves */
    MMU_MAPPED_IN_USER_HALF,     /* leaves: firmware's identity map is gone, page 0 unmapped */
    MMU_MAPPED_GUARDS,           /* guard pages of stacks, devices and heap */
    MMU_DIRECT_MAP_STRAYS,       /* leaves of the direct map that map no RAM, or other RAM */
    MMU_TOP_ENTRIES,             /* of the kernel's half: missing, or not those of every space */
    MMU_RULE_COUNT
};

struct mmu_audit {
    uint64_t leaf_count;
    uint64_t executable_bytes;
    uint64_t broken[MMU_RULE_COUNT]; /* how often each rule is */
    bool execution_can_be_denied; /* the CPU has NX; if not, nothing is said of executable frames */
};

/* Reads the live tables and counts what must not be. Any time after memory_take_over(). */
void arch_mmu_audit(struct mmu_audit *audit);

/* Physical address of a kernel virtual one, by walking the live tables; false when it is not
 * mapped. */
bool arch_mmu_lookup(vaddr_t virt, paddr_t *phys);

#endif
