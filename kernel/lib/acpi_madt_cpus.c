/*
 * The CPUs of the MADT. Invariant: no APIC id is in the list twice, and each CPU in it is enabled or online-capable.
 * Places without a CPU are only counted: on real machines their ids are 0, 255 or repeat those of others.
 */
#include "acpi_madt_internal.h"
#include "lib/bytes.h"

#define FLAG_ENABLED        1u
#define FLAG_ONLINE_CAPABLE 2u
#define REVISION_ONLINE     5 /* of the table, since ACPI 6.3; before, the flag is reserved */

#define APIC_ID_ALL    0xffu /* both address every CPU, and are no CPU's own */
#define X2APIC_ID_ALL  0xffffffffu
#define UID_ALL        0xffu
#define X2APIC_UID_ALL 0xffffffffu

/* Its place in the list, or the list's end. */
static size_t find(const struct acpi_madt *madt, uint32_t apic_id)
{
    size_t i = 0;

    while (i < madt->cpu_count && madt->cpus[i].apic_id != apic_id)
        i++;
    return i;
}

/* As type 0 and as type 9 a CPU may well be listed: for systems that know only the one or the other. */
static void merge(struct madt_reader *reader, struct acpi_cpu *known, const struct acpi_cpu *cpu,
                  size_t offset)
{
    if (known->enabled && cpu->enabled && known->x2apic == cpu->x2apic)
        madt_note(reader, MADT_CPU_TWICE, offset);
    if (known->enabled || !cpu->enabled)
        return;
    *known = *cpu;
    reader->madt->enabled_count++;
}

static void add(struct madt_reader *reader, const struct acpi_cpu *cpu, size_t offset)
{
    struct acpi_madt *madt = reader->madt;
    size_t at = find(madt, cpu->apic_id);

    if (!cpu->enabled && !cpu->online_capable) {
        madt->unusable_count++;
    } else if (cpu->apic_id == (cpu->x2apic ? X2APIC_ID_ALL : APIC_ID_ALL)) {
        madt_note(reader, MADT_CPU_ID, offset);
    } else if (at < madt->cpu_count) {
        merge(reader, &madt->cpus[at], cpu, offset);
    } else if (at == ACPI_CPUS_MAX) {
        madt_note(reader, MADT_CPU_NO_ROOM, offset);
    } else {
        madt->cpus[madt->cpu_count++] = *cpu;
        madt->enabled_count += cpu->enabled;
    }
}

static void set_flags(const struct madt_reader *reader, struct acpi_cpu *cpu, uint32_t flags)
{
    cpu->nmi_pin = ACPI_NO_NMI_PIN;
    cpu->enabled = flags & FLAG_ENABLED;
    cpu->online_capable =
        !cpu->enabled && flags & FLAG_ONLINE_CAPABLE && reader->table->revision >= REVISION_ONLINE;
}

void madt_read_local_apic(struct madt_reader *reader, const uint8_t *entry, size_t offset)
{
    struct acpi_cpu cpu = {.uid = entry[2], .apic_id = entry[3]};

    set_flags(reader, &cpu, bytes_read32(entry + 4));
    add(reader, &cpu, offset);
}

void madt_read_x2apic(struct madt_reader *reader, const uint8_t *entry, size_t offset)
{
    struct acpi_cpu cpu = {
        .apic_id = bytes_read32(entry + 4), .uid = bytes_read32(entry + 12), .x2apic = true};

    set_flags(reader, &cpu, bytes_read32(entry + 8));
    add(reader, &cpu, offset);
}

static void set_nmi_pin(struct madt_reader *reader, bool all, uint32_t uid, uint8_t flags,
                        uint8_t pin, size_t offset)
{
    struct acpi_madt *madt = reader->madt;

    if (pin > 1) {
        madt_note(reader, MADT_NMI_PIN, offset);
        return;
    }
    if (LINE_POLARITY(flags) == LINE_RESERVED || LINE_TRIGGER(flags) == LINE_RESERVED)
        madt_note(reader, MADT_NMI_LINE, offset);
    for (size_t i = 0; i < madt->cpu_count; i++) {
        if (!all && madt->cpus[i].uid != uid)
            continue;
        madt->cpus[i].nmi_pin = pin;
        madt->cpus[i].nmi_active_low = LINE_POLARITY(flags) == LINE_OTHER;
    }
}

void madt_read_nmi(struct madt_reader *reader, const uint8_t *entry, size_t offset)
{
    set_nmi_pin(reader, entry[2] == UID_ALL, entry[2], entry[3], entry[5], offset);
}

void madt_read_x2apic_nmi(struct madt_reader *reader, const uint8_t *entry, size_t offset)
{
    uint32_t uid = bytes_read32(entry + 4);

    set_nmi_pin(reader, uid == X2APIC_UID_ALL, uid, entry[2], entry[8], offset);
}

const struct acpi_cpu *acpi_madt_find(const struct acpi_madt *madt, uint32_t apic_id)
{
    size_t at = find(madt, apic_id);

    return at < madt->cpu_count ? &madt->cpus[at] : NULL;
}

void acpi_madt_require(struct acpi_madt *madt, uint32_t apic_id,
                       const struct diagnostics *diagnostics)
{
    size_t at = find(madt, apic_id);

    if (at < madt->cpu_count && madt->cpus[at].enabled)
        return;
    madt->boot_cpu_was_missing = true;
    diagnostics_warn(diagnostics,
                     "MADT: the CPU that runs, local APIC %X, is not enabled there: it counts all "
                     "the same",
                     apic_id);
    if (at == ACPI_CPUS_MAX)
        madt->enabled_count -= madt->cpus[--at].enabled; /* better without the last of so many */
    if (at == madt->cpu_count)
        madt->cpu_count++;
    if (madt->cpus[at].apic_id != apic_id)
        madt->cpus[at] = (struct acpi_cpu){.nmi_pin = ACPI_NO_NMI_PIN};
    madt->cpus[at].apic_id = apic_id;
    madt->cpus[at].enabled = true;
    madt->cpus[at].online_capable = false;
    madt->enabled_count++;
}
