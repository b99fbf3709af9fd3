/*
 * A test loader: changes the firmware in one way that its first option word names, then starts the
 * BOOTX64.EFI that it carries with the remaining words as load options. So the file under test is
 * the very file that users get.
 *
 *   exit-refused-N     a page is taken between the first N memory maps and ExitBootServices, which
 *                      makes it refuse; every other service then ends the machine
 *   exit-refused-ever  the same, always
 *   map-refused        GetMemoryMap fails once ExitBootServices was tried
 *   map-failing        GetMemoryMap fails at the first try to leave: the loader returns
 *   map-reversed       the memory map in descending order
 *   map-overlap        the map ends with a reserved entry over a part of its largest free one
 *   map-stride-56      descriptors 56 bytes apart
 *   map-300            the largest free entry cut into pieces, so that there are over 300
 *   low-none           nothing is to be had below 1 MiB
 *   gop-pitch          a pitch that is smaller than the width
 *   gop-size           a framebuffer that ends before its last line
 *   gop-none           no graphics output protocol
 *   gop-pathless       graphics output protocols on handles without a device path
 *   acpi-moved         the ACPI root table in boot services' memory
 *   rsdp-none          no ACPI tables in the configuration table
 *   rsdp-checksum      both root pointers with a wrong checksum
 *   rsdp-2-checksum    only the ACPI 2.0 one with a wrong checksum
 *   acpi-xsdt-hole     the XSDT where there is no memory, and no RSDT
 *   acpi-xsdt-broken   the XSDT with a wrong checksum, and no RSDT
 *   acpi-rsdt          the XSDT with a wrong checksum, and an RSDT
 *   acpi-reserved      the tables in reserved memory
 *   acpi-boot-services the tables in memory that is free once the firmware is left
 *   acpi-madt-broken   an entry of the MADT with length 0
 *   acpi-madt-checksum the MADT with a wrong checksum
 *   acpi-madt-disabled no CPU enabled in the MADT
 *   acpi-waet-checksum a table that nobody needs with a wrong checksum
 *   clock-hpet-still   the HPET where there is memory that says it is one
 *   clock-hpet-zero    the HPET where there is memory full of zeros
 *   clock-hpet-long    the same, with a period of 100.000001 ns
 *   clock-pm-still     no HPET, and the PM timer where there is memory
 *   clock-pm-fast      no HPET, and the PM timer where the HPET's counter is
 *   clock-none         neither HPET nor PM timer
 *   clock-all-still    both where there is memory
 *
 * Started without load options, as from a stick, it hands on load options that are rubbish. When
 * the file under test returns, it says so, and whether every page was given back.
 */
#include <efi.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/string.h"

extern const uint8_t image[], image_end[];

static EFI_SYSTEM_TABLE *system;
static EFI_BOOT_SERVICES *boot;
static EFI_GET_MEMORY_MAP real_get_memory_map;
static EFI_EXIT_BOOT_SERVICES real_exit_boot_services;
static EFI_LOCATE_HANDLE_BUFFER real_locate_handle_buffer;
static EFI_HANDLE_PROTOCOL real_handle_protocol;

static unsigned refusals_left;
static bool exit_was_tried;

/* ---- leaving boot services ---- */

static void hang_for_ever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

static EFI_ALLOCATE_PAGES real_allocate_pages;

/* A failed ExitBootServices is half a shutdown: a loader that calls any of these now hangs, visibly.
 * What firmware's own handlers may still need stays. */
static void poison_services(void)
{
    static void (*const hang)(void) = hang_for_ever;
    void *const services[] = {&boot->AllocatePages,      &boot->AllocatePool,
                              &boot->FreePages,          &boot->HandleProtocol,
                              &boot->LocateHandleBuffer, &system->ConOut->OutputString};

    for (unsigned i = 0; i < ARRAY_COUNT(services); i++)
        memcpy(services[i], &hang, sizeof(hang));
}

static EFI_STATUS EFIAPI refuse_exit(EFI_HANDLE handle, UINTN key)
{
    EFI_PHYSICAL_ADDRESS page;

    exit_was_tried = true;
    if (refusals_left == 0)
        return real_exit_boot_services(handle, key);
    refusals_left--;
    real_allocate_pages(AllocateAnyPages, EfiBootServicesData, 1, &page);
    key = real_exit_boot_services(handle, key);
    poison_services();
    return key;
}

