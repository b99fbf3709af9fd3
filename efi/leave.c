/*
 * Leaving the firmware. ExitBootServices refuses a map that has changed since it was read, and
 * firmware's own drivers change it: ask again, many times, and call nothing else in between
 * (UEFI 2.10, 7.4.6).
 */
#include "loader.h"

#include "lib/format.h"

/* As many as Limine makes; one retry was not enough on real machines. */
#define EXIT_TRIES_MAX 128

/* EFI_MEMORY_ATTRIBUTES_TABLE_GUID (UEFI 2.10, 4.6.4). */
const EFI_GUID memory_attributes_guid = {
    0xdcfa911d, 0x26eb, 0x469f, {0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20}};

static EFI_STATUS read_memory_map(struct loader *loader, UINTN *key)
{
    struct boot_memory_map *map = &loader->info->memory_map;
    UINTN size = loader->map_capacity, stride = 0;
    EFI_STATUS status = loader->boot->GetMemoryMap(
        &size, (EFI_MEMORY_DESCRIPTOR *)(uintptr_t)map->address, key, &stride, &map->version);

    map->size_bytes = size;
    map->stride_bytes = stride;
    return status;
}

NORETURN static void halt_half_way(const struct boot_info *info, const char *call,
                                   EFI_STATUS status)
{
    char text[200];

    format(text, sizeof(text),
           "Faultline cannot start: %s failed after %u tries: %s (EFI status %lx).\n"
           "The firmware is half shut down and cannot be returned to. Switch the machine off.",
           call, info->memory_map.exit_tries, efi_status_text(status), (unsigned long)status);
    late_halt(info, text);
}

static EFI_STATUS leave_boot_services(struct loader *loader)
{
    struct boot_info *info = loader->info;
    UINTN key;
    EFI_STATUS status = read_memory_map(loader, &key);

    if (EFI_ERROR(status))
        return status; /* nothing was shut down yet: the caller can still return to the firmware */
    for (info->memory_map.exit_tries = 1;; info->memory_map.exit_tries++) {
        status = loader->boot->ExitBootServices(loader->image, key);
        if (!EFI_ERROR(status))
            return EFI_SUCCESS;
        __asm__ volatile("cli");
        if (info->memory_map.exit_tries == EXIT_TRIES_MAX)
            halt_half_way(info, "ExitBootServices", status);
        status = read_memory_map(loader, &key);
        if (EFI_ERROR(status))
            halt_half_way(info, "GetMemoryMap", status);
    }
}

EFI_STATUS loader_leave_firmware(struct loader *loader)
{
    struct boot_info *info = loader->info;
    const char *problem;
    uint32_t low, high;
    EFI_STATUS status;

    loader_report(loader, LOG_INFO, "leaving the firmware");
    status = leave_boot_services(loader);
    if (EFI_ERROR(status))
        return status;
    __asm__ volatile("cli");
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    info->tsc[BOOT_STEP_EXIT] = (uint64_t)high << 32 | low;
    /* Now, and not before: the firmware may make a new one up to its last moment. */
    info->memory_attributes = (uintptr_t)loader_find_table(loader->system, &memory_attributes_guid);
    problem = boot_info_check(info);
    if (problem)
        late_halt(info, problem);
    loader_reach(loader, CHECKPOINT_EXIT);
    enable_no_execute(); /* again: what ExitBootServices runs may have changed it */
    jump_to_kernel(loader->root, loader->kernel.entry, info);
}
