/* PCI configuration space, for the one device that can be needed: a serial console. */
#ifndef ARCH_PCI_H
#define ARCH_PCI_H

#include <stdint.h>

/* A function of segment 0. */
struct pci_address {
    uint8_t bus;
    uint8_t slot;     /* 0 to 31 */
    uint8_t function; /* 0 to 7 */
};

/* The 32 bits at `offset`, a multiple of 4 below 256; all ones where no function is. Boot CPU, interrupts off. */
uint32_t arch_pci_read32(const struct pci_address *address, uint8_t offset);
void arch_pci_write32(const struct pci_address *address, uint8_t offset, uint32_t value);

#endif
