/*
 * x86-64 page tables as a data structure: built, changed, walked and visited, so that the loader
 * (before the jump), the kernel and the host tests share every line. Nothing here flushes a TLB or loads a register. Source: Intel SDM vol. 3A, 4.5
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
#define PTE_PWT      BIT(3) /* alone: PAT entry 1 at every page size, write-combining (lib/pat.h) */
#define PTE_PCD      BIT(4)
#define PTE_ACCESSED BIT(5)
#define PTE_DIRTY    BIT(6)
#define PTE_LARGE    BIT(7) /* in a PDPT or PD entry: a leaf */
#define PTE_GLOBAL   BIT(8)
#define PTE_KEPT     BIT(9)  /* ours: the table below this entry stays when it is empty */
#define PTE_SHARED   BIT(10) /* ours, in a leaf: the frame is not this space's to give back */
#define PTE_NX       BIT(63)
#define PTE_ADDRESS  BIT_RANGE(51, 12)

/* What a leaf may be given. */
#define PTE_FLAGS (PTE_WRITABLE | PTE_USER | PTE_PWT | PTE_PCD | PTE_GLOBAL | PTE_SHARED | PTE_NX)

#define PAGE_TABLE_ENTRIES 512
#define PAGE_LEVELS_MAX    5 /* level 1 is the table of 4 KiB pages, 4 the PML4, 5 the PML5 */

struct page_tables {
    paddr_t root;
    unsigned levels;  /* 4 or 5 */
    bool gib_pages;   /* the CPU has 1 GiB pages */
    bool keep_tables; /* tables made from now on are marked PTE_KEPT */
    vaddr_t offset;   /* a table at physical P is read and written at P + offset */
    /* physical address of a zeroed frame for a table, 0 when there is none */
    paddr_t (*alloc_frame)(void *context);
    /* for walks through tables that may be damaged: whether a table can be read; NULL: all can */
    bool (*is_readable)(void *context, paddr_t table);
    void *context;
    paddr_t emptied; /* see page_tables_take_emptied() */
    /* the table of the 4 KiB page that was mapped or unmapped last, and the 2 MiB it is for */
    uint64_t *last_table;
    vaddr_t last_virt;
};

struct page_mapping {
    vaddr_t virt;            /* page-aligned, canonical */
    paddr_t phys;            /* page-aligned */
    uint64_t bytes;          /* a multiple of PAGE_SIZE, > 0 */
    uint64_t flags;          /* of PTE_FLAGS */
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

/* Which entry of a table at `level` an address goes through. */
static inline unsigned page_index(vaddr_t virt, unsigned level)
{
    return (unsigned)(virt >> (12 + 9 * (level - 1))) % PAGE_TABLE_ENTRIES;
}

/*
 * The short way for one 4 KiB page after another: its entry, when its table is the one that was used
 * last; else NULL, and the functions below must be called. The entry may be filled when it is 0, and
 * cleared when page_table_is_shared() says that the table stays in use.
 */
static inline uint64_t *page_tables_last_entry(const struct page_tables *tables, vaddr_t virt)
{
    uint64_t offset = virt - tables->last_virt;

    if (!tables->last_table || offset >= page_level_bytes(2))
        return NULL;
    return &tables->last_table[offset / PAGE_SIZE];
}

/* Whether the entry's table holds anything beside it. */
static inline bool page_table_is_shared(const uint64_t *entry)
{
    const uint64_t *other = (const uint64_t *)((uintptr_t)entry & ~(uintptr_t)(PAGE_SIZE - 1));

    /* The other one of its pair first: in a table that is in use, it mostly is too. */
    if (*(const uint64_t *)((uintptr_t)entry ^ sizeof(*entry)) != 0)
        return true;
    do {
        if (*other != 0 && other != entry)
            return true;
    } while ((uintptr_t)++other % PAGE_SIZE != 0);
    return false;
}

/*
 * Maps in the largest leaves that alignment, page_bytes_max and the CPU allow; tables on the way
 * get every right, the leaf decides. ERR_ALREADY_MAPPED when any part is mapped, ERR_NO_MEMORY when
 * no frame for a table was to be had, ERR_BAD_ARGUMENT for a misaligned or empty mapping: nothing is
 * mapped then.
 */
status_t page_tables_map(struct page_tables *tables, const struct page_mapping *mapping);

/* Told of each leaf that is taken out, but for those marked PTE_SHARED. */
struct page_removal {
    void (*removed)(void *context, paddr_t phys, uint64_t bytes);
    void *context;
};

/*
 * Unmaps what is mapped in [virt, virt + bytes), both multiples of PAGE_SIZE; what is not stays so.
 * Large leaves that reach beyond are split: ERR_NO_MEMORY when there is no frame for that, and then
 * nothing was unmapped. Tables that are empty afterwards are taken out too. `removal` may be NULL.
 * Neither leaves nor tables may be used for anything else before every CPU has flushed the range.
 */
status_t page_tables_unmap(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                           const struct page_removal *removal);

/* Gives everything mapped in the range other flags (of PTE_FLAGS), splitting as unmapping does.
 * ERR_NOT_FOUND when a part is not mapped, with nothing changed. */
status_t page_tables_protect(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                             uint64_t flags);

/* The same where all that is mapped are 4 KiB pages, and parts may not be mapped: those are passed over. */
void page_tables_protect_pages(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                               uint64_t flags);

/* A table that was taken out since, by any of the functions above, or 0: to be called after the
 * flush, until it returns 0. */
paddr_t page_tables_take_emptied(struct page_tables *tables);

/* Makes the table right below the root for this address, to be kept; STATUS_OK when it is there. */
status_t page_tables_fill_top(struct page_tables *tables, vaddr_t virt);

/*
 * Walks as the CPU would, reads only. At a table that is_readable() denies the walk ends with present
 * false. `levels` other than 5 counts as 4.
 */
void page_tables_walk(const struct page_tables *tables, vaddr_t virt, struct page_walk *walk);

/* Calls visit for each present leaf in ascending order; stops when it returns false. */
void page_tables_visit(const struct page_tables *tables,
                       bool (*visit)(void *context, const struct page_leaf *leaf), void *context);

#endif
