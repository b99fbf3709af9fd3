/*
 * The small tables: HPET (IA-PC HPET Specification 1.0a, 3.2.4), MCFG (PCI Firmware Specification 3.2, 4.1.2), BGRT
 * (ACPI 6.5, 5.2.23).
 */
#include "acpi_internal.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define HPET_BYTES    56
#define HPET_BLOCK_ID 36
#define HPET_BASE     40
#define HPET_NUMBER   52
#define HPET_MIN_TICK 53
#define HPET_SPACE    1024

#define MCFG_BYTES       44
#define MCFG_RANGE_BYTES 16
#define MCFG_BUS_BYTES   MIB

#define BGRT_BYTES     56
#define BGRT_VERSION   36
#define BGRT_STATUS    38
#define BGRT_TYPE      39
#define BGRT_IMAGE     40
#define BGRT_X         48
#define BGRT_Y         52
#define BGRT_DISPLAYED 1

bool acpi_read_hpet(struct acpi_hpet *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics)
{
    struct acpi_gas base;

    memset(out, 0, sizeof(*out));
    if (!acpi_is_long_enough("HPET", table, HPET_BYTES, diagnostics))
        return false;
    base = acpi_read_gas(table->bytes + HPET_BASE);
    if (base.space != ACPI_SPACE_MEMORY || base.address == 0 || base.address % 8 != 0 ||
        base.address > UINT64_MAX - HPET_SPACE) {
        diagnostics_warn(diagnostics, "HPET: its registers are at %lx in space %u: ignored",
                         (unsigned long)base.address, base.space);
        return false;
    }
    out->base = base.address;
    out->number = table->bytes[HPET_NUMBER];
    out->min_tick = bytes_read16(table->bytes + HPET_MIN_TICK);
    out->block_id = bytes_read32(table->bytes + HPET_BLOCK_ID);
    return true;
}

/* ---- MCFG ---- */

static bool overlaps(const struct acpi_mcfg *mcfg, const struct acpi_mcfg_range *range)
{
    for (size_t i = 0; i < mcfg->count; i++) {
        const struct acpi_mcfg_range *other = &mcfg->ranges[i];

        if (other->segment == range->segment && other->first_bus <= range->last_bus &&
            range->first_bus <= other->last_bus)
            return true;
    }
    return false;
}

static const char *add_range(struct acpi_mcfg *mcfg, const struct acpi_mcfg_range *range)
{
    if (range->base == 0 || range->base % MCFG_BUS_BYTES != 0 ||
        range->base > UINT64_MAX - (range->last_bus + 1) * MCFG_BUS_BYTES)
        return "its base cannot be one";
    if (range->last_bus < range->first_bus)
        return "its last bus is before its first";
    if (overlaps(mcfg, range))
        return "another range has these buses";
    if (mcfg->count == ACPI_MCFG_MAX)
        return "there is no room for more";
    mcfg->ranges[mcfg->count++] = *range;
    return NULL;
}

bool acpi_read_mcfg(struct acpi_mcfg *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics)
{
    memset(out, 0, sizeof(*out));
    if (!acpi_is_long_enough("MCFG", table, MCFG_BYTES, diagnostics))
        return false;
    if ((table->length - MCFG_BYTES) % MCFG_RANGE_BYTES != 0)
        diagnostics_warn(diagnostics, "MCFG: its end is not a whole range: ignored");
    for (size_t at = MCFG_BYTES; at + MCFG_RANGE_BYTES <= table->length; at += MCFG_RANGE_BYTES) {
        const uint8_t *bytes = table->bytes + at;
        struct acpi_mcfg_range range = {.base = bytes_read64(bytes),
                                        .segment = bytes_read16(bytes + 8),
                                        .first_bus = bytes[10],
                                        .last_bus = bytes[11]};
        const char *problem = add_range(out, &range);

        if (!problem)
            continue;
        out->left_out_count++;
        diagnostics_warn(
            diagnostics, "MCFG, offset %zu: segment %u, buses %02x-%02x at %lx: %s: ignored", at,
            range.segment, range.first_bus, range.last_bus, (unsigned long)range.base, problem);
        if (out->count == ACPI_MCFG_MAX)
            break; /* one line for all that follow */
    }
    return out->count > 0;
}

void acpi_mcfg_spare_hpet(struct acpi_mcfg *mcfg, const struct acpi_hpet *hpet,
                          const struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < mcfg->count;) {
        struct acpi_mcfg_range *range = &mcfg->ranges[i];
        paddr_t start = range->base + range->first_bus * MCFG_BUS_BYTES;
        paddr_t end = range->base + (range->last_bus + 1) * MCFG_BUS_BYTES;

        if (hpet->base >= end || hpet->base + HPET_SPACE <= start) {
            i++;
            continue;
        }
        mcfg->left_out_count++;
        diagnostics_warn(diagnostics,
                         "MCFG: the HPET at %lx lies in its range at %lx: the range: ignored",
                         (unsigned long)hpet->base, (unsigned long)range->base);
        *range = mcfg->ranges[--mcfg->count];
    }
}

bool acpi_read_bgrt(struct acpi_bgrt *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics)
{
    memset(out, 0, sizeof(*out));
    if (!acpi_is_long_enough("BGRT", table, BGRT_BYTES, diagnostics))
        return false;
    if (bytes_read16(table->bytes + BGRT_VERSION) != 1 || table->bytes[BGRT_TYPE] != 0) {
        diagnostics_warn(diagnostics, "BGRT: version %u, picture type %u: not known: ignored",
                         bytes_read16(table->bytes + BGRT_VERSION), table->bytes[BGRT_TYPE]);
        return false;
    }
    out->image = bytes_read64(table->bytes + BGRT_IMAGE);
    out->x = bytes_read32(table->bytes + BGRT_X);
    out->y = bytes_read32(table->bytes + BGRT_Y);
    out->on_screen = table->bytes[BGRT_STATUS] & BGRT_DISPLAYED;
    return true;
}