static void hook_exit(unsigned refusals)
{
    refusals_left = refusals;
    boot->ExitBootServices = refuse_exit;
}

static EFI_STATUS EFIAPI refuse_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                    UINTN *stride, UINT32 *version)
{
    return exit_was_tried ? EFI_DEVICE_ERROR : real_get_memory_map(size, map, key, stride, version);
}

static void hook_map_refused(void)
{
    hook_exit(1);
    boot->GetMemoryMap = refuse_map;
}

/* The first call asks for the size, the second is the one before ExitBootServices. */
static EFI_STATUS EFIAPI fail_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                  UINTN *stride, UINT32 *version)
{
    return map ? EFI_DEVICE_ERROR : real_get_memory_map(size, map, key, stride, version);
}

/* ---- memory below 1 MiB ---- */

static EFI_STATUS EFIAPI refuse_low_pages(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory_type,
                                          UINTN pages, EFI_PHYSICAL_ADDRESS *at)
{
    if (type == AllocateMaxAddress && *at < 0x100000)
        return EFI_OUT_OF_RESOURCES;
    return real_allocate_pages(type, memory_type, pages, at);
}

/* ---- memory maps ---- */

static EFI_MEMORY_DESCRIPTOR *entry_at(EFI_MEMORY_DESCRIPTOR *map, UINTN stride, UINTN index)
{
    return (EFI_MEMORY_DESCRIPTOR *)((uint8_t *)map + stride * index);
}

static EFI_MEMORY_DESCRIPTOR *largest_free(EFI_MEMORY_DESCRIPTOR *map, UINTN stride, UINTN count)
{
    EFI_MEMORY_DESCRIPTOR *best = map;

    for (UINTN i = 0; i < count; i++) {
        EFI_MEMORY_DESCRIPTOR *entry = entry_at(map, stride, i);

        if (entry->Type == EfiConventionalMemory &&
            (best->Type != EfiConventionalMemory || entry->NumberOfPages > best->NumberOfPages))
            best = entry;
    }
    return best;
}

static EFI_STATUS EFIAPI reverse_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                     UINTN *stride, UINT32 *version)
{
    EFI_STATUS status = real_get_memory_map(size, map, key, stride, version);
    uint8_t swap[64];

    for (UINTN low = 0, high = *size / *stride - 1; !EFI_ERROR(status) && low < high;
         low++, high--) {
        memcpy(swap, entry_at(map, *stride, low), *stride);
        memcpy(entry_at(map, *stride, low), entry_at(map, *stride, high), *stride);
        memcpy(entry_at(map, *stride, high), swap, *stride);
    }
    return status;
}

static EFI_STATUS EFIAPI overlap_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                     UINTN *stride, UINT32 *version)
{
    UINTN room = *size;
    EFI_STATUS status = real_get_memory_map(size, map, key, stride, version);
    EFI_MEMORY_DESCRIPTOR *largest, *added;

    if (EFI_ERROR(status) || *size + *stride > room)
        return status;
    largest = largest_free(map, *stride, *size / *stride);
    added = entry_at(map, *stride, *size / *stride);
    memcpy(added, largest, *stride);
    added->Type = EfiReservedMemoryType;
    added->PhysicalStart += EFI_PAGE_SIZE * 16;
    added->NumberOfPages = 16;
    *size += *stride;
    return status;
}

static EFI_STATUS EFIAPI widen_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                   UINTN *stride, UINT32 *version)
{
    UINTN room = *size, count, old;
    EFI_STATUS status = real_get_memory_map(size, map, key, stride, version);

    old = *stride;
    *stride = 56;
    if (EFI_ERROR(status) || (count = *size / old) * 56 > room)
        return status;
    while (count-- > 0)
        memmove(entry_at(map, 56, count), entry_at(map, old, count), old);
    *size = *size / old * 56;
    return status;
}

/* Pieces of one page and their gaps: neighbours differ in an attribute, so that nobody may merge
 * them beforehand. */
static EFI_STATUS EFIAPI split_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                   UINTN *stride, UINT32 *version)
{
    UINTN room = *size;
    EFI_STATUS status = real_get_memory_map(size, map, key, stride, version);
    EFI_MEMORY_DESCRIPTOR *largest, piece;

    if (status == EFI_BUFFER_TOO_SMALL)
        *size += 300 * *stride;
    if (EFI_ERROR(status) || *size + 300 * *stride > room)
        return status;
    largest = largest_free(map, *stride, *size / *stride);
    for (unsigned i = 0; i < 300; i++) {
        piece = *largest;
        piece.NumberOfPages = 1;
        piece.Attribute ^= i % 2 ? 0 : EFI_MEMORY_WP;
        largest->PhysicalStart += EFI_PAGE_SIZE;
        largest->NumberOfPages--;
        *entry_at(map, *stride, *size / *stride) = piece;
        *size += *stride;
    }
    return status;
}

