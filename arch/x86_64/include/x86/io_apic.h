/* The I/O APICs: all inputs masked, and known by the interrupts that they stand for. Source: Intel 82093AA data sheet. */
#ifndef X86_IO_APIC_H
#define X86_IO_APIC_H

#include <stddef.h>
#include <stdint.h>

#include "lib/acpi_madt.h"

struct io_apic {
    uint8_t id; /* the firmware's */
    uint8_t version;
    uint32_t first_gsi;   /* global system interrupt of the first input */
    uint32_t input_count; /* 1 to 256, of which 120 can be */
};

/* The I/O APIC that the MADT describes and whose version register reads so. Any context. */
struct io_apic io_apic_describe(const struct acpi_io_apic *entry, uint32_t version_register);

/* NULL, or why it cannot be an I/O APIC. Any context. */
const char *io_apic_problem(const struct io_apic *io_apic);

/* NULL, or why its interrupts cannot be its own beside those of the `count` that are known. Any context. */
const char *io_apic_range_problem(const struct io_apic *io_apic, const struct io_apic *known,
                                  size_t count);

/*
 * Masks every input of every I/O APIC in the MADT, but for those that make system management interrupts: they are the
 * firmware's. What cannot be an I/O APIC is warned about and left alone; one whose interrupts cannot be its own is warned
 * about and masked. Boot CPU, once, interrupts off, after
 * heap_init().
 */
void io_apic_init(const struct acpi_madt *madt);

#endif
