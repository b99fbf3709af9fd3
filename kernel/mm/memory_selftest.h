/* The self-tests about memory. Each logs what it found and leaves every count as it was. */
#ifndef KERNEL_MM_MEMORY_SELFTEST_H
#define KERNEL_MM_MEMORY_SELFTEST_H

#include <stdbool.h>

#include "kernel/address_map.h"
#include "lib/types.h"

/* For what they map: at the end of the vmap area, where no reservation comes so soon. */
#define SPARE_VIRT (VMAP_START + VMAP_BYTES - 4 * GIB)

/* Breaks every rule of the audit (arch/mmu.h) once, and sees it found. */
bool memory_selftest_audit(void);

/* Frames, address spaces, stacks and heap, by use. */
bool memory_selftest(void);

/* A part of it: with no memory left, and in checked builds with each allocation failing in turn. */
bool memory_selftest_exhaustion(void);

/* A part of it: all CPUs allocate and free at once, each mostly what others allocated. */
bool memory_selftest_contention(void);

/* A part of it: what one CPU allocated is freed by all at once. */
bool memory_selftest_sharing(void);

/* A part of it: all CPUs change page tables at once. */
bool memory_selftest_mappings(void);

/* Checked builds: each allocation that `run` makes fails once, and is counted; false when something is missing
 * afterwards. `run` gives back what it takes, and returns false when it was told that there is no memory. */
bool memory_selftest_fail_each(bool (*run)(void), unsigned *failures);

/* Gives the memory of ACPI's tables back, for good: nobody may need them any more. */
bool memory_selftest_acpi(void);

/* What one CPU changes in page tables, another sees at once. Passes where there is no other. */
bool memory_selftest_shootdown(void);

#endif
