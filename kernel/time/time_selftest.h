/* What kernel/selftest.c runs of kernel/time/. Interrupts on, after boot. */
#ifndef KERNEL_TIME_TIME_SELFTEST_H
#define KERNEL_TIME_TIME_SELFTEST_H

#include <stdbool.h>

/* The clock never runs backwards; timers come in order, not early, not when cancelled; the tick is counted exactly and is
 * off while the CPU is idle; the periodic mode keeps its period. */
bool time_selftest(void);

/* The clock after its refinement, over 10 s, against each clock of known rate that the machine has: within 0.05 %. */
bool time_selftest_drift(void);

/* A minute with two CPUs busy, one of them with interrupts masked for 50 ms at a time: no tick is missed or counted twice. */
bool time_selftest_lost_ticks(void);

#endif
