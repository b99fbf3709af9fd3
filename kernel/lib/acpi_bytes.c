/* What is the same in every ACPI structure: sums, texts, addresses. */
#include "acpi_internal.h"
#include "lib/bytes.h"

uint8_t acpi_sum(const uint8_t *bytes, size_t size)
{
    uint8_t total = 0;

    for (size_t i = 0; i < size; i++)
        total = (uint8_t)(total + bytes[i]);
    return total;
}

void acpi_copy_text(char *to, const uint8_t *from, size_t size)
{
    while (size > 0 && (from[size - 1] == ' ' || from[size - 1] == '\0'))
        size--;
    for (size_t i = 0; i < size; i++)
        to[i] = from[i] >= ' ' && from[i] <= '~' ? (char)from[i] : '?';
    to[size] = '\0';
}

struct acpi_gas acpi_read_gas(const uint8_t *at)
{
    return (struct acpi_gas){.space = at[0],
                             .width_bits = at[1],
                             .offset_bits = at[2],
                             .access_size = at[3],
                             .address = bytes_read64(at + 4)};
}

bool acpi_is_long_enough(const char *name, const struct acpi_table *table, size_t bytes,
                         const struct diagnostics *diagnostics)
{
    if (table->length >= bytes)
        return true;
    diagnostics_warn(diagnostics, "%s at %lx: %u bytes, it needs %zu: ignored", name,
                     (unsigned long)table->address, table->length, bytes);
    return false;
}
