/* Hooks that leave the machine as firmware should not: for the firmware audit. */
#include "hooks.h"
#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define CR0_WP               BIT(16)
#define CR0_CD               BIT(30)
#define CR4_TSD              BIT(2) /* RDTSC in ring 0 alone: harms nobody here */
#define MSR_APIC_BASE        0x1b
#define APIC_BASE_X2APIC     BIT(10)
#define MSR_MISC_ENABLE      0x1a0
#define MISC_ENABLE_NX_OFF   BIT(34)
#define MSR_MTRR_DEF_TYPE    0x2ff
#define MTRR_DEF_TYPE_ENABLE BIT(11)
#define MSR_EFER             0xc0000080
#define EFER_SCE             BIT(0)
#define LVT_TIMER            0xfee00320
#define LVT_MASKED           BIT(16)

/* EFI_MEMORY_ATTRIBUTES_TABLE (UEFI 2.10, 4.6). */
#define ATTRIBUTES_STRIDE 8
#define ATTRIBUTES_FIRST  16
#define ATTRIBUTES_OF_ONE 32
#define ATTRIBUTES_XP_RO  (BIT(14) | BIT(17))

static EFI_EXIT_BOOT_SERVICES exit_boot_services;

static void change_msr(uint32_t msr, uint64_t clear, uint64_t set)
{
    uint32_t low, high;
    uint64_t value;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    value = (((uint64_t)high << 32 | low) & ~clear) | set;
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static EFI_STATUS EFIAPI refuse_watchdog(UINTN seconds, UINT64 code, UINTN size, CHAR16 *data)
{
    (void)seconds, (void)code, (void)size, (void)data;
    return EFI_DEVICE_ERROR;
}

/* The first range of runtime services becomes writable and executable. */
static void open_runtime_code(void)
{
    static const EFI_GUID guid = {
        0xdcfa911d, 0x26eb, 0x469f, {0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20}};

    for (UINTN i = 0; i < system->NumberOfTableEntries; i++) {
        uint8_t *table = system->ConfigurationTable[i].VendorTable;
        uint64_t attributes;

        if (memcmp(&system->ConfigurationTable[i].VendorGuid, &guid, sizeof(guid)) != 0)
            continue;
        memcpy(&attributes, table + ATTRIBUTES_FIRST + ATTRIBUTES_OF_ONE, sizeof(attributes));
        attributes &= ~ATTRIBUTES_XP_RO;
        memcpy(table + ATTRIBUTES_FIRST + ATTRIBUTES_OF_ONE, &attributes, sizeof(attributes));
    }
}

static void leave_all_wrong(void)
{
    uint64_t cr0, cr4;

    __asm__ volatile("mov %%cr0, %0; mov %%cr4, %1" : "=r"(cr0), "=r"(cr4));
    __asm__ volatile("mov %0, %%cr0; mov %1, %%cr4"
                     :
                     : "r"((cr0 & ~CR0_WP) | CR0_CD), "r"(cr4 | CR4_TSD));
    change_msr(MSR_EFER, 0, EFER_SCE);
    boot->SetWatchdogTimer = refuse_watchdog;
    system->Hdr.CRC32 ^= 1;
    open_runtime_code();
}

/* The timer has no count and so never interrupts. In x2APIC mode the entry keeps what it is in xAPIC mode. */
static EFI_STATUS EFIAPI exit_live(EFI_HANDLE handle, UINTN key)
{
    EFI_STATUS status = exit_boot_services(handle, key);

    if (EFI_ERROR(status))
        return status;
    __asm__ volatile("cli");
    *(volatile uint32_t *)(uintptr_t)LVT_TIMER &= (uint32_t)~LVT_MASKED;
    change_msr(MSR_APIC_BASE, 0, APIC_BASE_X2APIC);
    change_msr(MSR_MTRR_DEF_TYPE, MTRR_DEF_TYPE_ENABLE, 0);
    return EFI_SUCCESS;
}

static void leave_live(void)
{
    exit_boot_services = boot->ExitBootServices;
    boot->ExitBootServices = exit_live;
}

bool set_firmware_hook(const char *name)
{
    if (strcmp(name, "firmware-all-wrong") == 0)
        leave_all_wrong();
    else if (strcmp(name, "firmware-live") == 0)
        leave_live();
    else if (strcmp(name, "firmware-nx-off") == 0)
        change_msr(MSR_MISC_ENABLE, 0, MISC_ENABLE_NX_OFF);
    else
        return false;
    return true;
}
