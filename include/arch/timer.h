/* What kernel/ may ask of clocks, of the timer that interrupts each CPU, and of interrupt controllers. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/acpi.h"
#include "lib/calibration.h"

/*
 * Finds the rates of the time-stamp counter and the local APIC timer: by what CPUID says, else measured for some 2 ms
 * against the HPET, the PM timer or the PIT, the first that is there and counts; others are named. Logs rates, source
 * and error bound. False when the machine has no usable clock: then there are no ticks and no times. Boot CPU,
 * interrupts off, after arch_irq_init_cpu().
 */
bool arch_clock_calibrate(const struct acpi *acpi);

/*
 * The rates, and the error bound of arch_timestamp()'s; zeros before arch_clock_calibrate() and without a clock. A finer
 * rate is what deadlines are computed with from then on. Boot CPU.
 */
const struct calibration *arch_clock_calibration(void);
void arch_clock_refine(const struct calibration *finer);

/* HPET and PM timer, as far as they are there and not known to be broken: numbers 0 and 1, then NULL. */
const struct reference_clock *arch_clock_reference(unsigned number);

/* Clocks that ACPI names and that do not count as they should; and those that, by the time that has passed since
 * arch_clock_calibrate(), go at another rate than the one that was chosen. Boot CPU, interrupts off. */
unsigned arch_clock_count_refused(void);
unsigned arch_clock_count_disagreeing(void);

/* Chooses the mode of the timers, logs it, and takes their vector. Once, after arch_clock_calibrate(). */
void arch_timer_init(void);

/* This CPU's timer is in that mode, and silent. Interrupts off, after arch_irq_init_cpu(). */
void arch_timer_init_cpu(void);

/*
 * One interrupt of this CPU's timer, delay_ns from now, or before that: it cannot wait for more than some seconds. It
 * replaces the one that was asked for before, unless that is under way. Returns a value of arch_timestamp() before
 * which it does not come. Nothing, and 0, without a clock. Interrupts off.
 */
uint64_t arch_timer_start_cpu(uint64_t delay_ns);

/* Interrupts at intervals of period_ns, 1 s at most, until arch_timer_init_cpu(). Interrupts off. */
void arch_timer_start_periodic_cpu(uint64_t period_ns);

/* Interrupt controllers: PIC remapped and masked, I/O APICs masked, once; then, on each CPU, the local
 * APIC with everything masked but NMI and errors, and in-service bits emptied. x2APIC mode is taken when the CPU
 * offers it and it is wanted, and kept where it cannot or must not be left. Interrupts off; after heap_init(). */
void arch_irq_init(bool want_x2apic, const struct acpi *acpi);
void arch_irq_init_cpu(void);

/* Interrupts that nobody waited for, by vector, since the start. */
uint32_t arch_irq_unexpected_count(unsigned vector);

#endif
