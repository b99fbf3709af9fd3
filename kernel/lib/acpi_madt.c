/*
 * The MADT. Findings are counted in kinds, one warning each: a firmware that does one thing wrong does so for every CPU.
 */
#include "acpi_internal.h"
#include "acpi_madt_internal.h"
#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define MADT_BYTES       44
#define MADT_LOCAL_APIC  36
#define MADT_FLAGS       40
#define FLAG_PCAT_COMPAT 1u

static const char *const finding_texts[MADT_FINDING_COUNT] = {
    [MADT_ENTRY_TOO_SHORT] = "an entry is too short for its type: ignored",
    [MADT_CPU_ID] = "a CPU has the id that means all CPUs: ignored",
    [MADT_CPU_TWICE] = "an enabled CPU is listed again: counted once",
    [MADT_CPU_NO_ROOM] = "more CPUs than there is room for: ignored",
    [MADT_IO_APIC_ADDRESS] = "an I/O APIC has the address 0: ignored",
    [MADT_IO_APIC_TWICE] = "an I/O APIC is listed again: ignored",
    [MADT_IO_APIC_NO_ROOM] = "more I/O APICs than there is room for: ignored",
    [MADT_OVERRIDE_SOURCE] = "an override is of an interrupt that ISA does not have: ignored",
    [MADT_OVERRIDE_TWICE] = "an interrupt has a second override: ignored",
    [MADT_OVERRIDE_LINE] = "an override has a reserved polarity or trigger mode: taken as ISA's",
    [MADT_LOCAL_APIC_ADDRESS] = "a local APIC address is 0 or not a page's: ignored",
    [MADT_LOCAL_APIC_TWICE] = "there is a second local APIC address: ignored",
    [MADT_NMI_LINE] = "an NMI has a reserved polarity or trigger mode: taken as active high",
    [MADT_NMI_PIN] = "an NMI is at an input that local APICs do not have: ignored",
};

void madt_note(struct madt_reader *reader, enum madt_finding finding, size_t offset)
{
    if (reader->findings[finding].count++ == 0)
        reader->findings[finding].first = offset;
}

static bool has_io_apic(const struct acpi_madt *madt, uint32_t address)
{
    for (size_t i = 0; i < madt->io_apic_count; i++)
        if (madt->io_apics[i].address == address)
            return true;
    return false;
}

static void read_io_apic(struct madt_reader *reader, const uint8_t *entry, size_t offset)
{
    struct acpi_madt *madt = reader->madt;
    struct acpi_io_apic io_apic = {
        .id = entry[2], .address = bytes_read32(entry + 4), .first_gsi = bytes_read32(entry + 8)};

    if (io_apic.address == 0)
        madt_note(reader, MADT_IO_APIC_ADDRESS, offset);
    else if (has_io_apic(madt, io_apic.address))
        madt_note(reader, MADT_IO_APIC_TWICE, offset);
    else if (madt->io_apic_count == ACPI_IO_APICS_MAX)
        madt_note(reader, MADT_IO_APIC_NO_ROOM, offset);
    else
        madt->io_apics[madt->io_apic_count++] = io_apic;
}

static void read_override(struct madt_reader *reader, const uint8_t *entry, size_t offset)
{
    unsigned polarity = LINE_POLARITY(entry[8]), trigger = LINE_TRIGGER(entry[8]);
    struct acpi_override *override;

    if (entry[2] != 0 || entry[3] >= ACPI_ISA_IRQS) {
        madt_note(reader, MADT_OVERRIDE_SOURCE, offset);
        return;
    }
    override = &reader->madt->overrides[entry[3]];
    if (override->present) {
        madt_note(reader, MADT_OVERRIDE_TWICE, offset);
        return;
    }
    if (polarity == LINE_RESERVED || trigger == LINE_RESERVED)
        madt_note(reader, MADT_OVERRIDE_LINE, offset);
    *override = (struct acpi_override){.present = true,
                                       .active_low = polarity == LINE_OTHER,
                                       .level_triggered = trigger == LINE_OTHER,
                                       .gsi = bytes_read32(entry + 4)};
}

