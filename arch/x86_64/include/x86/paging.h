/* The page tables for those who look at them: the audit and the fault report. */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include "lib/page_table.h"

/* The tables that CR3 names now. Tables that cannot be reached read as the end of a walk
 * (lib/page_table.h). */
void x86_live_tables(struct page_tables *tables);

#endif
