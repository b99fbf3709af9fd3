/* What kernel/ may ask of a CPU. Everything here acts on the CPU that calls, in any context unless
 * said otherwise. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/cpu.h"
#include "lib/compiler.h"

/* The calling CPU's own structure. It can be another CPU's after the next schedule, so never keep
 * it across a wait. */
static inline struct cpu *cpu_self(void)
{
    struct cpu *self;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(self));
    return self;
}

typedef uint64_t irq_state_t;

/* Masks interrupts and says what they were; arch_irq_restore() puts that back. Pairs nest. */
static inline irq_state_t arch_irq_save(void)
{
    irq_state_t state;

    __asm__ volatile("pushfq; pop %0; cli" : "=r"(state) : : "memory");
    return state;
}

#define ARCH_IRQ_ENABLED 0x200 /* RFLAGS.IF */

static inline bool arch_irq_enabled(void)
{
    irq_state_t state;

    __asm__ volatile("pushfq; pop %0" : "=r"(state) : : "memory");
    return state & ARCH_IRQ_ENABLED;
}

static inline void arch_irq_enable(void) { __asm__ volatile("sti" : : : "memory"); }

static inline void arch_irq_disable(void) { __asm__ volatile("cli" : : : "memory"); }

static inline void arch_irq_restore(irq_state_t state)
{
    if (state & ARCH_IRQ_ENABLED)
        arch_irq_enable();
}

/* Writes the cache line that holds the byte back to RAM, and waits for it (SDM vol. 2A, CLFLUSH). Any context. */
static inline void arch_cpu_write_back(const volatile void *byte)
{
    __asm__ volatile("clflush %0; mfence" : : "m"(*(const volatile char *)byte) : "memory");
}

/* Tells the CPU that this is a spin loop. */
static inline void arch_cpu_relax(void) { __asm__ volatile("pause"); }

/* Enables interrupts and stops until one arrives. Called with interrupts off there is no gap between
 * the caller's last check and the stop in which one could be missed. */
static inline void arch_cpu_idle(void) { __asm__ volatile("sti; hlt" : : : "memory"); }

/* Raises the exception that failed checks are reported by (kernel/panic.h). The line's number, which the instruction does
 * not need, keeps compilers from joining two of them. */
#define ARCH_CPU_TRAP() __asm__ volatile("ud2" : : "i"(__LINE__) : "memory")

/* Stops this CPU for good; an NMI is handled and it stops again. */
NORETURN static inline void arch_cpu_stop(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" : : : "memory");
}

/* Time-stamp counter, in its own unit; kernel/time/clock.h makes nanoseconds of it. */
static inline uint64_t arch_timestamp(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Finds out what the boot CPU has, and makes the trap entries fit it. Once, before everything
 * below. */
void arch_cpu_init(void);

/*
 * Brings this CPU's control registers, memory types and FPU to the state of the one table in
 * x86/control.c; runs once on each CPU, interrupts off, before anything else that differs between
 * CPUs.
 */
void arch_cpu_init_cpu(void);

/* Logs what the CPU is and which protections it has or lacks. After arch_cpu_init_cpu(). */
void arch_cpu_log(void);

/* The id of this CPU's local APIC, by which ACPI lists it; also before the APIC is set up. */
uint32_t arch_cpu_apic_id(void);

/* Compares this CPU's control registers with what arch_cpu_init_cpu() wrote, and its memory types by address with those
 * that the boot CPU had at first; false, with a line for each that differs in the log. */
bool arch_cpu_verify(void);

/* The same as a text for a report, without a log, and GS when the exception that is reported came from the kernel; 0 when
 * nothing differs or nothing was set yet. At most size - 1 characters. Any context. */
size_t arch_cpu_changes_text(bool in_kernel, char *text, size_t size);

/* Switches one protection of this CPU off behind the kernel's back, for a test; arch_cpu_init_cpu() switches it on again. */
void arch_cpu_drop_protection(void);

/* Does so and changes a memory type that is not in force, and says whether arch_cpu_verify() noticed both and is content
 * again afterwards. Interrupts off. */
bool arch_cpu_verify_notices(void);

/* Memory, port and MMIO operations that drivers in kernel/ need. Ports exist on x86 only: the 16550
 * is the one user. */
static inline uint8_t arch_port_read8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void arch_port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

/* All bytes to one port: on many hosts of virtual machines one exit instead of one for each. */
static inline void arch_port_write8_many(uint16_t port, const void *bytes, size_t count)
{
    __asm__ volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"(port) : "memory");
}

#endif
