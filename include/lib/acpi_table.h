/*
 * ACPI tables as the firmware lists them: found, measured and summed before anything of them is read. Pure parser: it
 * reaches memory through a function of the caller's, and tells findings as warnings that name table and address.
 * Source: ACPI 6.5, 5.2.6 (header), 5.2.7 (RSDT), 5.2.8 (XSDT).
 */
#ifndef LIB_ACPI_TABLE_H
#define LIB_ACPI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/diagnostics.h"
#include "lib/rsdp.h"
#include "lib/types.h"

#define ACPI_HEADER_BYTES    36
#define ACPI_TABLES_MAX      128
#define ACPI_TABLE_BYTES_MAX (16 * MIB) /* what says to be longer is not believed */

struct acpi_memory {
    /* `bytes` (1 or more) bytes of physical memory, readable at least until the parser returns; NULL when they
     * cannot be reached. */
    const void *(*map)(void *context, paddr_t at, uint64_t bytes);
    void *context;
};

struct acpi_table {
    paddr_t address;
    const uint8_t *bytes; /* `length` of them, as map() gave them */
    uint32_t length;      /* ACPI_HEADER_BYTES or more */
    uint8_t revision;
    bool checksum_wrong; /* never of a table that acpi_read() uses */
    char signature[5];   /* unprintable characters shown as `?` */
    char oem_id[7];
};

struct acpi_tables {
    struct acpi_table tables[ACPI_TABLES_MAX];
    size_t count;
    size_t left_out_count; /* entries that name no table that can be used */
    size_t bad_list_count; /* of XSDT and RSDT, those that were looked at and cannot be used */
};

/*
 * Fills `list` with what the XSDT names, or, where there is none or it is unusable, the RSDT. Left out with a warning:
 * entries that are 0, named before or cannot be reached, tables whose length is under 36, over ACPI_TABLE_BYTES_MAX
 * or beyond what can be reached, those for which `is_needed` says so and whose checksum is wrong, and what comes
 * after ACPI_TABLES_MAX. False, after a warning, when neither list can be read. Any context.
 */
bool acpi_tables_find(struct acpi_tables *list, const struct rsdp *rsdp,
                      bool (*is_needed)(const char *signature), const struct acpi_memory *memory,
                      const struct diagnostics *diagnostics);

#endif
