/*
 * The tick: a regular interrupt on each CPU that is busy, at the whole hundredths of a second of the clock. A CPU that is
 * idle has none and owes none. What it owes and what it took can be compared from anywhere: that is how a CPU is found
 * that keeps its interrupts off.
 */
#ifndef KERNEL_TIME_TICK_H
#define KERNEL_TIME_TICK_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/time/timer.h"

#define TICK_HZ 100
#define TICK_NS (NS_PER_SECOND / TICK_HZ)

/* A CPU's, in struct cpu. Written by that CPU alone. */
struct tick {
    struct timer timer;
    _Atomic uint64_t owed;  /* tick.c says how; tick_owed() reads it */
    _Atomic uint64_t taken; /* interrupts that found a tick due */
    _Atomic uint64_t lost;  /* ticks that were owed before the one that was taken, and were not */
};

struct cpu;

/* The tick begins, or ends, on this CPU, unless it has; interrupts off. It does not end, and the answer is false, while
 * one is due: that is to be taken first. Without a clock there is none. */
void tick_start_cpu(void);
bool tick_stop_cpu(void);

/*
 * Ticks owed by that CPU since its start, up to now, and exactly: the multiples of the period that have passed while its
 * tick was on. Any CPU, any context.
 */
uint64_t tick_owed(const struct cpu *cpu);

/* Ticks that are owed and for which no interrupt has come yet: 0 or 1 on a CPU that lets interrupts in. Any CPU, any
 * context. */
uint64_t tick_overdue(const struct cpu *cpu);

#endif
