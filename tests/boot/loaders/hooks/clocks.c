/* Hooks that take clocks away or put something else in their place. */
#include "hooks.h"
#include "lib/compiler.h"
#include "lib/string.h"

/* ACPI 6.5, 5.2.9; IA-PC HPET Specification 1.0a, 2.3 and 3.2.4. */
enum {
    TABLE_SIGNATURE = 0,
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

bool set_clock_hook(const char *name)
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
    } else if (strcmp(name, "clock-pm-other") == 0) {
        move_pm_timer(HPET_AT + HPET_COUNTER);
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
