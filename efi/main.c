/* The loader's steps as a list: the last one seen on the firmware's console is the clue when a
 * machine stands still. */
#include "loader.h"

#include "lib/format.h"
#include "version.h"

static const struct step {
    const char *name; /* NULL: its line is begun when there is something to say */
    EFI_STATUS (*run)(struct loader *loader);
    enum boot_step stamp;
    enum checkpoint reached;
} steps[] = {
    {"options", loader_find_options, BOOT_STEP_OPTIONS, CHECKPOINT_OPTIONS},
    {"screen", loader_find_screen, BOOT_STEP_SCREEN, CHECKPOINT_SCREEN},
    {"ACPI", loader_find_acpi, BOOT_STEP_ACPI, CHECKPOINT_ACPI},
    {"kernel", loader_load_kernel, BOOT_STEP_KERNEL, CHECKPOINT_KERNEL},
    {NULL, loader_look_for_crashes, BOOT_STEP_CRASH, CHECKPOINT_KERNEL},
    {NULL, loader_offer_menu, BOOT_STEP_CRASH, CHECKPOINT_KERNEL},
    {"programs", loader_load_programs, BOOT_STEP_PROGRAMS, CHECKPOINT_PROGRAMS},
    {"memory", loader_prepare_jump, BOOT_STEP_TABLES, CHECKPOINT_TABLES},
};

static uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static EFI_STATUS make_boot_info(struct loader *loader, uint64_t start)
{
    UINTN pages = (sizeof(struct boot_info) + PAGE_SIZE - 1) / PAGE_SIZE;
    paddr_t at = loader_alloc_pages(loader, pages, 0);

    if (at == 0)
        return EFI_OUT_OF_RESOURCES;
    loader->info = (struct boot_info *)(uintptr_t)at;
    loader->info->magic = BOOT_INFO_MAGIC;
    loader->info->version = BOOT_INFO_VERSION;
    loader->info->size_bytes = sizeof(struct boot_info);
    loader->info->system_table = (uintptr_t)loader->system;
    loader->info->tsc[BOOT_STEP_START] = start;
    return EFI_SUCCESS;
}

static EFI_STATUS give_up(struct loader *loader, const char *step, EFI_STATUS status)
{
    if (loader->info)
        loader_reach(loader, CHECKPOINT_ENDED); /* and said why */
    if (status != EFI_ABORTED)                  /* what the user asked for needs no explanation */
        loader_explain_failure(loader, step, status);
    loader_free_all(loader);
    return status;
}

/* The application's entry point (UEFI 2.10, 4.1); gnu-efi's crt0 has relocated the image. */
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    uint64_t start = read_tsc();
    struct loader loader = {.image = image, .system = system, .boot = system->BootServices};
    EFI_STATUS status;

    console_write(&loader, "Faultline " FAULTLINE_VERSION " loader\n");
    status = make_boot_info(&loader, start);
    if (EFI_ERROR(status))
        return give_up(&loader, "start", status);
    loader_look_at_firmware(&loader);
    loader_find_checkpoint(&loader);
    for (unsigned i = 0; i < ARRAY_COUNT(steps); i++) {
        if (steps[i].name)
            loader_begin_step(&loader, steps[i].name);
        status = steps[i].run(&loader);
        if (EFI_ERROR(status))
            return give_up(&loader, steps[i].name, status);
        loader.info->tsc[steps[i].stamp] = read_tsc();
        loader_reach(&loader, steps[i].reached);
    }
    loader_write_audit(&loader);
    loader_begin_step(&loader, "exit");
    return give_up(&loader, "exit", loader_leave_firmware(&loader));
}
