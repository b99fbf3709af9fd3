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
 *   map-odd            entries at the end that are empty, not aligned, of no known type, not to be cached
 *   map-300            the largest free entry cut into pieces, so that there are over 300
 *   low-none           nothing is to be had below 1 MiB
 *   gop-pitch          a pitch that is smaller than the width
 *   gop-size           a framebuffer that ends before its last line
 *   gop-in-memory      the framebuffer in boot services' memory
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
 *   acpi-self          the XSDT names itself in the place of the MADT
 *   acpi-null          the XSDT names address 0 in the place of the MADT
 *   acpi-unmapped      the XSDT names a place without memory instead of the MADT
 *   acpi-madt-none     no MADT
 *   acpi-fadt-none     no FADT
 *   acpi-madt-long     a MADT that is longer than the memory it lies in
 *   acpi-root-1        a root pointer of ACPI 1.0, and an RSDT
 *   acpi-hpet-0        the HPET at address 0
 *   acpi-lapic-absurd  the MADT says that the local APIC is at 12345000
 *   acpi-cpu-twice     the second CPU in the MADT has the first one's id
 *   acpi-cpu-absent    the second CPU in the MADT has an id that no CPU has
 *   acpi-cpus-absent   every place without a CPU in the MADT is said to have one
 *   acpi-cpus-later    the same, but that it may get one later (online capable)
 *   acpi-nmi-lint0     NMIs arrive at LINT0, active low
 *   acpi-pic-none      the MADT says that there is no PIC
 *   acpi-io-apic-ram   the I/O APIC where there is RAM
 *   acpi-io-apic-hole  the I/O APIC where there is nothing
 *   acpi-io-apic-odd   the I/O APIC four bytes from where it can be
 *   acpi-io-apic-open  the I/O APIC's input 20 not masked, and 21 for system management interrupts
 *   acpi-io-apic-last  the same, and the MADT gives it the last interrupts that there can be
 *   clock-hpet-still   the HPET where there is memory that says it is one
 *   clock-hpet-zero    the HPET where there is memory full of zeros
 *   clock-hpet-long    the same, with a period of 100.000001 ns
 *   clock-pm-still     no HPET, and the PM timer where there is memory
 *   clock-pm-fast      no HPET, and the PM timer where the HPET's counter is
 *   clock-none         neither HPET nor PM timer
 *   clock-all-still    both where there is memory
 *   clock-pm-other     the PM timer where the HPET's counter is, and the HPET
 *   paging-5-levels    paging of 5 levels
 *   firmware-all-wrong caches, write protection off, SYSCALL on, a watchdog that stays, tables that are wrong
 *   firmware-live      the local APIC's timer, x2APIC mode on and the MTRRs off once the firmware is left
 *   firmware-nx-off    NX switched off, where the CPU has that switch
 *   image-rights       the file under test with the rights of its sections and no more
 *   store-set-N        SetVariable answers with the error N, whatever it is asked
 *   store-second       it answers so for a record's second part, and variables must be small
 *   store-hang         it never returns
 *   store-masked       the same, and masks interrupts
 *   store-fault        it reads through a null pointer
 *   store-jump         it jumps to an address that cannot be one
 *   store-stack        it loses its stack
 *   store-query-N      QueryVariableInfo answers with the error N
 *   store-left-N       it says that N bytes are free
 *   store-largest-N    it says that a variable has N bytes at most
 *   store-filled       the variable store is full
 *   store-none         the table of runtime services is none
 *   store-wild         the system table is none
 *   attributes-none    no memory attributes table
 *   attributes-disorder one whose entries do not ascend
 *   attributes-version one of a version that is not known
 *   crash-record       a record of an earlier boot's report, of another build
 *   crash-altered      the same, its second part altered
 *   crash-cut          the second part cut short
 *   crash-missing      the second part gone
 *   crash-version      the first part of another version
 *   crash-rubbish      every part rubbish
 *   crash-three        three records
 *
 * Started without load options, as from a stick, it hands on load options that are rubbish. When
 * the file under test returns, it says so, and whether every page was given back.
 */
#include <efi.h>
#include <stdbool.h>
#include <stdint.h>

#include "hooks/hooks.h"
#include "lib/compiler.h"
#include "lib/string.h"

extern const uint8_t image[], image_end[];

EFI_SYSTEM_TABLE *system;
EFI_BOOT_SERVICES *boot;
EFI_LOADED_IMAGE *child;
static EFI_GET_MEMORY_MAP real_get_memory_map;
static EFI_EXIT_BOOT_SERVICES real_exit_boot_services;
static EFI_LOCATE_HANDLE_BUFFER real_locate_handle_buffer;
static EFI_HANDLE_PROTOCOL real_handle_protocol;

static unsigned refusals_left;
static bool exit_was_tried;

/* ---- leaving boot services ---- */

void hang_for_ever(void)
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

/* One page each, where nothing is. */
static EFI_STATUS EFIAPI add_odd_entries(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                         UINTN *stride, UINT32 *version)
{
    static const EFI_MEMORY_DESCRIPTOR odd[] = {
        {.Type = EfiConventionalMemory, .PhysicalStart = HOLE, .Attribute = EFI_MEMORY_WB},
        {.Type = EfiReservedMemoryType, .PhysicalStart = HOLE + 8, .NumberOfPages = 1},
        {.Type = 99, .PhysicalStart = HOLE + 0x10000, .NumberOfPages = 1},
        {.Type = EfiConventionalMemory, .PhysicalStart = HOLE + 0x20000, .NumberOfPages = 1},
    };
    UINTN room = *size;
    EFI_STATUS status = real_get_memory_map(size, map, key, stride, version);

    if (EFI_ERROR(status) || *size + ARRAY_COUNT(odd) * *stride > room)
        return status;
    for (UINTN i = 0; i < ARRAY_COUNT(odd); i++, *size += *stride)
        *entry_at(map, *stride, *size / *stride) = odd[i];
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

/* The same for all who share it. */
static void move_framebuffer(EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode)
{
    static EFI_PHYSICAL_ADDRESS at;

    if (at == 0)
        boot->AllocatePages(AllocateAnyPages, EfiBootServicesData,
                            EFI_SIZE_TO_PAGES(mode->FrameBufferSize), &at);
    mode->FrameBufferBase = at;
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
    else if (strcmp(name, "map-odd") == 0)
        boot->GetMemoryMap = add_odd_entries;
    else if (strcmp(name, "map-300") == 0)
        boot->GetMemoryMap = split_map;
    else if (strcmp(name, "gop-pitch") == 0)
        for_each_gop(shrink_pitch);
    else if (strcmp(name, "gop-size") == 0)
        for_each_gop(shrink_framebuffer);
    else if (strcmp(name, "gop-in-memory") == 0)
        for_each_gop(move_framebuffer);
    else if (strcmp(name, "gop-none") == 0)
        boot->LocateHandleBuffer = hide_gop;
    else if (strcmp(name, "gop-pathless") == 0)
        boot->HandleProtocol = hide_path;
    else
        return set_root_pointer_hook(name) || set_acpi_hook(name) || set_clock_hook(name) ||
               set_paging_hook(name) || set_rights_hook(name) || set_variable_hook(name) ||
               set_crash_hook(name) || set_firmware_hook(name);
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
    EFI_LOADED_IMAGE *self;
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
