/* The page and the tables that a CPU comes into long mode on. Boot CPU. */
#ifndef X86_SMP_TABLES_H
#define X86_SMP_TABLES_H

#include <stdbool.h>

#include "lib/types.h"

/*
 * Copies the trampoline to a page below 1 MiB, and makes page tables to start on: the kernel's half, and that page where
 * it lies, executable. From then on it is writable nowhere. Who comes through the page has `levels` levels of paging (4
 * or 5) and goes on at `entry`. False when there is no memory.
 */
bool x86_make_startup_tables(paddr_t page, unsigned levels, void (*entry)(void));

/* Their root, for paging of 4 or 5 levels. */
paddr_t x86_startup_root(unsigned levels);

/* Clears the page and frees the tables. No CPU may be on them any more. */
void x86_free_startup_tables(paddr_t page);

#endif
