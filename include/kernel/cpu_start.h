/* The start of the other CPUs. */
#ifndef KERNEL_CPU_START_H
#define KERNEL_CPU_START_H

/*
 * Starts the CPUs that the firmware lists, as far as maxcpus= allows, and makes their clocks agree. Returns when they
 * are idle and take calls and runs (kernel/cpu_call.h), each with its timers. Boot CPU, once, interrupts on, after
 * time_init_cpu().
 */
void cpus_start(void);

#endif
