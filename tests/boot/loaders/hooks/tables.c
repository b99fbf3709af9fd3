/* ACPI tables found and changed, with checksums that are right or wrong as wanted. */
#include "hooks.h"
#include "lib/compiler.h"
#include "lib/string.h"

void for_each_root_pointer(void (*change)(EFI_CONFIGURATION_TABLE *table))
{
    static const EFI_GUID guids[] = {ACPI_20_TABLE_GUID, ACPI_TABLE_GUID};

    for (UINTN i = 0; i < system->NumberOfTableEntries; i++)
        for (unsigned g = 0; g < ARRAY_COUNT(guids); g++)
            if (memcmp(&system->ConfigurationTable[i].VendorGuid, &guids[g], sizeof(guids[g])) == 0)
                change(&system->ConfigurationTable[i]);
}

uint8_t root[ROOT_BYTES];

void take_root(EFI_CONFIGURATION_TABLE *table)
{
    static const EFI_GUID acpi_20 = ACPI_20_TABLE_GUID;

    if (memcmp(&table->VendorGuid, &acpi_20, sizeof(acpi_20)) != 0)
        return;
    memcpy(root, table->VendorTable, ROOT_BYTES);
    table->VendorTable = root;
}

void correct(uint8_t *bytes, unsigned checksum, unsigned size)
{
    bytes[checksum] = 0;
    for (unsigned i = 0; i < size; i++)
        bytes[checksum] = (uint8_t)(bytes[checksum] - (i == checksum ? 0 : bytes[i]));
}

void set_root(uint64_t rsdt, uint64_t xsdt)
{
    memcpy(root + ROOT_RSDT, &rsdt, sizeof(uint32_t));
    memcpy(root + ROOT_XSDT, &xsdt, sizeof(uint64_t));
    correct(root, ROOT_CHECKSUM, 20);
    correct(root, ROOT_CHECKSUM_ALL, ROOT_BYTES);
}

uint64_t read_address(const uint8_t *at, unsigned size)
{
    uint64_t address = 0;

    memcpy(&address, at, size);
    return address;
}

uint32_t table_length(const uint8_t *table)
{
    return (uint32_t)read_address(table + TABLE_LENGTH, sizeof(uint32_t));
}

uint8_t *xsdt(void) { return (uint8_t *)read_address(root + ROOT_XSDT, sizeof(uint64_t)); }

/* An RSDT of the tables in the XSDT. */
uint64_t make_rsdt(void)
{
    EFI_PHYSICAL_ADDRESS page = UINT32_MAX;
    uint32_t count = (table_length(xsdt()) - TABLE_BYTES) / 8, length = TABLE_BYTES + count * 4;
    uint8_t *rsdt;

    boot->AllocatePages(AllocateMaxAddress, EfiACPIReclaimMemory, 1, &page);
    rsdt = (uint8_t *)page;
    memcpy(rsdt, xsdt(), TABLE_BYTES);
    memcpy(rsdt, "RSDT", 4);
    memcpy(rsdt + TABLE_LENGTH, &length, sizeof(length));
    for (uint32_t i = 0; i < count; i++)
        memcpy(rsdt + TABLE_BYTES + i * 4, xsdt() + TABLE_BYTES + i * 8, 4);
    correct(rsdt, TABLE_CHECKSUM, length);
    return page;
}

uint8_t *find_table(const char *signature)
{
    for (uint32_t at = TABLE_BYTES; at < table_length(xsdt()); at += 8)
        if (memcmp((const void *)read_address(xsdt() + at, 8), signature, 4) == 0)
            return (uint8_t *)read_address(xsdt() + at, 8);
    hang_for_ever(); /* a case that is wrong */
    return NULL;
}

void change_table(const char *signature, unsigned offset, uint64_t value, unsigned size,
                  uint8_t checksum_error)
{
    for (uint32_t at = TABLE_BYTES; at < table_length(xsdt()); at += 8) {
        uint8_t *table = (uint8_t *)read_address(xsdt() + at, 8);

        if (memcmp(table, signature, 4) != 0)
            continue;
        memcpy(table + offset, &value, size);
        correct(table, TABLE_CHECKSUM, table_length(table));
        table[TABLE_CHECKSUM] ^= checksum_error;
    }
}
