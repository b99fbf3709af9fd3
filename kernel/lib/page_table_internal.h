/* What the parts of the page-table code share: page_table.c reads, page_table_change.c writes. */
#ifndef KERNEL_LIB_PAGE_TABLE_INTERNAL_H
#define KERNEL_LIB_PAGE_TABLE_INTERNAL_H

#include "lib/align.h"
#include "lib/page_table.h"

static inline bool page_is_leaf(uint64_t entry, unsigned level)
{
    return level == 1 || ((level == 2 || level == 3) && (entry & PTE_LARGE));
}

/* Bits 12 (PAT of a large leaf) and above of a large leaf's address are cut to the page's
 * alignment. */
static inline paddr_t page_leaf_address(uint64_t entry, unsigned level)
{
    return align_down(entry & PTE_ADDRESS, page_level_bytes(level));
}

static inline uint64_t *page_table_at(const struct page_tables *tables, paddr_t table)
{
    return (uint64_t *)(tables->offset + table);
}

#endif
