/*
 * Which program runs where. Each CPU has a queue, first come first served; whoever is at its head runs until it waits, ends,
 * gives way, or a tick comes while others wait: at most 10 ms. The kernel is not pre-empted: a CPU looks at its queue when
 * a program is left and when it has nothing else to do. One that has nothing takes from others what may run anywhere.
 */
#ifndef KERNEL_USER_SCHEDULER_H
#define KERNEL_USER_SCHEDULER_H

#include <stdbool.h>

struct cpu;
struct process;

/* This CPU's queue. Once on each, before it is online or runs anything. */
void scheduler_init_cpu(void);

/* Puts a process that is on no CPU and in no queue into one, and wakes the CPU. Any context but an NMI. */
void scheduler_make_ready(struct process *process);

/* The running process will not go on when its system call returns, until scheduler_wake(); or goes behind those that
 * wait. In its system call, interrupts off. */
void scheduler_block(struct process *process);
void scheduler_yield(void);

/* If it waits, or is about to, it goes on with its system call, which is called again. Any context but an NMI. */
void scheduler_wake(struct process *process);

/* Leaves ring 3 at once, on whatever CPU the process is, so that it is looked at. Any context but an NMI. */
void scheduler_interrupt(struct process *process);

/* Runs one process of this CPU's queue, or of another's, until it is left; false when there was none. Interrupts on. */
bool scheduler_run_cpu(void);

/* What a CPU says before it goes idle, and after: from then on it is woken. False when a process waits for it. Interrupts
 * off. */
bool scheduler_go_idle_cpu(void);
void scheduler_leave_idle_cpu(void);

/* In each tick. Interrupts off. */
void scheduler_tick_cpu(void);

#endif
