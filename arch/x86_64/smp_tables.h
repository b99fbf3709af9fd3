/* The page and the tables that other CPUs start on. Boot CPU. */
#ifndef X86_SMP_TABLES_H
#define X86_SMP_TABLES_H

#include <stdbool.h>

#include "lib/types.h"

/*
 * Copies the trampoline to a page below 1 MiB, and makes page tables to start on: the kernel's half, and that page where
 * it lies, executable. From then on it is writable nowhere. False when there is no memory.
 */
bool x86_make_startup_tables(paddr_t page);

/* Clears the page and frees the tables. No CPU may be on them any more. */
void x86_free_startup_tables(paddr_t page);

#endif
