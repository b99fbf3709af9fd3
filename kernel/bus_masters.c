/*
 * Looks for PCI functions that the firmware has left as bus masters: what it set going with them may go on writing to
 * memory that is somebody else's now. Bridges have to be bus masters and are passed over. Buses are found from bus 0 on,
 * by bridges; those of further host bridges are not. Source: PCI Local Bus 3.0, 6.1 and 6.2; PCI-to-PCI Bridge 1.2, 3.2.
 */
#include "kernel/bus_masters.h"

#include "arch/cpu.h"
#include "arch/pci.h"
#include "boot.h"
#include "kernel/log.h"
#include "lib/bits.h"

#define BUSES     256
#define SLOTS     32
#define FUNCTIONS 8

#define PCI_ID             0x00
#define PCI_COMMAND        0x04
#define PCI_CLASS          0x08
#define PCI_HEADER         0x0c
#define PCI_BUSES          0x18 /* of a bridge */
#define COMMAND_BUS_MASTER BIT(2)
#define CLASS_BRIDGE       6
#define HEADER_BRIDGE      1
#define HEADER_MANY        BIT(23) /* there are more functions than the first */
#define ID_NONE            0xffffffff

struct scan {
    bool bus_is_there[BUSES];
    unsigned count;
};

static uint32_t read(const struct pci_address *address, uint8_t offset)
{
    irq_state_t state = arch_irq_save();
    uint32_t value = arch_pci_read32(address, offset);

    arch_irq_restore(state);
    return value;
}

/* A bus has a higher number than the one that its bridge is on, so one pass finds them all. */
static void look_at_bridge(struct scan *scan, const struct pci_address *address, uint32_t header)
{
    unsigned behind = (unsigned)bits_get(read(address, PCI_BUSES), 15, 8);

    if (bits_get(header, 22, 16) == HEADER_BRIDGE && behind > address->bus)
        scan->bus_is_there[behind] = true;
}

/* Returns whether the slot has more functions than this one. */
static bool look_at_function(struct scan *scan, const struct pci_address *address)
{
    uint32_t id = read(address, PCI_ID), header;

    if (id == ID_NONE)
        return address->function > 0;
    header = read(address, PCI_HEADER);
    if (bits_get(read(address, PCI_CLASS), 31, 24) == CLASS_BRIDGE) {
        look_at_bridge(scan, address, header);
    } else if (read(address, PCI_COMMAND) & COMMAND_BUS_MASTER) {
        scan->count++;
        if (boot_options.loglevel >=
            LOG_DEBUG) /* a report's last lines would be nothing but this */
            log_debug("PCI function %02x:%02x.%x (%04x:%04x) was left a bus master", address->bus,
                      address->slot, address->function, id & 0xffff, id >> 16);
    }
    return address->function > 0 || header & HEADER_MANY;
}

static void look_at_bus(struct scan *scan, uint8_t bus)
{
    for (uint8_t slot = 0; slot < SLOTS; slot++)
        for (uint8_t function = 0; function < FUNCTIONS; function++)
            if (!look_at_function(scan, &(struct pci_address){bus, slot, function}))
                break;
}

unsigned bus_masters_count(void)
{
    struct scan scan = {.bus_is_there = {true}};

    for (unsigned bus = 0; bus < BUSES; bus++)
        if (scan.bus_is_there[bus])
            look_at_bus(&scan, (uint8_t)bus);
    return scan.count;
}