/* ---- graphics ---- */

/* The console's own and the card's: they share a framebuffer. */
static void for_each_gop(void (*change)(EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode))
{
    static EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
    EFI_HANDLE *handles;
    UINTN count = 0;

    boot->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles);
    for (UINTN i = 0; i < count; i++)
        if (!EFI_ERROR(boot->HandleProtocol(handles[i], &guid, (void **)&gop)))
            change(gop->Mode);
}

static void shrink_pitch(EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode)
{
    mode->Info->PixelsPerScanLine = 100;
}

static void shrink_framebuffer(EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode)
{
    mode->FrameBufferSize = 4096;
}

static EFI_STATUS EFIAPI hide_gop(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, void *key,
                                  UINTN *count, EFI_HANDLE **handles)
{
    static const EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

    if (guid && memcmp(guid, &gop_guid, sizeof(gop_guid)) == 0)
        return EFI_NOT_FOUND;
    return real_locate_handle_buffer(type, guid, key, count, handles);
}

static EFI_STATUS EFIAPI hide_path(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
    static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

    if (memcmp(guid, &path_guid, sizeof(path_guid)) == 0)
        return EFI_UNSUPPORTED;
    return real_handle_protocol(handle, guid, interface);
}

/* ---- ACPI ---- */

static void for_each_root_pointer(void (*change)(EFI_CONFIGURATION_TABLE *table))
{
    static const EFI_GUID guids[] = {ACPI_20_TABLE_GUID, ACPI_TABLE_GUID};

    for (UINTN i = 0; i < system->NumberOfTableEntries; i++)
        for (unsigned g = 0; g < ARRAY_COUNT(guids); g++)
            if (memcmp(&system->ConfigurationTable[i].VendorGuid, &guids[g], sizeof(guids[g])) == 0)
                change(&system->ConfigurationTable[i]);
}

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

/* Offsets of ACPI 6.5, 5.2.5.3, 5.2.6 and 5.2.12. */
enum {
    ROOT_CHECKSUM = 8,
    ROOT_RSDT = 16,
    ROOT_XSDT = 24,
    ROOT_CHECKSUM_ALL = 32,
    ROOT_BYTES = 36,
    TABLE_LENGTH = 4,
    TABLE_CHECKSUM = 9,
    TABLE_BYTES = 36,
    MADT_ENTRY = 44,
    MADT_ENTRY_LENGTH = 45,
    MADT_ENTRY_FLAGS = 48
};

static uint8_t root[ROOT_BYTES];

static void take_root(EFI_CONFIGURATION_TABLE *table)
{
    static const EFI_GUID acpi_20 = ACPI_20_TABLE_GUID;

    if (memcmp(&table->VendorGuid, &acpi_20, sizeof(acpi_20)) != 0)
        return;
    memcpy(root, table->VendorTable, ROOT_BYTES);
    table->VendorTable = root;
}

static void correct(uint8_t *bytes, unsigned checksum, unsigned size)
{
    bytes[checksum] = 0;
    for (unsigned i = 0; i < size; i++)
        bytes[checksum] = (uint8_t)(bytes[checksum] - (i == checksum ? 0 : bytes[i]));
}

static void set_root(uint64_t rsdt, uint64_t xsdt)
{
    memcpy(root + ROOT_RSDT, &rsdt, sizeof(uint32_t));
    memcpy(root + ROOT_XSDT, &xsdt, sizeof(uint64_t));
    correct(root, ROOT_CHECKSUM, 20);
    correct(root, ROOT_CHECKSUM_ALL, ROOT_BYTES);
}

static uint64_t read_address(const uint8_t *at, unsigned size)
{
    uint64_t address = 0;

    memcpy(&address, at, size);
    return address;
}

static uint32_t table_length(const uint8_t *table)
{
    return (uint32_t)read_address(table + TABLE_LENGTH, sizeof(uint32_t));
}

static uint8_t *xsdt(void) { return (uint8_t *)read_address(root + ROOT_XSDT, sizeof(uint64_t)); }

