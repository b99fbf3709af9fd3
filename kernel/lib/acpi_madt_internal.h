/* Between the walk over the MADT (acpi_madt.c) and its list of CPUs (acpi_madt_cpus.c). */
#ifndef KERNEL_LIB_ACPI_MADT_INTERNAL_H
#define KERNEL_LIB_ACPI_MADT_INTERNAL_H

#include "lib/acpi_madt.h"

/* What is counted, to be told in one line each. */
enum madt_finding {
    MADT_ENTRY_TOO_SHORT,
    MADT_CPU_ID,
    MADT_CPU_TWICE,
    MADT_CPU_NO_ROOM,
    MADT_IO_APIC_ADDRESS,
    MADT_IO_APIC_TWICE,
    MADT_IO_APIC_NO_ROOM,
    MADT_OVERRIDE_SOURCE,
    MADT_OVERRIDE_TWICE,
    MADT_OVERRIDE_LINE,
    MADT_LOCAL_APIC_ADDRESS,
    MADT_LOCAL_APIC_TWICE,
    MADT_NMI_PIN,
    MADT_NMI_LINE,
    MADT_FINDING_COUNT
};

struct madt_reader {
    struct acpi_madt *madt;
    const struct acpi_table *table;
    bool has_local_apic; /* of an entry, and not only of the header */
    struct {
        size_t count;
        size_t first; /* offset of the entry */
    } findings[MADT_FINDING_COUNT];
};

/* MPS INTI flags (5.2.12.5): what the bus does, active high or edge, reserved, active low or level. */
#define LINE_RESERVED        2
#define LINE_OTHER           3
#define LINE_POLARITY(flags) ((flags)&3)
#define LINE_TRIGGER(flags)  ((flags) >> 2 & 3)

void madt_note(struct madt_reader *reader, enum madt_finding finding, size_t offset);

/* The entries of the types 0 and 9; `offset` is where they lie in the table. */
void madt_read_local_apic(struct madt_reader *reader, const uint8_t *entry, size_t offset);
void madt_read_x2apic(struct madt_reader *reader, const uint8_t *entry, size_t offset);

/* The types 4 and 10; all CPUs must be known. */
void madt_read_nmi(struct madt_reader *reader, const uint8_t *entry, size_t offset);
void madt_read_x2apic_nmi(struct madt_reader *reader, const uint8_t *entry, size_t offset);

#endif
