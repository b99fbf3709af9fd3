/* The start of the other CPUs. */
#ifndef KERNEL_CPU_START_H
#define KERNEL_CPU_START_H

#include "lib/clock_warp.h"

/*
 * Starts the CPUs that the firmware lists, as far as maxcpus= allows, and makes their clocks agree. Returns when they
 * are idle and take calls and runs (kernel/cpu_call.h), each with its timers. Boot CPU, once, interrupts on, after
 * time_init_cpu().
 */
void cpus_start(void);

/* How many of the CPUs that were started had a time-stamp counter of this kind. After cpus_start(). */
unsigned cpus_with_clock(enum clock_warp_result result);

#endif
