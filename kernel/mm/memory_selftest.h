/* The self-tests about memory. Each logs what it found and leaves every count as it was. */
#ifndef KERNEL_MM_MEMORY_SELFTEST_H
#define KERNEL_MM_MEMORY_SELFTEST_H

#include <stdbool.h>

/* Breaks every rule of the audit (arch/mmu.h) once, and sees it found. */
bool memory_selftest_audit(void);

#endif
