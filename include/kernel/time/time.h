/* The start of everything that has to do with time. */
#ifndef KERNEL_TIME_TIME_H
#define KERNEL_TIME_TIME_H

#include <stdint.h>

/* Clocks found and measured; time counts from `entered`, a value of arch_timestamp(). Boot CPU, interrupts off, after
 * arch_irq_init_cpu() and acpi_init(). */
void time_init(uint64_t entered);

/* Timers and the tick of this CPU, from here on. Interrupts off, after arch_irq_init_cpu() and, on a CPU that was started,
 * clock_check_target(): a tick is not to see the clock move. */
void time_init_cpu(void);

/* Measures the clock's rate over seconds in the background, and refines it. Boot CPU, interrupts off, once, after
 * time_init_cpu(). */
void time_refine_start(void);

#endif
