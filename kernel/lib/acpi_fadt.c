/*
 * The FADT, of which each revision of ACPI made a longer one. What a table has is told by its length and not by its
 * revision: firmware is not exact about the latter.
 */
#include "acpi_internal.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define FADT_BYTES 116 /* ACPI 1.0 */

#define FADT_SCI        46
#define FADT_TIMER      76
#define FADT_TIMER_SIZE 91
#define FADT_BOOT_FLAGS 109
#define FADT_FLAGS      112
#define FADT_RESET      116
#define FADT_VALUE      128
#define FADT_X_TIMER    208

#define TIMER_BYTES      4
#define REVISION_ACPI_2  2 /* the boot flags are reserved before */
#define PORT_COUNT       0x10000
#define RESET_WIDTH_BITS 8

static bool has(const struct acpi_table *table, size_t offset, size_t bytes)
{
    return table->length >= offset + bytes;
}

static bool is_usable(const struct acpi_gas *gas, size_t bytes)
{
    return gas->space == ACPI_SPACE_MEMORY ||
           (gas->space == ACPI_SPACE_IO && gas->address <= PORT_COUNT - bytes);
}

/* The extended field counts where it is filled in (table 5.9, X_PM_TMR_BLK), and can be a register. */
static struct acpi_gas read_timer(struct acpi_fadt *fadt, const struct acpi_table *table,
                                  const struct diagnostics *diagnostics)
{
    struct acpi_gas timer = {.space = ACPI_SPACE_IO,
                             .width_bits = TIMER_BYTES * 8,
                             .access_size = 3,
                             .address = bytes_read32(table->bytes + FADT_TIMER)};
    struct acpi_gas extended = {0};

    if (has(table, FADT_X_TIMER, ACPI_GAS_BYTES))
        extended = acpi_read_gas(table->bytes + FADT_X_TIMER);
    if (extended.address != 0 && is_usable(&extended, TIMER_BYTES))
        return extended;
    if (extended.address != 0) {
        fadt->bad_register_count++;
        diagnostics_warn(diagnostics, "FADT: the extended PM timer is at %lx in space %u: ignored",
                         (unsigned long)extended.address, extended.space);
    }
    if (timer.address == 0)
        return timer;
    if (table->bytes[FADT_TIMER_SIZE] == TIMER_BYTES && is_usable(&timer, TIMER_BYTES))
        return timer;
    fadt->bad_register_count++;
    diagnostics_warn(diagnostics, "FADT: the PM timer is at port %lx and has %u bytes: ignored",
                     (unsigned long)timer.address, table->bytes[FADT_TIMER_SIZE]);
    return (struct acpi_gas){0};
}

/* One byte in memory, I/O or the PCI configuration space of bus 0 (4.8.3.6). */
static struct acpi_gas read_reset(struct acpi_fadt *fadt, const struct acpi_table *table,
                                  const struct diagnostics *diagnostics)
{
    struct acpi_gas reset = {0};

    if (!(fadt->flags & ACPI_FADT_RESET_REGISTER))
        return reset;
    if (has(table, FADT_VALUE, 1))
        reset = acpi_read_gas(table->bytes + FADT_RESET);
    if (reset.address != 0 && reset.width_bits == RESET_WIDTH_BITS && reset.offset_bits == 0 &&
        (is_usable(&reset, 1) || reset.space == ACPI_SPACE_PCI_CONFIG))
        return reset;
    fadt->bad_register_count++;
    diagnostics_warn(diagnostics,
                     "FADT: the reset register, %u bits at %lx in space %u, cannot be one: ignored",
                     reset.width_bits, (unsigned long)reset.address, reset.space);
    return (struct acpi_gas){0};
}

bool acpi_read_fadt(struct acpi_fadt *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics)
{
    memset(out, 0, sizeof(*out));
    if (!acpi_is_long_enough("FADT", table, FADT_BYTES, diagnostics))
        return false;
    out->revision = table->revision;
    out->sci_interrupt = bytes_read16(table->bytes + FADT_SCI);
    out->flags = bytes_read32(table->bytes + FADT_FLAGS);
    if (table->revision >= REVISION_ACPI_2)
        out->boot_flags = bytes_read16(table->bytes + FADT_BOOT_FLAGS);
    if (!(out->flags & ACPI_FADT_HARDWARE_REDUCED))
        out->pm_timer = read_timer(out, table, diagnostics);
    out->reset = read_reset(out, table, diagnostics);
    if (out->reset.address != 0)
        out->reset_value = table->bytes[FADT_VALUE];
    return true;
}
