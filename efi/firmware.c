/*
 * What only an application that the firmware started can see of it: noted for the kernel's audit, and judged here when it
 * is to be written to the volume at once. The kernel itself has no file system.
 */
#include "lib/firmware_audit.h"

#include "lib/format.h"
#include "lib/runtime_map.h"
#include "lib/string.h"
#include "loader.h"
#include "version.h"

#define MSR_EFER        0xc0000080
#define AUDIT_BYTES_MAX 4096

static void note_registers(struct firmware_handoff *firmware)
{
    uint32_t low, high;

    __asm__ volatile("mov %%cr0, %0" : "=r"(firmware->cr0));
    __asm__ volatile("mov %%cr4, %0" : "=r"(firmware->cr4));
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
    firmware->efer = (uint64_t)high << 32 | low;
}

/* The checksum is over the whole header's size, its own field taken as 0 (UEFI 2.10, 4.2). */
static bool has_bad_checksum(struct loader *loader, const EFI_TABLE_HEADER *header)
{
    UINT8 copy[512];
    UINT32 sum = 0;

    if (header->HeaderSize < sizeof(*header) || header->HeaderSize > sizeof(copy))
        return true;
    memcpy(copy, header, header->HeaderSize);
    memset(copy + offsetof(EFI_TABLE_HEADER, CRC32), 0, sizeof(header->CRC32));
    return EFI_ERROR(loader->boot->CalculateCrc32(copy, header->HeaderSize, &sum)) ||
           sum != header->CRC32;
}

static void note_attributes(struct loader *loader)
{
    struct firmware_handoff *firmware = &loader->info->firmware;
    const uint8_t *table = loader_find_table(loader->system, &memory_attributes_guid);

    if (!table)
        return;
    firmware->attributes = runtime_table_bytes(table) ? FIRMWARE_USABLE : FIRMWARE_UNUSABLE;
    firmware->open_runtime_code = runtime_table_count_open(table);
}

void loader_look_at_firmware(struct loader *loader)
{
    struct firmware_handoff *firmware = &loader->info->firmware;
    EFI_STATUS status;

    note_registers(firmware);
    /* it would reset a slow machine after five minutes */
    status = loader->boot->SetWatchdogTimer(0, 0, 0, NULL);
    firmware->watchdog_error = (uint32_t)(status & ~EFI_ERROR_MASK);
    firmware->bad_checksums = has_bad_checksum(loader, &loader->system->Hdr) +
                              has_bad_checksum(loader, &loader->system->RuntimeServices->Hdr);
    note_attributes(loader);
}

static size_t write_title(const struct loader *loader, char *text, size_t size)
{
    char vendor[64];
    size_t length = 0;

    for (const CHAR16 *from = loader->system->FirmwareVendor;
         from && *from && length < sizeof(vendor) - 1; from++)
        vendor[length++] = *from >= ' ' && *from <= '~' ? (char)*from : '?';
    vendor[length] = '\0';
    return format(text, size, "Faultline %s, firmware of %s, revision %x, UEFI %u.%u\n",
                  FAULTLINE_VERSION, vendor, loader->system->FirmwareRevision,
                  loader->system->Hdr.Revision >> 16, (loader->system->Hdr.Revision & 0xffff) / 10);
}

static const char *write_audit(struct loader *loader, struct slice text)
{
    static const CHAR16 path[] = L"\\faultline\\audit.txt";
    EFI_STATUS status = loader_make_folder(loader);

    if (EFI_ERROR(status))
        return efi_status_text(status);
    loader_delete_file(loader, path);
    status = loader_write_file(loader, path, text);
    return EFI_ERROR(status) ? efi_status_text(status) : NULL;
}

void loader_write_audit(struct loader *loader)
{
    static const struct diagnostics silent = {.warn = NULL}; /* the kernel warns of them */
    static struct options options;
    const struct boot_info *info = loader->info;
    struct firmware_facts facts = {{0}};
    char text[AUDIT_BYTES_MAX];
    const char *problem;
    size_t length;

    options_set_defaults(&options);
    options_parse(&options, info->options, info->options_bytes, &silent);
    if (!(options.audit & AUDIT_FILE))
        return;
    loader_begin_step(loader, "audit");
    firmware_add_handoff(&facts, &info->firmware);
    length = write_title(loader, text, sizeof(text));
    length += firmware_text(text + length, sizeof(text) - length, &firmware_loader_checks, &facts);
    problem = write_audit(loader, (struct slice){text, length});
    if (problem)
        loader_report(loader, LOG_WARN, "\\faultline\\audit.txt cannot be written: %s", problem);
    else
        loader_report(loader, LOG_INFO, "%lu bytes written to \\faultline\\audit.txt",
                      (unsigned long)length);
}
