/* Waiting without work. */
#ifndef KERNEL_TIME_IDLE_H
#define KERNEL_TIME_IDLE_H

#include <stdint.h>

#include "lib/compiler.h"

/*
 * Halts this CPU until its next interrupt, with its tick off. Interrupts off, so that what the caller has looked at last
 * cannot change unseen before the halt; they are served before this returns, and off again then.
 */
void idle_wait_cpu(void);

/*
 * Halts this CPU until clock_now_ns() has reached the deadline, never less, while its interrupts are served. Returns at
 * once without a clock. Interrupts on; not in an interrupt.
 */
void sleep_until_ns(uint64_t deadline_ns);
void sleep_ns(uint64_t duration_ns);

#endif
