/* What the machine's own code shares about other CPUs. */
#ifndef X86_SMP_H
#define X86_SMP_H

/* Sets up the interrupt between CPUs. Boot CPU, once, after arch_irq_init(). */
void x86_ipi_init(void);

#endif
