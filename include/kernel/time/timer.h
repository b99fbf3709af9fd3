/*
 * Functions to be called at a time: a queue of deadlines for each CPU, served by its timer interrupt. A
 * timer lies in its owner's structure; nothing is allocated. A CPU's queue is touched by that CPU alone, with interrupts
 * off, so it needs no lock.
 */
#ifndef KERNEL_TIME_TIMER_H
#define KERNEL_TIME_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/deadline_queue.h"

struct cpu;
struct timer;

/* Runs in the interrupt, interrupts off and no lock held; may set and cancel timers, this one too. */
typedef void timer_callback_t(struct timer *timer);

struct timer {
    struct deadline deadline; /* first: a deadline is its timer */
    timer_callback_t *callback;
    struct cpu *cpu; /* in whose queue it lies */
};

/* A CPU's, in struct cpu. */
struct timers {
    struct deadline_queue queue;
    uint64_t
        quiet_until; /* a value of arch_timestamp() before which the timer does not interrupt */
};

/*
 * Has the callback called once, on this CPU, when clock_now_ns() has reached deadline_ns, never before; at once, in an
 * interrupt, when that has passed. A timer that is set already is moved. All of *timer but the callback is zero before
 * the first call. Any context but an NMI, on one CPU until the callback has run or the timer is cancelled: another one
 * panics. Without a clock nothing is ever called.
 */
void timer_set(struct timer *timer, uint64_t deadline_ns);

/* True when the callback was still to come, and now will not. On the CPU on which it was set; any context but an NMI. */
bool timer_cancel(struct timer *timer);

/* This CPU's timer was used for something else: from now on it serves the queue again. Any context but an NMI. */
void timer_restart_cpu(void);

/* What the timer interrupt does once it was acknowledged. Each CPU. */
void timer_interrupt(void);

#endif
