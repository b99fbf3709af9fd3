/* Which tables are read, and by whom. The first of a signature that can be used counts; others are named. */
#include "lib/acpi.h"

#include "lib/compiler.h"
#include "lib/string.h"

static bool take_madt(struct acpi *acpi, const struct acpi_table *table,
                      const struct diagnostics *diagnostics)
{
    return acpi->has_madt = acpi_read_madt(&acpi->madt, table, diagnostics);
}

static bool take_fadt(struct acpi *acpi, const struct acpi_table *table,
                      const struct diagnostics *diagnostics)
{
    return acpi->has_fadt = acpi_read_fadt(&acpi->fadt, table, diagnostics);
}

static bool take_hpet(struct acpi *acpi, const struct acpi_table *table,
                      const struct diagnostics *diagnostics)
{
    return acpi->has_hpet = acpi_read_hpet(&acpi->hpet, table, diagnostics);
}

static bool take_mcfg(struct acpi *acpi, const struct acpi_table *table,
                      const struct diagnostics *diagnostics)
{
    return acpi->has_mcfg = acpi_read_mcfg(&acpi->mcfg, table, diagnostics);
}

static bool take_bgrt(struct acpi *acpi, const struct acpi_table *table,
                      const struct diagnostics *diagnostics)
{
    return acpi->has_bgrt = acpi_read_bgrt(&acpi->bgrt, table, diagnostics);
}

static bool take_serial(struct acpi *acpi, const struct acpi_table *table,
                        const struct diagnostics *diagnostics)
{
    bool is_spcr = strcmp(table->signature, "SPCR") == 0;
    bool named = (is_spcr ? acpi_read_spcr : acpi_read_dbg2)(&acpi->serial, table, diagnostics);

    acpi->serial_from = named ? (is_spcr ? "SPCR" : "DBG2") : NULL;
    return true;
}

static const struct table_reader {
    char signature[5];
    char unless[5]; /* where a table of this signature is there, the first is not read */
    bool (*take)(struct acpi *acpi, const struct acpi_table *table,
                 const struct diagnostics *diagnostics);
} readers[] = {
    {"APIC", "", take_madt},       {"FACP", "", take_fadt}, {"HPET", "", take_hpet},
    {"MCFG", "", take_mcfg},       {"BGRT", "", take_bgrt}, {"SPCR", "", take_serial},
    {"DBG2", "SPCR", take_serial}, /* an SPCR without a port says that no console is wanted */
};

static bool is_needed(const char *signature)
{
    for (size_t i = 0; i < ARRAY_COUNT(readers); i++)
        if (strcmp(readers[i].signature, signature) == 0)
            return true;
    return false;
}

static bool is_listed(const struct acpi *acpi, const char *signature)
{
    for (size_t i = 0; i < acpi->list.count; i++)
        if (strcmp(acpi->list.tables[i].signature, signature) == 0)
            return true;
    return false;
}

static void read_first(struct acpi *acpi, const struct table_reader *reader,
                       const struct diagnostics *diagnostics)
{
    bool taken = false;

    for (size_t i = 0; i < acpi->list.count; i++) {
        const struct acpi_table *table = &acpi->list.tables[i];

        if (strcmp(table->signature, reader->signature) != 0)
            continue;
        acpi->second_count += taken;
        if (taken)
            diagnostics_warn(diagnostics, "a second %s at %lx: ignored", table->signature,
                             (unsigned long)table->address);
        else
            taken = reader->take(acpi, table, diagnostics);
    }
}

bool acpi_read(struct acpi *out, const struct rsdp *rsdp, const struct acpi_memory *memory,
               const struct diagnostics *diagnostics)
{
    memset(out, 0, sizeof(*out));
    if (!acpi_tables_find(&out->list, rsdp, is_needed, memory, diagnostics))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(readers); i++)
        if (!is_listed(out, readers[i].unless))
            read_first(out, &readers[i], diagnostics);
    if (out->has_hpet)
        acpi_mcfg_spare_hpet(&out->mcfg, &out->hpet, diagnostics);
    return true;
}