/* An RSDT of the tables in the XSDT. */
static uint64_t make_rsdt(void)
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

static void change_table(const char *signature, unsigned offset, uint64_t value, unsigned size,
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

static bool set_acpi_hook(const char *name)
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
        return false;
    return true;
}

/* ---- clocks ---- */

/* ACPI 6.5, 5.2.9; IA-PC HPET Specification 1.0a, 2.3 and 3.2.4. */
enum {
    TABLE_SIGNATURE = 0,
    HPET_BASE = 44,
    FADT_PM_TIMER = 76,
    FADT_X_PM_TIMER = 208,
    FADT_X_PM_TIMER_ADDRESS = 212,
    GAS_MEMORY_32_BITS = 32 << 8,
    HPET_AT = 0xfed00000,
    HPET_PERIOD = 4,
    HPET_ENABLE = 0x10,
    HPET_COUNTER = 0xf0
};

/* A page in which the HPET's registers seem to be, its counter standing still. */
static uint64_t make_hpet(uint32_t period_fs)
{
    EFI_PHYSICAL_ADDRESS page;

    boot->AllocatePages(AllocateAnyPages, EfiReservedMemoryType, 1, &page);
    for (unsigned i = 0; i < EFI_PAGE_SIZE; i++)
        ((uint8_t *)page)[i] = 0;
    memcpy((uint8_t *)page + HPET_PERIOD, &period_fs, sizeof(period_fs));
    return page;
}

static void move_hpet(uint32_t period_fs)
{
    change_table("HPET", HPET_BASE, make_hpet(period_fs), sizeof(uint64_t), 0);
}

static void remove_hpet(void) { change_table("HPET", TABLE_SIGNATURE, 'X', 1, 0); }

/* To memory; 0: there is none. */
static void move_pm_timer(uint64_t address)
{
    change_table("FACP", FADT_PM_TIMER, 0, sizeof(uint32_t), 0);
    change_table("FACP", FADT_X_PM_TIMER, GAS_MEMORY_32_BITS, sizeof(uint32_t), 0);
    change_table("FACP", FADT_X_PM_TIMER_ADDRESS, address, sizeof(uint64_t), 0);
}

static bool set_clock_hook(const char *name)
{
    if (strcmp(name, "clock-hpet-still") == 0) {
        move_hpet(10000000);
    } else if (strcmp(name, "clock-hpet-zero") == 0) {
        move_hpet(0);
    } else if (strcmp(name, "clock-hpet-long") == 0) {
        move_hpet(100000001);
    } else if (strcmp(name, "clock-pm-still") == 0) {
        remove_hpet();
        move_pm_timer(make_hpet(0));
    } else if (strcmp(name, "clock-pm-fast") == 0) {
        remove_hpet();
        *(volatile uint32_t *)(uintptr_t)(HPET_AT + HPET_ENABLE) = 1;
        move_pm_timer(HPET_AT + HPET_COUNTER);
    } else if (strcmp(name, "clock-none") == 0) {
        remove_hpet();
        move_pm_timer(0);
    } else if (strcmp(name, "clock-all-still") == 0) {
        move_hpet(10000000);
        move_pm_timer(make_hpet(0));
    } else {
        return false;
    }
    return true;
}

/* ---- choosing and starting ---- */

static bool set_hook(const char *name)
{
    if (strncmp(name, "exit-refused-", 13) == 0)
        hook_exit(name[13] == 'e' ? UINT32_MAX : (unsigned)(name[13] - '0'));
    else if (strcmp(name, "map-refused") == 0)
        hook_map_refused();
    else if (strcmp(name, "map-failing") == 0)
        boot->GetMemoryMap = fail_map;
    else if (strcmp(name, "low-none") == 0)
        boot->AllocatePages = refuse_low_pages;
    else if (strcmp(name, "map-reversed") == 0)
        boot->GetMemoryMap = reverse_map;
    else if (strcmp(name, "map-overlap") == 0)
        boot->GetMemoryMap = overlap_map;
    else if (strcmp(name, "map-stride-56") == 0)
        boot->GetMemoryMap = widen_map;
    else if (strcmp(name, "map-300") == 0)
        boot->GetMemoryMap = split_map;
    else if (strcmp(name, "gop-pitch") == 0)
        for_each_gop(shrink_pitch);
    else if (strcmp(name, "gop-size") == 0)
        for_each_gop(shrink_framebuffer);
    else if (strcmp(name, "gop-none") == 0)
        boot->LocateHandleBuffer = hide_gop;
    else if (strcmp(name, "gop-pathless") == 0)
        boot->HandleProtocol = hide_path;
    else if (strcmp(name, "acpi-moved") == 0)
        for_each_root_pointer(move_root_table);
    else if (strcmp(name, "rsdp-none") == 0)
        for_each_root_pointer(rename_table);
    else if (strcmp(name, "rsdp-checksum") == 0)
        for_each_root_pointer(break_checksum);
    else if (strcmp(name, "rsdp-2-checksum") == 0)
        for_each_root_pointer(break_checksum_20);
    else
        return set_acpi_hook(name) || set_clock_hook(name);
    return true;
}

