/* Makes one allocation fail on purpose, in checked builds: how the kernel is shown to survive each
 * of its allocations failing. */
#ifndef KERNEL_MM_FAIL_H
#define KERNEL_MM_FAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/compiler.h"

extern _Atomic uint32_t memory_allocations_until_failure; /* 0: none fails */

/* The allocation with this number from now on fails, 1 for the next, and a warning says so; 0 for
 * none. */
static inline void memory_fail_allocation(uint32_t number)
{
    memory_allocations_until_failure = number;
}

/* Counts one allocation down; true when it is the one to fail. */
bool memory_count_down(void);

/* Asked once by every allocation, of frames or of heap. */
static inline bool memory_must_fail(void) { return CHECKED_BUILD && memory_count_down(); }

#endif
