/* What the parsers of ACPI tables share. */
#ifndef KERNEL_LIB_ACPI_INTERNAL_H
#define KERNEL_LIB_ACPI_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/acpi.h"

/* All bytes added up, modulo 256: 0 where a checksum is right. */
uint8_t acpi_sum(const uint8_t *bytes, size_t size);

/* A field of `size` characters as text: unprintable ones as `?`, trailing blanks and NULs cut. `to` has size + 1. */
void acpi_copy_text(char *to, const uint8_t *from, size_t size);

/* A Generic Address Structure, 12 bytes (ACPI 6.5, 5.2.3.2). */
#define ACPI_GAS_BYTES 12
struct acpi_gas acpi_read_gas(const uint8_t *at);

/* True when the table has the bytes that `name` needs; else a warning says that it is too short and is ignored. */
bool acpi_is_long_enough(const char *name, const struct acpi_table *table, size_t bytes,
                         const struct diagnostics *diagnostics);

#endif
