/* What the machine's own code shares about other CPUs. */
#ifndef X86_SMP_H
#define X86_SMP_H

#include <stdint.h>

/* How far arch_timestamp() counts in so many microseconds; where no clock tells, as far as the fastest CPU's would. */
uint64_t x86_counts_of(uint64_t us);

/* Sets up the interrupt between CPUs. Boot CPU, once, after arch_irq_init(). */
void x86_ipi_init(void);

#endif
