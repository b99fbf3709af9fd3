/* What a path costs, in counts of the time-stamp counter: instructions, under QEMU's icount. */
#ifndef KERNEL_BENCH_H
#define KERNEL_BENCH_H

#include <stdbool.h>

/*
 * Runs the row named, or every one for "all", and logs for each the minimum, median and maximum of
 * 1,000 rounds, the cost of an empty round taken off. False when no row has that name. After the
 * boot; interrupts are off during a row.
 */
bool bench_run(const char *name);

#endif
