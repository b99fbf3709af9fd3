/* Hooks that break and move the root pointer, the list of tables, and whole tables. */
#include "hooks.h"
#include "lib/compiler.h"
#include "lib/string.h"

static void rename_table(EFI_CONFIGURATION_TABLE *table) { table->VendorGuid.Data1 ^= 1; }

/* A copy of the root pointer that names a copy of the root table, both in memory that is free later. */
static void move_root_table(EFI_CONFIGURATION_TABLE *table)
{
    EFI_PHYSICAL_ADDRESS at = 0;
    uint8_t *page, sum = 0;
    uint64_t xsdt;
    uint32_t length;

    if (((uint8_t *)table->VendorTable)[15] < 2) /* ACPI 1.0's has no such field */
        return;
    memcpy(&xsdt, (uint8_t *)table->VendorTable + 24, sizeof(xsdt));
    memcpy(&length, (void *)(uintptr_t)(xsdt + 4), sizeof(length));
    if (length > 2048 ||
        EFI_ERROR(boot->AllocatePages(AllocateAnyPages, EfiBootServicesData, 1, &at)))
        return;
    page = (uint8_t *)(uintptr_t)at;
    memcpy(page, table->VendorTable, 36);
    memcpy(page + 64, (void *)(uintptr_t)xsdt, length);
    at += 64;
    memcpy(page + 24, &at, sizeof(at));
    for (unsigned i = 0; i < 36; i++)
        sum += i == 32 ? 0 : page[i];
    page[32] = (uint8_t)-sum;
    table->VendorTable = page;
}

/* Both entries may name one root pointer: a copy each, so that no change undoes another. */
static void break_checksum(EFI_CONFIGURATION_TABLE *table)
{
    static uint8_t copies[2][36];
    static unsigned used;

    memcpy(copies[used], table->VendorTable, 36);
    copies[used][8] ^= 0xff;
    table->VendorTable = copies[used++];
}

static void break_checksum_20(EFI_CONFIGURATION_TABLE *table)
{
    static const EFI_GUID acpi_20 = ACPI_20_TABLE_GUID;

    if (memcmp(&table->VendorGuid, &acpi_20, sizeof(acpi_20)) == 0)
        break_checksum(table);
}

bool set_root_pointer_hook(const char *name)
{
    if (strcmp(name, "acpi-moved") == 0)
        for_each_root_pointer(move_root_table);
    else if (strcmp(name, "rsdp-none") == 0)
        for_each_root_pointer(rename_table);
    else if (strcmp(name, "rsdp-checksum") == 0)
        for_each_root_pointer(break_checksum);
    else if (strcmp(name, "rsdp-2-checksum") == 0)
        for_each_root_pointer(break_checksum_20);
    else
        return false;
    return true;
}

static void break_xsdt(bool with_rsdt)
{
    uint64_t rsdt = with_rsdt ? make_rsdt() : 0;

    xsdt()[TABLE_CHECKSUM] ^= 0xff;
    set_root(rsdt, (uint64_t)xsdt());
}

/* Each at an odd address, one of them over the end of a page. */
static void move_tables(EFI_MEMORY_TYPE type)
{
    EFI_PHYSICAL_ADDRESS pages;
    uint8_t *list = xsdt(), *next;

    boot->AllocatePages(AllocateAnyPages, type, 4, &pages);
    next = (uint8_t *)pages + EFI_PAGE_SIZE - 41;
    for (uint32_t at = TABLE_BYTES; at < table_length(list); at += 8) {
        const uint8_t *table = (const uint8_t *)read_address(list + at, 8);
        uint64_t address = (uint64_t)next;

        memcpy(next, table, table_length(table));
        memcpy(list + at, &address, sizeof(address));
        next += table_length(table) | 1;
    }
    correct(list, TABLE_CHECKSUM, table_length(list));
    memcpy(next, list, table_length(list));
    set_root(0, (uint64_t)next);
}

/* What the XSDT names instead of the MADT. */
static void replace_madt(uint64_t address)
{
    uint8_t *list = xsdt();

    for (uint32_t at = TABLE_BYTES; at < table_length(list); at += 8)
        if (memcmp((const void *)read_address(list + at, 8), "APIC", 4) == 0) {
            memcpy(list + at, &address, sizeof(address));
            break;
        }
    correct(list, TABLE_CHECKSUM, table_length(list));
}

/* The field of a table's length is wrong, and a checksum of that many bytes cannot be had. */
static void lengthen_madt(void)
{
    uint32_t length = 15 * 1024 * 1024;

    memcpy(find_table("APIC") + TABLE_LENGTH, &length, sizeof(length));
}

/* Its XSDT field is not one in that version, and names a place without memory. */
static void make_root_1(void)
{
    set_root(make_rsdt(), HOLE);
    root[ROOT_REVISION] = 0;
    correct(root, ROOT_CHECKSUM, 20);
}

static bool set_root_hook(const char *name)
{
    if (strcmp(name, "acpi-self") == 0)
        replace_madt((uint64_t)xsdt());
    else if (strcmp(name, "acpi-null") == 0)
        replace_madt(0);
    else if (strcmp(name, "acpi-unmapped") == 0)
        replace_madt(HOLE);
    else if (strcmp(name, "acpi-madt-none") == 0)
        change_table("APIC", 0, 'X', 1, 0);
    else if (strcmp(name, "acpi-fadt-none") == 0)
        change_table("FACP", 0, 'X', 1, 0);
    else if (strcmp(name, "acpi-madt-long") == 0)
        lengthen_madt();
    else if (strcmp(name, "acpi-root-1") == 0)
        make_root_1();
    else
        return false;
    return true;
}

bool set_acpi_hook(const char *name)
{
    for_each_root_pointer(take_root);
    if (strcmp(name, "acpi-xsdt-hole") == 0)
        set_root(0, 0xfee00000);
    else if (strcmp(name, "acpi-xsdt-broken") == 0)
        break_xsdt(false);
    else if (strcmp(name, "acpi-rsdt") == 0)
        break_xsdt(true);
    else if (strcmp(name, "acpi-reserved") == 0)
        move_tables(EfiReservedMemoryType);
    else if (strcmp(name, "acpi-boot-services") == 0)
        move_tables(EfiBootServicesData);
    else if (strcmp(name, "acpi-madt-broken") == 0)
        change_table("APIC", MADT_ENTRY_LENGTH, 0, 1, 0);
    else if (strcmp(name, "acpi-madt-checksum") == 0)
        change_table("APIC", MADT_ENTRY, 0, 1, 0xff);
    else if (strcmp(name, "acpi-madt-disabled") == 0)
        change_table("APIC", MADT_ENTRY_FLAGS, 0, 1, 0);
    else if (strcmp(name, "acpi-waet-checksum") == 0)
        change_table("WAET", TABLE_BYTES, 0, 1, 0xff);
    else
        return set_root_hook(name) || set_controller_hook(name);
    return true;
}
