/*
 * Variable services that fail in each way, after the firmware was left as well: their code lies in a page of runtime
 * services code. Also memory attributes tables that are none, and a variable store that is full.
 */
#include "hooks.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define ERROR_BIT        ((UINTN)1 << 63)
#define PLENTY           100000
#define SMALL_VARIABLE   1256 /* the kernel writes parts of 1000 bytes */
#define FILLING_BYTES    3000
#define FREE_WHEN_FULL   6000
#define MEMORY_READ_ONLY 0x20000 /* EFI_MEMORY_RO */

/* Offsets in the memory attributes table (UEFI 2.10, 4.6.4). */
#define TABLE_COUNT   4
#define TABLE_STRIDE  8
#define TABLE_ENTRIES 16

extern uint8_t variable_code[], variable_code_end[];
extern uint8_t set_answer[], set_hang[], set_masked[], set_fault[], set_jump[], set_stack[],
    set_second[], query_answer[], query_numbers[];
extern uint8_t variable_status[], variable_real[], variable_free[], variable_largest[];

static uint8_t *page; /* the copy of the code */

static uint8_t *in_page(const uint8_t *in_code) { return page + (in_code - variable_code); }

static void put(const uint8_t *number, uint64_t value)
{
    memcpy(in_page(number), &value, sizeof(value));
}

static EFI_CONFIGURATION_TABLE *memory_attributes(void)
{
    static const EFI_GUID guid = {
        0xdcfa911d, 0x26eb, 0x469f, {0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20}};

    for (UINTN i = 0; i < system->NumberOfTableEntries; i++)
        if (memcmp(&system->ConfigurationTable[i].VendorGuid, &guid, sizeof(guid)) == 0)
            return &system->ConfigurationTable[i];
    hang_for_ever(); /* a firmware without one */
    return NULL;
}

/* The firmware takes code that it did not load itself for data. */
static void make_executable(EFI_PHYSICAL_ADDRESS at)
{
    uint8_t *table = memory_attributes()->VendorTable;
    uint32_t count, stride;

    memcpy(&count, table + TABLE_COUNT, sizeof(count));
    memcpy(&stride, table + TABLE_STRIDE, sizeof(stride));
    for (uint32_t i = 0; i < count; i++) {
        EFI_MEMORY_DESCRIPTOR *entry = (void *)(table + TABLE_ENTRIES + i * stride);

        if (at - entry->PhysicalStart < entry->NumberOfPages * EFI_PAGE_SIZE)
            entry->Attribute = (entry->Attribute & ~EFI_MEMORY_XP) | MEMORY_READ_ONLY;
    }
}

static void make_page(void)
{
    EFI_PHYSICAL_ADDRESS at;

    if (page)
        return;
    boot->AllocatePages(AllocateAnyPages, EfiRuntimeServicesCode, 1, &at);
    page = (uint8_t *)(uintptr_t)at;
    memcpy(page, variable_code, (size_t)(variable_code_end - variable_code));
    make_executable(at);
}

static void hook_set(const uint8_t *code, uint64_t status)
{
    EFI_SET_VARIABLE hook;

    make_page();
    put(variable_status, status ? ERROR_BIT | status : 0);
    put(variable_real, (uintptr_t)system->RuntimeServices->SetVariable);
    code = in_page(code);
    memcpy(&hook, &code, sizeof(hook));
    system->RuntimeServices->SetVariable = hook;
}

static void hook_query(const uint8_t *code, uint64_t status, uint64_t free, uint64_t largest)
{
    EFI_QUERY_VARIABLE_INFO hook;

    make_page();
    put(variable_status, ERROR_BIT | status);
    put(variable_free, free);
    put(variable_largest, largest);
    code = in_page(code);
    memcpy(&hook, &code, sizeof(hook));
    system->RuntimeServices->QueryVariableInfo = hook;
}

static unsigned number_in(const char *digits)
{
    unsigned number = 0;

    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (unsigned)(*digits - '0');
    return number;
}

/* With variables of somebody else's, until hardly more is free than must stay so. */
static void fill_store(void)
{
    static EFI_GUID guid = {0x11111111, 0x2222, 0x3333, {4, 4, 4, 4, 4, 4, 4, 4}};
    static uint8_t filling[FILLING_BYTES];
    const UINT32 attributes =
        EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
    CHAR16 name[] = {'F', 'i', 'l', 'l', 'A', 'A', 0};
    UINT64 total, free = 0, largest;

    for (unsigned i = 0; i < 26 * 26; i++) {
        system->RuntimeServices->QueryVariableInfo(attributes, &total, &free, &largest);
        if (free < FREE_WHEN_FULL + FILLING_BYTES)
            return;
        name[4] = (CHAR16)('A' + i / 26);
        name[5] = (CHAR16)('A' + i % 26);
        system->RuntimeServices->SetVariable(name, &guid, attributes, sizeof(filling), filling);
    }
    hang_for_ever();
}

/* Two entries change places. */
static void disorder_attributes(void)
{
    uint8_t *table = memory_attributes()->VendorTable, swap[48];

    memcpy(swap, table + TABLE_ENTRIES, sizeof(swap));
    memcpy(table + TABLE_ENTRIES, table + TABLE_ENTRIES + sizeof(swap), sizeof(swap));
    memcpy(table + TABLE_ENTRIES + sizeof(swap), swap, sizeof(swap));
}

static bool set_service_hook(const char *name)
{
    if (strncmp(name, "store-set-", 10) == 0 && number_in(name + 10) > 0)
        hook_set(set_answer, number_in(name + 10));
    else if (strncmp(name, "store-query-", 12) == 0)
        hook_query(query_answer, number_in(name + 12), 0, 0);
    else if (strncmp(name, "store-left-", 11) == 0)
        hook_query(query_numbers, 0, number_in(name + 11), PLENTY);
    else if (strncmp(name, "store-largest-", 14) == 0)
        hook_query(query_numbers, 0, PLENTY, number_in(name + 14));
    else if (strcmp(name, "store-hang") == 0)
        hook_set(set_hang, 0);
    else if (strcmp(name, "store-masked") == 0)
        hook_set(set_masked, 0);
    else if (strcmp(name, "store-fault") == 0)
        hook_set(set_fault, 0);
    else if (strcmp(name, "store-jump") == 0)
        hook_set(set_jump, 0);
    else if (strcmp(name, "store-stack") == 0)
        hook_set(set_stack, 0);
    else
        return false;
    return true;
}

bool set_variable_hook(const char *name)
{
    if (set_service_hook(name))
        return true;
    if (strcmp(name, "store-second") == 0) {
        hook_query(query_numbers, 0, PLENTY, SMALL_VARIABLE);
        hook_set(set_second, 9);
    } else if (strcmp(name, "store-filled") == 0) {
        fill_store();
    } else if (strcmp(name, "store-none") == 0) {
        system->RuntimeServices->Hdr.Signature ^= 1;
    } else if (strcmp(name, "store-wild") == 0) {
        system->Hdr.Signature ^= 1;
    } else if (strcmp(name, "attributes-none") == 0) {
        memory_attributes()->VendorGuid.Data1 ^= 1;
    } else if (strcmp(name, "attributes-disorder") == 0) {
        disorder_attributes();
    } else if (strcmp(name, "attributes-version") == 0) {
        *(uint32_t *)memory_attributes()->VendorTable = 3;
    } else {
        return false;
    }
    return true;
}
