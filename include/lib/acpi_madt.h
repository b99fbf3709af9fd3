/*
 * The MADT: CPUs and interrupt controllers. Pure parser. Source: ACPI 6.5, 5.2.12; the entry types 0, 1, 2, 4, 5, 9
 * and 10 are read, others passed over.
 */
#ifndef LIB_ACPI_MADT_H
#define LIB_ACPI_MADT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/acpi_table.h"

#define ACPI_CPUS_MAX      1024
#define ACPI_IO_APICS_MAX  32
#define ACPI_ISA_IRQS      16
#define ACPI_MADT_READ_MAX (128 * KIB) /* of a longer table the rest is left out: 8192 CPUs fit */

#define ACPI_NO_NMI_PIN 0xff

struct acpi_cpu {
    uint32_t apic_id;
    uint32_t uid; /* the firmware's own number, for other tables */
    bool enabled;
    bool online_capable; /* not enabled, but may be switched on later */
    bool x2apic;         /* listed as type 9 */
    uint8_t nmi_pin;     /* 0, 1: the local APIC's input at which NMIs arrive; ACPI_NO_NMI_PIN */
    bool nmi_active_low; /* of that input; whatever its trigger mode, an NMI is taken at the edge */
};

struct acpi_io_apic {
    uint8_t id;
    uint32_t address;
    uint32_t first_gsi; /* the global system interrupt of its first input */
};

/* Where an ISA interrupt arrives when that is not the input of its own number, edge-triggered and active high. */
struct acpi_override {
    bool present;
    bool active_low;
    bool level_triggered;
    uint32_t gsi;
};

struct acpi_madt {
    paddr_t local_apic;
    bool has_8259;
    size_t cpu_count; /* enabled or online-capable, each APIC id once, in the table's order */
    size_t enabled_count;
    size_t unusable_count;  /* entries that are neither: places for CPUs that are not there */
    size_t bad_cpu_count;   /* entries of enabled CPUs listed again, or with an id that cannot be */
    size_t bad_entry_count; /* others that cannot be */
    bool boot_cpu_was_missing; /* acpi_madt_require() had to put that right */
    size_t io_apic_count;
    struct acpi_cpu cpus[ACPI_CPUS_MAX];
    struct acpi_io_apic io_apics[ACPI_IO_APICS_MAX];
    struct acpi_override overrides[ACPI_ISA_IRQS]; /* by ISA interrupt */
};

/*
 * False, after a warning and with *out empty, when the table is too short for one. Single entries that cannot be used
 * are left out and warned about, one line for each kind of finding; an entry of a length that cannot be ends the table
 * there. Any context.
 */
bool acpi_read_madt(struct acpi_madt *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics);

/* The CPU with this APIC id, or NULL. Any context. */
const struct acpi_cpu *acpi_madt_find(const struct acpi_madt *madt, uint32_t apic_id);

/*
 * Makes sure that the CPU that runs is among the enabled ones: when it is missing or not enabled, that is warned about
 * and put right. Any context.
 */
void acpi_madt_require(struct acpi_madt *madt, uint32_t apic_id,
                       const struct diagnostics *diagnostics);

#endif
