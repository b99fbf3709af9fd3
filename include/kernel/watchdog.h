/*
 * The watchdog finds CPUs that take no interrupts: the boot CPU looks at all others, the next one at the boot CPU. Which
 * ticks a CPU owes is known from outside (kernel/time/tick.h); one that is too long overdue is asked by an NMI what it is
 * doing, and its report comes from where it is.
 */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

#include <stdbool.h>

#include "arch/trap.h"

/* Begins to watch, unless watchdog=0 says not to or there is no clock. Boot CPU, once, after cpus_start(); interrupts
 * on. */
void watchdog_start(void);

/* In the NMI's handler: writes the report if the NMI asked for one; false when it did not. */
bool watchdog_was_asked(const struct trap_frame *frame);

#endif
