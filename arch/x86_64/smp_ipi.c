/*
 * Interrupts between CPUs. One vector says that there is something to look for; which is why a second one that comes
 * while the first is pending may be lost. A report stops the others by NMIs, sent to each that has come up and never by
 * shorthand: one that has no IDT yet, or that firmware parked, would reset the machine.
 */
#include "arch/smp.h"

#include "arch/cpu.h"
#include "arch/machine.h"
#include "kernel/cpu_call.h"
#include "x86/exceptions.h"
#include "x86/firmware.h"
#include "x86/lapic.h"
#include "x86/smp.h"

/* A CPU of its own answers in microseconds; under an emulator it must get its turn first. */
#define STOP_WAIT_US         10000
#define STOP_WAIT_VIRTUAL_US 1000000

static _Atomic(const struct cpu *) stopper; /* NULL: nobody stops the others */

static void on_call(struct trap_frame *frame)
{
    (void)frame;
    lapic_eoi(); /* before: who asks next must be able to interrupt again */
    atomic_store(&cpu_self()->leave_user, true);
    cpu_serve_calls(cpu_self());
}

void x86_ipi_init(void) { trap_set_handler(VECTOR_CALL, on_call); }

void arch_smp_interrupt(const struct cpu *cpu) { lapic_send_fixed(cpu->apic_id, VECTOR_CALL); }

void arch_smp_send_nmi(const struct cpu *cpu) { lapic_send_nmi(cpu->apic_id); }

bool arch_smp_is_stopping(void)
{
    const struct cpu *by = atomic_load(&stopper);

    return by && by != cpu_self();
}

void arch_smp_stop_here(const struct trap_frame *frame)
{
    atomic_store(&cpu_self()->stopped, frame);
    x86_firmware_watch();
    arch_cpu_stop();
}

/* Whoever comes up sets `online` and then looks at `stopper`; here it is the other way round: so one of the two sees the
 * other. */
void arch_smp_stop_others(void)
{
    const struct cpu *self = cpu_self(), *cpu = NULL;
    uint64_t start = arch_timestamp(),
             limit = x86_counts_of(arch_machine_is_virtual() ? STOP_WAIT_VIRTUAL_US : STOP_WAIT_US);

    atomic_store(&stopper, self);
    if (!atomic_load(&self->online))
        lapic_init_cpu(); /* it faulted on its way up, and sends nothing yet */
    while ((cpu = cpu_next(cpu)))
        if (cpu != self && !atomic_load(&cpu->stopped))
            lapic_send_nmi(cpu->apic_id);
    while ((cpu = cpu_next(cpu)))
        while (cpu != self && !atomic_load(&cpu->stopped) && arch_timestamp() - start < limit)
            arch_cpu_relax();
}