static void read_local_apic_address(struct madt_reader *reader, const uint8_t *entry, size_t offset)
{
    paddr_t address = bytes_read64(entry + 4);

    if (reader->has_local_apic) {
        madt_note(reader, MADT_LOCAL_APIC_TWICE, offset);
    } else if (address == 0 || address % PAGE_SIZE != 0) {
        madt_note(reader, MADT_LOCAL_APIC_ADDRESS, offset);
    } else {
        reader->madt->local_apic = address;
        reader->has_local_apic = true;
    }
}

/* NMI inputs are those of CPUs that may be listed behind them: these entries are read in a second pass. */
static const struct entry_type {
    uint8_t bytes;
    uint8_t pass;
    void (*read)(struct madt_reader *reader, const uint8_t *entry, size_t offset);
} entry_types[] = {
    [0] = {8, 1, madt_read_local_apic},     [1] = {12, 1, read_io_apic},
    [2] = {10, 1, read_override},           [4] = {6, 2, madt_read_nmi},
    [5] = {12, 1, read_local_apic_address}, [9] = {16, 1, madt_read_x2apic},
    [10] = {12, 2, madt_read_x2apic_nmi},
};

static void read_entry(struct madt_reader *reader, size_t offset, unsigned pass)
{
    const uint8_t *entry = reader->table->bytes + offset;
    const struct entry_type *type;

    if (entry[0] >= ARRAY_COUNT(entry_types))
        return;
    type = &entry_types[entry[0]];
    if (type->pass != pass)
        return;
    if (entry[1] < type->bytes)
        madt_note(reader, MADT_ENTRY_TOO_SHORT, offset);
    else
        type->read(reader, entry, offset);
}

/* Returns where it ended: `end`, or at an entry whose length cannot be. */
static size_t read_entries(struct madt_reader *reader, size_t end, unsigned pass)
{
    const uint8_t *bytes = reader->table->bytes;
    size_t offset = MADT_BYTES;

    while (end - offset >= 2 && bytes[offset + 1] >= 2 && bytes[offset + 1] <= end - offset) {
        read_entry(reader, offset, pass);
        offset += bytes[offset + 1];
    }
    return offset;
}

/* That there is no room for something is no fault of the table's. */
static void count_findings(const struct madt_reader *reader)
{
    struct acpi_madt *madt = reader->madt;

    for (enum madt_finding i = 0; i < MADT_FINDING_COUNT; i++)
        if (i == MADT_CPU_ID || i == MADT_CPU_TWICE)
            madt->bad_cpu_count += reader->findings[i].count;
        else if (i != MADT_CPU_NO_ROOM && i != MADT_IO_APIC_NO_ROOM)
            madt->bad_entry_count += reader->findings[i].count;
}

static void warn_findings(const struct madt_reader *reader, const struct diagnostics *diagnostics)
{
    for (enum madt_finding i = 0; i < MADT_FINDING_COUNT; i++)
        if (reader->findings[i].count > 0)
            diagnostics_warn(diagnostics, "MADT, offset %zu: %s (%zu in all)",
                             reader->findings[i].first, finding_texts[i],
                             reader->findings[i].count);
    if (reader->madt->enabled_count == 0)
        diagnostics_warn(diagnostics, "MADT: it lists no enabled CPU");
}

bool acpi_read_madt(struct acpi_madt *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics)
{
    struct madt_reader reader = {.madt = out, .table = table};
    size_t end = table->length, stopped;

    memset(out, 0, sizeof(*out));
    if (!acpi_is_long_enough("MADT", table, MADT_BYTES, diagnostics))
        return false;
    if (end > ACPI_MADT_READ_MAX)
        end = ACPI_MADT_READ_MAX;
    out->local_apic = bytes_read32(table->bytes + MADT_LOCAL_APIC);
    out->has_8259 = bytes_read32(table->bytes + MADT_FLAGS) & FLAG_PCAT_COMPAT;
    stopped = read_entries(&reader, end, 1);
    read_entries(&reader, end, 2);
    if (end < table->length)
        diagnostics_warn(diagnostics, "MADT: of its %u bytes those after %zu: ignored",
                         table->length, stopped);
    else if (stopped != end)
        diagnostics_warn(diagnostics,
                         "MADT, offset %zu: an entry's length cannot be: all from here on ignored",
                         stopped);
    count_findings(&reader);
    out->bad_entry_count += end == table->length && stopped != end;
    warn_findings(&reader, diagnostics);
    return true;
}