/* The load options are UCS-2: their first word goes to `word`, and the rest is returned. */
static CHAR16 *take_first_word(CHAR16 *options, char *word, size_t size)
{
    size_t length = 0;

    while (*options != 0 && *options != ' ' && length + 1 < size)
        word[length++] = (char)*options++;
    word[length] = '\0';
    return *options == ' ' ? options + 1 : options;
}

static void say(const CHAR16 *text)
{
    static CHAR16 line[80];
    unsigned length = 0;

    while (text[length] != 0 && length < ARRAY_COUNT(line) - 1) {
        line[length] = text[length];
        length++;
    }
    line[length] = 0;
    system->ConOut->OutputString(system->ConOut, line);
}

/* Free pages by firmware's own account. */
static UINT64 free_pages(void)
{
    static uint8_t map[64 * 1024];
    UINTN size = sizeof(map), key, stride;
    UINT32 version;
    UINT64 pages = 0;

    if (EFI_ERROR(
            real_get_memory_map(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version)))
        return 0;
    for (UINTN i = 0; i < size / stride; i++) {
        EFI_MEMORY_DESCRIPTOR *entry = entry_at((EFI_MEMORY_DESCRIPTOR *)map, stride, i);

        pages += entry->Type == EfiConventionalMemory ? entry->NumberOfPages : 0;
    }
    return pages;
}

EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system_table);
EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system_table)
{
    static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
    static CHAR16 rubbish[] = {0x1234, 0xfffe, 0x0001, 0x8000, 'e', 'x', 'i', 't', 0x7f};
    EFI_LOADED_IMAGE *self, *child;
    UINT64 pages;
    EFI_HANDLE child_handle;
    char word[32] = "";
    CHAR16 *rest;
    EFI_STATUS status;

    system = system_table;
    boot = system->BootServices;
    real_get_memory_map = boot->GetMemoryMap;
    real_allocate_pages = boot->AllocatePages;
    real_exit_boot_services = boot->ExitBootServices;
    real_locate_handle_buffer = boot->LocateHandleBuffer;
    real_handle_protocol = boot->HandleProtocol;
    boot->HandleProtocol(self_handle, &loaded_image_guid, (void **)&self);
    rest = self->LoadOptions;
    if (self->LoadOptionsSize > 0)
        rest = take_first_word(self->LoadOptions, word, sizeof(word));
    if (self->LoadOptionsSize == 0) {
        self->LoadOptions = rest = rubbish;
        self->LoadOptionsSize = sizeof(rubbish);
    }
    status = boot->LoadImage(FALSE, self_handle, NULL, (void *)(uintptr_t)image,
                             (UINTN)(image_end - image), &child_handle);
    if (EFI_ERROR(status))
        return status;
    boot->HandleProtocol(child_handle, &loaded_image_guid, (void **)&child);
    child->DeviceHandle = self->DeviceHandle;
    child->LoadOptions = rest;
    child->LoadOptionsSize =
        self->LoadOptionsSize - (UINT32)((uint8_t *)rest - (uint8_t *)self->LoadOptions);
    if (word[0] != '\0' && !set_hook(word)) {
        say(L"hooks: the first load option names no hook\r\n");
        return EFI_INVALID_PARAMETER;
    }
    pages = free_pages();
    status = boot->StartImage(child_handle, NULL, NULL);
    boot->GetMemoryMap = real_get_memory_map;
    say(EFI_ERROR(status) ? L"hooks: the loader returned an error\r\n" : L"hooks: it returned\r\n");
    say(free_pages() >= pages ? L"hooks: no page is lost\r\n" : L"hooks: PAGES ARE LOST\r\n");
    return status;
}
