/*
 * The interrupt controllers in their order, and the two vectors by which a local APIC speaks of itself. Source: Intel SDM
 * vol. 3A, 10.5.3 (errors) and 10.9 (spurious interrupts).
 */
#include <stdatomic.h>

#include "arch/cpu.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "kernel/log.h"
#include "lib/bits.h"
#include "x86/exceptions.h"
#include "x86/io_apic.h"
#include "x86/lapic.h"
#include "x86/lapic_mode.h"
#include "x86/pic.h"
#include "x86/smp.h"

static bool has_pic;
static atomic_uint errors_named; /* a bit for each kind, on any CPU */

/* A broken bus has an error with every message: each kind is named once. */
static void name_errors(unsigned errors)
{
    unsigned fresh = errors & ~atomic_fetch_or(&errors_named, errors);

    for (unsigned kind = 0; kind < LAPIC_ERROR_KINDS; kind++)
        if (fresh & BIT(kind))
            log_warn("local APIC error: %s; from now on it is only counted",
                     lapic_error_name(kind));
}

/* A write latches what has happened since the one before. */
static void on_error(struct trap_frame *frame)
{
    unsigned errors;

    (void)frame;
    lapic_write(LAPIC_ESR, 0);
    errors = lapic_read(LAPIC_ESR) & LAPIC_ERROR_BITS;
    cpu_self()->lapic_error_count++;
    name_errors(errors ? errors : LAPIC_ERROR_NONE);
    lapic_eoi();
}

/* A spurious interrupt is not in service: no EOI. */
static void on_spurious(struct trap_frame *frame)
{
    (void)frame;
    cpu_self()->spurious_count++;
    if (lapic_in_service(VECTOR_LAPIC_SPURIOUS))
        lapic_eoi();
}

/* Only a table can say that there is no PIC; what it must not do is speak of one that interrupts. */
void arch_irq_init(bool want_x2apic, const struct acpi *acpi)
{
    has_pic = !acpi->has_madt || acpi->madt.has_8259;
    if (has_pic)
        pic_init();
    io_apic_init(&acpi->madt);
    lapic_init(want_x2apic, acpi);
    x86_ipi_init();
    trap_set_handler(VECTOR_LAPIC_ERROR, on_error);
    trap_set_handler(VECTOR_LAPIC_SPURIOUS, on_spurious);
}

void arch_irq_init_cpu(void)
{
    lapic_init_cpu();
    log_info("interrupts: local APIC %X in %s mode, %s", cpu_self()->apic_id, lapic_mode_name(),
             has_pic ? "PIC masked" : "no PIC");
}
