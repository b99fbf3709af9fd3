/*
 * A test loader: changes the firmware in one way that its first option word names, then starts the
 * BOOTX64.EFI that it carries with the remaining words as load options. So the file under test is
 * the very file that users get.
 *
 *   exit-refused-N     a page is taken between the first N memory maps and ExitBootServices, which
 * makes it refuse exit-refused-ever  the same, always map-refused        GetMemoryMap fails once
 * ExitBootServices was tried map-reversed       the memory map in descending order map-overlap
 * every map ends with a reserved entry over the middle of its largest free one map-stride-56
 * descriptors 56 bytes apart map-300            the largest free entry cut into pieces, so that
 * there are over 300 gop-pitch          a pitch that is smaller than the width gop-size           a
 * framebuffer that ends before its last line gop-none           no graphics output protocol
 *   rsdp-none          no ACPI tables in the configuration table
 *   rsdp-checksum      both root pointers with a wrong checksum
 *
 * Started without load options, as from a stick, it hands on load options that are rubbish.
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

static unsigned refusals_left;
static bool exit_was_tried;

/* ---- leaving boot services ---- */

static EFI_STATUS EFIAPI refuse_exit(EFI_HANDLE handle, UINTN key)
{
    EFI_PHYSICAL_ADDRESS page;

    exit_was_tried = true;
    if (refusals_left > 0) {
        refusals_left--;
        boot->AllocatePages(AllocateAnyPages, EfiBootServicesData, 1, &page);
    }
    return real_exit_boot_services(handle, key);
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

/* Both entries may name one root pointer: a copy each, so that no change undoes another. */
static void break_checksum(EFI_CONFIGURATION_TABLE *table)
{
    static uint8_t copies[2][36];
    static unsigned used;

    memcpy(copies[used], table->VendorTable, 36);
    copies[used][8] ^= 0xff;
    table->VendorTable = copies[used++];
}

/* ---- choosing and starting ---- */

static bool set_hook(const char *name)
{
    if (strncmp(name, "exit-refused-", 13) == 0)
        hook_exit(name[13] == 'e' ? UINT32_MAX : (unsigned)(name[13] - '0'));
    else if (strcmp(name, "map-refused") == 0)
        hook_exit(1), boot->GetMemoryMap = refuse_map;
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
    else if (strcmp(name, "rsdp-none") == 0)
        for_each_root_pointer(rename_table);
    else if (strcmp(name, "rsdp-checksum") == 0)
        for_each_root_pointer(break_checksum);
    else
        return false;
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

EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system_table);
EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system_table)
{
    static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
    static CHAR16 rubbish[] = {0x1234, 0xfffe, 0x0001, 0x8000, 'e', 'x', 'i', 't', 0x7f};
    static CHAR16 bad_hook[] = L"hooks: the first load option names no hook\r\n";
    EFI_LOADED_IMAGE *self, *child;
    EFI_HANDLE child_handle;
    char word[32] = "";
    CHAR16 *rest;
    EFI_STATUS status;

    system = system_table;
    boot = system->BootServices;
    real_get_memory_map = boot->GetMemoryMap;
    real_exit_boot_services = boot->ExitBootServices;
    real_locate_handle_buffer = boot->LocateHandleBuffer;
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
        system->ConOut->OutputString(system->ConOut, bad_hook);
        return EFI_INVALID_PARAMETER;
    }
    return boot->StartImage(child_handle, NULL, NULL);
}
