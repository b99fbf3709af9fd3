/* From what ACPI says of the serial console to a port that can be written to. Of PCI only what that needs. */
#include "arch/pci.h"
#include "kernel/acpi.h"
#include "kernel/log.h"

/* PCI Local Bus 3.0, 6.1 */
#define PCI_ID             0x00
#define PCI_COMMAND        0x04
#define PCI_BAR            0x10
#define PCI_COMMAND_IO     0x1u
#define PCI_COMMAND_MEMORY 0x2u
#define PCI_COMMAND_BITS   0xffffu /* the status beside it is cleared by ones */

static void warn(void *context, const char *line)
{
    (void)context;
    log_warn("ACPI: %s", line);
}

static const struct diagnostics diagnostics = {.warn = warn};

static bool is_the_function(const struct acpi_serial *serial, const struct pci_address *address)
{
    uint32_t id = 0xffffffff;

    if (serial->segment == 0 && serial->slot < 32 && serial->function < 8)
        id = arch_pci_read32(address, PCI_ID);
    if (id == ((uint32_t)serial->device << 16 | serial->vendor))
        return true;
    log_warn("ACPI: serial console: no PCI function %04x:%04x at %04x:%02x:%02x.%x: ignored",
             serial->vendor, serial->device, serial->segment, serial->bus, serial->slot,
             serial->function);
    return false;
}

/* Fills in the address where it is missing, and has the function answer at it. */
static bool open_pci(struct acpi_serial *serial)
{
    const struct pci_address address = {serial->bus, serial->slot, serial->function};
    uint32_t command;

    if (!is_the_function(serial, &address))
        return false;
    if (serial->base.address == 0 &&
        !serial_port_take_bar(serial, arch_pci_read32(&address, PCI_BAR),
                              arch_pci_read32(&address, PCI_BAR + 4), &diagnostics))
        return false;
    command = arch_pci_read32(&address, PCI_COMMAND) & PCI_COMMAND_BITS;
    command |= serial->base.space == ACPI_SPACE_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
    arch_pci_write32(&address, PCI_COMMAND, command);
    return true;
}

bool acpi_find_serial_port(struct serial_port *port)
{
    struct acpi_serial serial = acpi_get()->serial;

    if (!acpi_get()->serial_from || (serial.is_pci && !open_pci(&serial)))
        return false;
    return serial_port_from_acpi(port, &serial, &diagnostics);
}
