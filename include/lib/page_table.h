/*
 * x86-64 page tables as a data structure: built, walked and visited through callbacks that say how
 * to reach a table's frame, so that the loader (before the jump), the kernel and the host tests
 * share every line. Nothing here flushes a TLB or loads a register. Source: Intel SDM vol. 3A, 4.5
 * (4-level and 5-level paging).
 */
#ifndef LIB_PAGE_TABLE_H
#define LIB_PAGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/bits.h"
#include "lib/status.h"
#include "lib/types.h"

#define PTE_PRESENT  BIT(0)
#define PTE_WRITABLE BIT(1)
#define PTE_USER     BIT(2)
#define PTE_PWT      BIT(3) /* alone: PAT entry 1 at every page size, write-combining (control.c) */
#define PTE_PCD      BIT(4)
#define PTE_LARGE    BIT(7) /* in a PDPT or PD entry: a leaf */
#define PTE_GLOBAL   BIT(8)
#define PTE_NX       BIT(63)
#define PTE_ADDRESS  BIT_RANGE(51, 12)

#define PAGE_TABLE_ENTRIES 512
#define PAGE_LEVELS_MAX    5 /* level 1 is the table of 4 KiB pages, 4 the PML4, 5 the PML5 */

struct page_tables {
    paddr_t root;
    unsigned levels; /* 4 or 5 */
    bool gib_pages;  /* the CPU has 1 GiB pages */
    uint64_t (*alloc_frame)(
        void *context); /* physical address of a zeroed frame for a table, 0 when there is none */
    uint64_t *(*table_at)(void *context, paddr_t table);
    void *context;
};

struct page_mapping {
    vaddr_t virt;            /* page-aligned, canonical */
    paddr_t phys;            /* page-aligned */
    uint64_t bytes;          /* a multiple of PAGE_SIZE, > 0 */
    uint64_t flags;          /* PTE_WRITABLE | PTE_USER | PTE_PWT | PTE_PCD | PTE_GLOBAL | PTE_NX */
    uint64_t page_bytes_max; /* largest leaf allowed: PAGE_SIZE, 2 MiB or 1 GiB */
};

/* Where a walk ended: entries[level] for every level from `levels` down to `level`, the last one
 * read. */
struct page_walk {
    unsigned level;
    bool present;    /* the entry at `level` is a present leaf */
    bool unreadable; /* the table at `level` could not be reached: nothing is known of that level */
    paddr_t phys;    /* of the address itself, when present */
    uint64_t entries[PAGE_LEVELS_MAX + 1];
    unsigned index[PAGE_LEVELS_MAX + 1];
};

/* One present leaf, with the rights that all levels together leave. */
struct page_leaf {
    vaddr_t virt;
    paddr_t phys;
    uint64_t bytes;
    bool writable, user, executable;
};

/* Bytes that one entry of a table at `level` covers: 4 KiB, 2 MiB, 1 GiB, 512 GiB, 256 TiB. */
static inline uint64_t page_level_bytes(unsigned level)
{
    return UINT64_C(1) << (12 + 9 * (level - 1));
}

/*
 * Maps in the largest leaves that alignment, page_bytes_max and the CPU allow; tables on the way
 * get every right, the leaf decides. ERR_ALREADY_MAPPED when any part is mapped (what lies before
 * it stays mapped then), ERR_NO_MEMORY when no frame for a table was to be had, ERR_BAD_ARGUMENT
 * for a misaligned or empty mapping.
 */
status_t page_tables_map(struct page_tables *tables, const struct page_mapping *mapping);

/*
 * Walks as the CPU would, reads only. table_at may return NULL for a frame that cannot be reached:
 * the walk ends there with present false. `levels` 0 or over 5 counts as 4.
 */
void page_tables_walk(const struct page_tables *tables, vaddr_t virt, struct page_walk *walk);

/* Calls visit for each present leaf in ascending order; stops when it returns false. */
void page_tables_visit(const struct page_tables *tables,
                       bool (*visit)(void *context, const struct page_leaf *leaf), void *context);

#endif
