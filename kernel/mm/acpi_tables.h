/*
 * Where ACPI's tables lie, so that nobody hands that memory out. Pure: reads through a callback,
 * believes no length and no address. What the tables say is not looked at. Source: ACPI 6.5, 5.2.6
 * to 5.2.10.
 */
#ifndef KERNEL_MM_ACPI_TABLES_H
#define KERNEL_MM_ACPI_TABLES_H

#include "lib/rsdp.h"
#include "lib/types.h"

struct acpi_reader {
    /* `bytes` at a physical address, or NULL when they cannot be read. Any alignment. */
    const void *(*at)(void *context, paddr_t phys, uint64_t bytes);
    void (*visit)(void *context, paddr_t phys, uint64_t bytes);
    void *context;
};

/* Calls visit for the root table, each table it lists, and the DSDT and the FACS. */
void acpi_tables_visit(const struct acpi_reader *reader, const struct rsdp *root);

#endif
