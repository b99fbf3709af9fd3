/* What kernel/ may ask of the machine about other CPUs. */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <stdbool.h>

#include "arch/trap.h"
#include "kernel/cpu.h"
#include "lib/acpi_madt.h"
#include "lib/compiler.h"

/*
 * Starts the CPUs that the MADT lists as enabled, `count_max` in all with the one that calls, and returns when each runs
 * the kernel or has not reported in within its time: those are named in the log and left out, and park if they come
 * later. Returns how much of that was waiting for INIT with nothing else to do, in counts of the time-stamp counter. `low_page` is a page below 1 MiB that is nobody else's, 0 when there is none: then no CPU is started, and the
 * log says so. Boot CPU, once, after the heap and with the clock running; interrupts in any state.
 */
uint64_t arch_smp_start(const struct acpi_madt *madt, unsigned count_max, paddr_t low_page);

/* Interrupts another CPU, so that it serves its calls and looks for work (kernel/cpu_call.h). Any context but an NMI. */
void arch_smp_interrupt(const struct cpu *cpu);

/* Sends another CPU an NMI. Any context but an NMI. */
void arch_smp_send_nmi(const struct cpu *cpu);

/*
 * For a report after which nothing goes on: stops every other CPU that runs the kernel, by an NMI, and waits for them a
 * bounded time; cpu->stopped says then what each was doing, and is NULL for one that did not stop. A CPU still on its way
 * up finds that the kernel has stopped, and stops too. Interrupts off; any lock may be held.
 */
void arch_smp_stop_others(void);

/* True once another CPU has begun to stop the others: the one that calls must stop as well, by the next. Any context. */
bool arch_smp_is_stopping(void);

/* Stops this CPU for good for another one's report, which will say that it was here. Interrupts off. */
NORETURN void arch_smp_stop_here(const struct trap_frame *frame);

#endif
