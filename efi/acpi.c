/* The ACPI root pointer from the configuration table: the 2.0 one first, then the 1.0 one
 * (UEFI 2.10, 4.6). */
#include "loader.h"

#include "lib/string.h"

#define RSDP_REVISION 15
#define RSDP_LENGTH   20

static const EFI_GUID acpi_20_guid = ACPI_20_TABLE_GUID;
static const EFI_GUID acpi_10_guid = ACPI_TABLE_GUID;

const void *loader_find_table(const EFI_SYSTEM_TABLE *system, const EFI_GUID *guid)
{
    for (UINTN i = 0; i < system->NumberOfTableEntries; i++)
        if (memcmp(&system->ConfigurationTable[i].VendorGuid, guid, sizeof(*guid)) == 0)
            return system->ConfigurationTable[i].VendorTable;
    return NULL;
}

/* Revision 0 is 20 bytes long and may end at a page that cannot be read; from 2 on it says its own
 * length, which is believed up to a page. */
static size_t readable_bytes(const uint8_t *bytes)
{
    uint32_t length;

    if (bytes[RSDP_REVISION] < 2)
        return RSDP_V1_BYTES;
    memcpy(&length, bytes + RSDP_LENGTH, sizeof(length));
    return length < RSDP_V2_BYTES ? RSDP_V2_BYTES : length < PAGE_SIZE ? length : PAGE_SIZE;
}

/* A root pointer that fails its check is named and left alone; true when this one can be used. */
static bool take_rsdp(struct loader *loader, const uint8_t *bytes, const char *guid_name,
                      uint32_t *found)
{
    size_t size = readable_bytes(bytes);
    struct rsdp rsdp;
    const char *problem = rsdp_read(&rsdp, bytes, size);

    if (problem) {
        loader_report(loader, LOG_WARN, "the %s root pointer at %lx is unusable: %s", guid_name,
                      (unsigned long)(uintptr_t)bytes, problem);
        *found = FIRMWARE_UNUSABLE;
        return false;
    }
    *found = FIRMWARE_USABLE;
    loader->info->rsdp = (uintptr_t)bytes;
    memcpy(loader->info->rsdp_bytes, bytes,
           bytes[RSDP_REVISION] >= 2 ? RSDP_V2_BYTES : RSDP_V1_BYTES);
    loader_report(loader, LOG_INFO, "root pointer at %lx, revision %u",
                  (unsigned long)(uintptr_t)bytes, rsdp.revision);
    return true;
}

EFI_STATUS loader_find_acpi(struct loader *loader)
{
    const uint8_t *acpi_20 = loader_find_table(loader->system, &acpi_20_guid);
    const uint8_t *acpi_10 = loader_find_table(loader->system, &acpi_10_guid);
    struct firmware_handoff *firmware = &loader->info->firmware;

    if (acpi_20 && take_rsdp(loader, acpi_20, "ACPI 2.0", &firmware->rsdp_2))
        return EFI_SUCCESS;
    if (acpi_10 && take_rsdp(loader, acpi_10, "ACPI 1.0", &firmware->rsdp_1))
        return EFI_SUCCESS;
    if (!acpi_20 && !acpi_10)
        loader_report(loader, LOG_WARN, "the firmware names no ACPI root pointer");
    loader_report(loader, LOG_WARN, "no ACPI tables: going on with one CPU");
    return EFI_SUCCESS;
}
