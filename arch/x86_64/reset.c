/*
 * A reset of the whole machine, by each way that PCs know, one after the other: the register that ACPI names (ACPI 6.5,
 * 4.8.3.6), the chipset's reset control register, the keyboard controller, and an exception that no handler can be found
 * for, which a PC answers with a reset (SDM vol. 3A, 6.15, interrupt 8).
 */
#include "arch/cpu.h"
#include "arch/machine.h"
#include "arch/mmu.h"
#include "arch/pci.h"
#include "kernel/log.h"
#include "kernel/mm/vmap.h"
#include "x86/smp.h"

#define RESET_CONTROL      0xcf9 /* Intel ICH9 datasheet, 13.7.5 */
#define RESET_CONTROL_HARD 0x02  /* which kind: a hard one */
#define RESET_CONTROL_NOW  0x06
#define KEYBOARD_STATUS    0x64
#define KEYBOARD_BUSY      0x02
#define KEYBOARD_PULSE     0xfe /* command: the line that resets the CPU */
#define WAIT_US            50000

static struct acpi_gas reset_register READ_ONLY_AFTER_INIT;
static uint8_t reset_value READ_ONLY_AFTER_INIT;
static volatile uint8_t *in_memory READ_ONLY_AFTER_INIT;

/* A register in memory is mapped now: when it is needed nothing can be. */
void arch_machine_init_reset(const struct acpi *acpi)
{
    if (!acpi->has_fadt || acpi->fadt.reset.address == 0)
        return;
    reset_register = acpi->fadt.reset;
    reset_value = acpi->fadt.reset_value;
    if (reset_register.space != ACPI_SPACE_MEMORY)
        return;
    in_memory = vmap_device(reset_register.address, 1, MMU_UNCACHED);
    if (!in_memory)
        log_warn("ACPI: the reset register at %lx cannot be mapped",
                 (unsigned long)reset_register.address);
}

static void wait(void)
{
    uint64_t start = arch_timestamp();

    while (arch_timestamp() - start < x86_counts_of(WAIT_US))
        arch_cpu_relax();
}

/* In configuration space: device, function and offset, 16 bits each, of bus 0 (ACPI 6.5, 5.2.3.2). */
static void write_configuration(uint64_t address, uint8_t value)
{
    struct pci_address function = {.slot = (uint8_t)(address >> 32),
                                   .function = (uint8_t)(address >> 16)};
    uint8_t offset = (uint8_t)address & 0xfc;
    unsigned shift = (address & 3) * 8;
    uint32_t word = arch_pci_read32(&function, offset);

    arch_pci_write32(&function, offset, (word & ~(0xffu << shift)) | (uint32_t)value << shift);
}

static void reset_by_acpi(void)
{
    if (reset_register.address == 0)
        return;
    if (in_memory)
        *in_memory = reset_value;
    else if (reset_register.space == ACPI_SPACE_IO)
        arch_port_write8((uint16_t)reset_register.address, reset_value);
    else if (reset_register.space == ACPI_SPACE_PCI_CONFIG)
        write_configuration(reset_register.address, reset_value);
    wait();
}

static void reset_by_chipset(void)
{
    arch_port_write8(RESET_CONTROL, RESET_CONTROL_HARD);
    arch_port_write8(RESET_CONTROL, RESET_CONTROL_NOW);
    wait();
}

static void reset_by_keyboard_controller(void)
{
    uint64_t start = arch_timestamp();

    while (arch_port_read8(KEYBOARD_STATUS) & KEYBOARD_BUSY &&
           arch_timestamp() - start < x86_counts_of(WAIT_US))
        arch_cpu_relax();
    arch_port_write8(KEYBOARD_STATUS, KEYBOARD_PULSE);
    wait();
}

NORETURN static void reset_by_triple_fault(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } PACKED no_gates = {0, 0};

    for (;;)
        __asm__ volatile("lidt %0; int3" : : "m"(no_gates));
}

void arch_machine_reset(void)
{
    reset_by_acpi();
    reset_by_chipset();
    reset_by_keyboard_controller();
    reset_by_triple_fault();
}
