/*
 * Asking other CPUs to do something. A call is served at once, in an interrupt, and by a CPU that waits with interrupts
 * off as well: for what must hold when it returns, such as a translation that everybody has forgotten. A run is done when
 * the other CPU is idle, on its main stack and with interrupts on: for all that takes long or takes locks.
 */
#ifndef KERNEL_CPU_CALL_H
#define KERNEL_CPU_CALL_H

#include "kernel/cpu.h"
#include "lib/compiler.h"

/*
 * Calls function(argument) on another CPU, interrupts off, and returns when it has returned there; on the calling CPU
 * directly. It may interrupt any code and be called while a lock is held: so it takes no lock and does not wait. Any
 * context but an NMI. A CPU that does not answer is a panic that names it.
 */
void cpu_call(struct cpu *cpu, void (*function)(void *), void *argument);

/* The same on every CPU but the one that calls, all at once. */
void cpu_call_others(void (*function)(void *), void *argument);

/* Its two halves, for who chooses the CPUs: asks one more, and waits for all that were asked. `request` starts with
 * function and argument alone, and must stay until the second has returned. Interrupts as for cpu_call(). */
void cpu_call_begin(struct cpu *cpu, struct cpu_request *request);
void cpu_call_wait(struct cpu_request *request);

/* Does what others have asked of this CPU. In the interrupt that says so, and wherever a CPU waits for another with
 * interrupts off. */
void cpu_serve_call_now(struct cpu *self);
static inline void cpu_serve_calls(struct cpu *self)
{
    if (atomic_load_explicit(&self->call, memory_order_relaxed))
        cpu_serve_call_now(self);
}

/* Runs function(argument) on another CPU once it idles, and returns when it is done; on the calling CPU directly. A
 * context that may wait: no lock held, interrupts on. */
void cpu_run(struct cpu *cpu, void (*function)(void *), void *argument);

/* Its two halves, for who has something else to do meanwhile: like those of a call. */
void cpu_run_begin(struct cpu *cpu, struct cpu_request *request);
void cpu_run_wait(struct cpu_request *request);

/* The same on every CPU, the calling one included, all at the same time. */
void cpu_run_on_all(void (*function)(void *), void *argument);

/* What a CPU with nothing else to do does: runs what it is asked to, and programs; else it stops until an interrupt. For
 * ever, or until that is over, which is asked after each interrupt. Interrupts on; no lock held. */
NORETURN void cpu_idle_loop(void);
void cpu_idle_until(bool (*is_over)(void));

#endif
