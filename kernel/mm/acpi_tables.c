/* See acpi_tables.h. Numbers lie at any alignment, so each is copied out. */
#include "acpi_tables.h"

#include "lib/string.h"

#define HEADER_BYTES    36
#define LENGTH_OFFSET   4
#define TABLE_BYTES_MAX (16 * MIB) /* the largest known, a DSDT, has 1 MiB */
#define ENTRIES_MAX     1024       /* 64 on the largest machines known */

/* Of the FADT: 4-byte addresses, and the 8-byte ones that count where they are not 0. */
static const struct {
    uint16_t narrow, wide;
} fadt_addresses[] = {{36, 132}, {40, 140}}; /* FACS, DSDT */

static uint64_t number_at(const struct acpi_reader *reader, paddr_t phys, unsigned bytes)
{
    const void *from = reader->at(reader->context, phys, bytes);
    uint64_t number = 0;

    if (from)
        memcpy(&number, from, bytes);
    return number;
}

/* The length of the table that begins here, 0 when there cannot be one. */
static uint64_t visit_table(const struct acpi_reader *reader, paddr_t phys)
{
    uint64_t length;

    if (phys == 0 || !reader->at(reader->context, phys, HEADER_BYTES))
        return 0;
    length = number_at(reader, phys + LENGTH_OFFSET, 4);
    if (length < HEADER_BYTES || length > TABLE_BYTES_MAX)
        return 0;
    reader->visit(reader->context, phys, length);
    return length;
}

static void visit_fadt(const struct acpi_reader *reader, paddr_t phys, uint64_t length)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t wide = fadt_addresses[i].wide, narrow = fadt_addresses[i].narrow;
        paddr_t address = wide + 8 <= length ? number_at(reader, phys + wide, 8) : 0;

        if (address == 0 && narrow + 4 <= length)
            address = number_at(reader, phys + narrow, 4);
        visit_table(reader, address);
    }
}

static void visit_listed(const struct acpi_reader *reader, paddr_t phys)
{
    uint64_t length = visit_table(reader, phys);

    if (length && memcmp(reader->at(reader->context, phys, 4), "FACP", 4) == 0)
        visit_fadt(reader, phys, length);
}

void acpi_tables_visit(const struct acpi_reader *reader, const struct rsdp *root)
{
    paddr_t phys = root->xsdt ? root->xsdt : root->rsdt;
    unsigned entry_bytes = root->xsdt ? 8 : 4;
    uint64_t count = visit_table(reader, phys);

    count = count ? (count - HEADER_BYTES) / entry_bytes : 0;
    for (uint64_t i = 0; i < count && i < ENTRIES_MAX; i++)
        visit_listed(reader, number_at(reader, phys + HEADER_BYTES + i * entry_bytes, entry_bytes));
}
