/* What kernel/ may ask of clocks and of the timer that interrupts each CPU. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Measures the time-stamp counter and the local APIC timer against the PIT, for 1.5 ms, and
 * logs source and error bound. False when the machine has no usable clock: then there are no ticks
 * and no times. Boot CPU, interrupts off.
 */
bool arch_clock_calibrate(void);

/* Ticks of arch_timestamp() a second, 0 before arch_clock_calibrate(). */
uint64_t arch_timestamp_hz(void);

/* Starts this CPU's periodic timer interrupt, which counts cpu->ticks. After arch_irq_init_cpu()
 * and calibration. */
void arch_timer_start_cpu(unsigned hz);

/* Interrupt controllers: PIC remapped and masked once; then, on each CPU, the local APIC with
 * everything masked but NMI and in-service bits emptied. x2APIC mode is taken when the CPU offers
 * it and it is wanted. Interrupts off. */
void arch_irq_init(bool want_x2apic);
void arch_irq_init_cpu(void);

/* Interrupts that nobody waited for, by vector, since the start. */
uint32_t arch_irq_unexpected_count(unsigned vector);

/*
 * A free-running counter that was the reference of the calibration, for checking the timer against
 * it: `mask` wide, `hz` fast. False when there is none.
 */
bool arch_reference_read(uint32_t *value, uint32_t *mask, uint32_t *hz);

#endif
