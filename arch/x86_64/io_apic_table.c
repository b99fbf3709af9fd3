/* What an I/O APIC says of itself, and whether that can be. Touches no hardware: the host tests it. */
#include "x86/io_apic.h"

#define VERSION(reg)     ((uint8_t)(reg))
#define INPUT_COUNT(reg) (((reg) >> 16 & 0xff) + 1)
#define INPUT_COUNT_MAX  120 /* two registers each, from 10h to the last that eight bits select */

struct io_apic io_apic_describe(const struct acpi_io_apic *entry, uint32_t version_register)
{
    return (struct io_apic){.id = entry->id,
                            .version = VERSION(version_register),
                            .first_gsi = entry->first_gsi,
                            .input_count = INPUT_COUNT(version_register)};
}

static uint32_t last_gsi(const struct io_apic *io_apic)
{
    return io_apic->first_gsi + (io_apic->input_count - 1);
}

const char *io_apic_problem(const struct io_apic *io_apic)
{
    if (io_apic->version == 0 || io_apic->version == 0xff)
        return "nothing there has an I/O APIC's version";
    if (io_apic->input_count > INPUT_COUNT_MAX)
        return "it says that it has more inputs than can be selected";
    return NULL;
}

const char *io_apic_range_problem(const struct io_apic *io_apic, const struct io_apic *known,
                                  size_t count)
{
    if (last_gsi(io_apic) < io_apic->first_gsi)
        return "its interrupts go beyond the last there can be";
    for (size_t i = 0; i < count; i++)
        if (io_apic->first_gsi <= last_gsi(&known[i]) && known[i].first_gsi <= last_gsi(io_apic))
            return "its interrupts are those of another, too";
    return NULL;
}
