/*
 * A hook for what OVMF never does: it hands over paging of 5 levels. Itself it knows 4 only, and on its way out it starts
 * the other CPUs once more; so it has 4 again while it does that.
 */
#include "hooks.h"
#include "lib/string.h"

#define PAGE_PRESENT_WRITABLE 3
#define CR3_ADDRESS           0xffffffffff000

void switch_levels(uint64_t new_root);

static EFI_EXIT_BOOT_SERVICES real_exit;
static uint64_t four,
    five; /* the roots: the second names the first, and all addresses stay what they are */

static EFI_STATUS EFIAPI exit_with_four(EFI_HANDLE handle, UINTN key)
{
    EFI_STATUS status;

    switch_levels(four);
    status = real_exit(handle, key);
    switch_levels(five);
    return status;
}

static void add_level(void)
{
    EFI_PHYSICAL_ADDRESS page = UINT32_MAX;

    boot->AllocatePages(AllocateMaxAddress, EfiBootServicesData, 1, &page);
    five = page;
    __asm__ volatile("mov %%cr3, %0" : "=r"(four));
    memset((void *)page, 0, EFI_PAGE_SIZE);
    *(uint64_t *)page = (four & CR3_ADDRESS) | PAGE_PRESENT_WRITABLE;
    real_exit = boot->ExitBootServices;
    boot->ExitBootServices = exit_with_four;
    switch_levels(five);
}

bool set_paging_hook(const char *name)
{
    if (strcmp(name, "paging-5-levels") != 0)
        return false;
    add_level();
    return true;
}
