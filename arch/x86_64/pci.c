/* PCI configuration by ports (PCI Local Bus 3.0, 3.2.2.3.2, configuration mechanism #1). */
#include "arch/pci.h"

#include "lib/bits.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  BIT(31)

static void write32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint32_t read32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void select(const struct pci_address *address, uint8_t offset)
{
    write32(CONFIG_ADDRESS, (uint32_t)CONFIG_ENABLE | (uint32_t)address->bus << 16 |
                                (uint32_t)address->slot << 11 | (uint32_t)address->function << 8 |
                                offset);
}

uint32_t arch_pci_read32(const struct pci_address *address, uint8_t offset)
{
    select(address, offset);
    return read32(CONFIG_DATA);
}

void arch_pci_write32(const struct pci_address *address, uint8_t offset, uint32_t value)
{
    select(address, offset);
    write32(CONFIG_DATA, value);
}
