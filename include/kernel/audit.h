/* The audit: what must hold of page tables and control registers, looked at again. */
#ifndef KERNEL_AUDIT_H
#define KERNEL_AUDIT_H

#include <stdbool.h>

/*
 * Reads the live page tables whole (arch/mmu.h has the rules) and the control registers, and logs one
 * line: that all is clean, or what is broken and how often. Returns whether it is clean. Interrupts
 * on or off; takes a fraction of a millisecond for each 10,000 pages.
 */
bool audit_run(void);

#endif
