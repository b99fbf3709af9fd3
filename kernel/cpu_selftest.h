/* The self-test about CPUs asking one another. It logs what it found; any number of CPUs, also one. */
#ifndef KERNEL_CPU_SELFTEST_H
#define KERNEL_CPU_SELFTEST_H

#include <stdbool.h>

/* Calls and runs in every context that they are made for, on every CPU; and each CPU's registers are watched over. */
bool cpu_selftest(void);

#endif
