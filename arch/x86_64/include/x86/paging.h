/* The page tables for those who look at them, the audit and the fault report, and what the files of
 * the paging code share. */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include "lib/page_table.h"

/* The tables that CR3 names now. Tables that cannot be reached read as the end of a walk
 * (lib/page_table.h). */
void x86_live_tables(struct page_tables *tables);

/* A zeroed frame for a table, 0 when there is none. */
paddr_t x86_alloc_table(void *context);

/* The table with the kernel's half, which is the root where paging has 4 levels. From the time on that the image is
 * mapped. */
paddr_t x86_kernel_root_of_four(void);

/* The flags that this CPU knows, of PTE_FLAGS: without PTE_NX where it has no such bit. */
extern uint64_t x86_leaf_flags;

#endif
