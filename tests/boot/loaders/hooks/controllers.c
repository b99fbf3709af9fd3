/* Hooks that change what ACPI says of CPUs and interrupt controllers. */
#include "hooks.h"
#include "lib/compiler.h"
#include "lib/string.h"

/* Intel 82093AA data sheet, 3.2.4. */
enum { IO_APIC_AT = 0xfec00000, IO_APIC_INPUT_20 = 0x10 + 2 * 20 };

/* The first entry of a type in the MADT, or the one after it. */
static uint8_t *madt_entry(uint8_t type, unsigned skip)
{
    uint8_t *madt = find_table("APIC"), *entry = madt + MADT_ENTRY;

    while (entry < madt + table_length(madt) && (entry[0] != type || skip-- > 0))
        entry += entry[1];
    return entry;
}

static void change_madt_entry(uint8_t type, unsigned skip, unsigned offset, uint64_t value,
                              unsigned size)
{
    uint8_t *madt = find_table("APIC");

    change_table("APIC", (unsigned)(madt_entry(type, skip) + offset - madt), value, size, 0);
}

/* Places for CPUs without one: 1 says that there is one, 2 that there may be one later. */
static void mark_absent_cpus(uint32_t flags)
{
    const uint8_t *madt = find_table("APIC"), *end = madt + table_length(madt);

    for (unsigned i = 0; madt_entry(0, i) < end; i++)
        if (madt_entry(0, i)[4] == 0)
            change_madt_entry(0, i, 4, flags, 4);
}

/* As firmware may leave them: an input that interrupts, and one that is the firmware's own. */
static void open_io_apic(void)
{
    volatile uint32_t *registers = (volatile uint32_t *)(uintptr_t)IO_APIC_AT;

    registers[0] = IO_APIC_INPUT_20;
    registers[4] = 0x8054; /* level-triggered, vector 54 */
    registers[0] = IO_APIC_INPUT_20 + 2;
    registers[4] = 0x200; /* a system management interrupt */
}

static void give_last_interrupts(void)
{
    change_madt_entry(1, 0, 8, UINT32_MAX - 3, 4);
    open_io_apic();
}

bool set_controller_hook(const char *name)
{
    if (strcmp(name, "acpi-hpet-0") == 0)
        change_table("HPET", HPET_BASE, 0, 8, 0);
    else if (strcmp(name, "acpi-lapic-absurd") == 0)
        change_table("APIC", MADT_LOCAL_APIC, 0x12345000, 4, 0);
    else if (strcmp(name, "acpi-cpu-twice") == 0)
        change_madt_entry(0, 1, 3, 0, 1);
    else if (strcmp(name, "acpi-cpu-absent") == 0)
        change_madt_entry(0, 1, 3, 0x55, 1);
    else if (strcmp(name, "acpi-cpus-absent") == 0)
        mark_absent_cpus(1);
    else if (strcmp(name, "acpi-cpus-later") == 0)
        mark_absent_cpus(2);
    else if (strcmp(name, "acpi-nmi-lint0") == 0)
        change_madt_entry(4, 0, 3, 0x000003, 3); /* flags, then the input */
    else if (strcmp(name, "acpi-pic-none") == 0)
        change_table("APIC", MADT_FLAGS, 0, 4, 0);
    else if (strcmp(name, "acpi-io-apic-ram") == 0)
        change_madt_entry(1, 0, 4, 0x8000000, 4);
    else if (strcmp(name, "acpi-io-apic-hole") == 0)
        change_madt_entry(1, 0, 4, HOLE, 4);
    else if (strcmp(name, "acpi-io-apic-last") == 0)
        give_last_interrupts();
    else if (strcmp(name, "acpi-io-apic-odd") == 0)
        change_madt_entry(1, 0, 4, IO_APIC_AT + 4, 4);
    else if (strcmp(name, "acpi-io-apic-open") == 0)
        open_io_apic();
    else
        return false;
    return true;
}
