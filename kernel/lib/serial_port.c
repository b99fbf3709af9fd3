/*
 * From ACPI's words to a 16550. The register's width in bits is the distance from one register to the next, the access
 * size the width of each access; firmware that gives only one of them means both.
 */
#include "lib/serial_port.h"

#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/string.h"

#define PORT_COUNT 0x10000
#define REGISTERS  8

#define SAMPLES_PER_BIT 16
#define DIVISOR_MAX     0xffff
#define ERROR_MAX       3 /* per cent */

#define BAR_IO             BIT(0)
#define BAR_MEMORY_64      (BIT(2))
#define BAR_MEMORY_TYPE    (BIT(2) | BIT(1))
#define BAR_IO_ADDRESS     (~(uint32_t)3)
#define BAR_MEMORY_ADDRESS (~(uint32_t)15)

enum kind { NOT_A_16550, PC_16550, PC_16550_BY_GAS };

/* The serial subtypes of DBG2, which are the SPCR's interface types too. */
static const struct interface {
    const char *name;
    enum kind kind;
} interfaces[] = {
    [0x00] = {"16550", PC_16550},
    [0x01] = {"16450", PC_16550},
    [0x02] = {"MAX311xE", NOT_A_16550},
    [0x03] = {"PL011", NOT_A_16550},
    [0x04] = {"MSM8x60", NOT_A_16550},
    [0x05] = {"Nvidia 16550", PC_16550},
    [0x06] = {"TI OMAP", NOT_A_16550},
    [0x08] = {"APM88xxxx", NOT_A_16550},
    [0x09] = {"MSM8974", NOT_A_16550},
    [0x0a] = {"SAM5250", NOT_A_16550},
    [0x0b] = {"Intel USIF", NOT_A_16550},
    [0x0c] = {"i.MX 6", NOT_A_16550},
    [0x0d] = {"SBSA, 32-bit", NOT_A_16550},
    [0x0e] = {"SBSA", NOT_A_16550},
    [0x0f] = {"Arm DCC", NOT_A_16550},
    [0x10] = {"BCM2835", NOT_A_16550},
    [0x11] = {"SDM845", NOT_A_16550},
    [0x12] = {"16550 by its address structure", PC_16550_BY_GAS},
    [0x13] = {"SDM845, 7.372 MHz", NOT_A_16550},
    [0x14] = {"Intel LPSS", NOT_A_16550},
    [0x15] = {"RISC-V SBI", NOT_A_16550},
};

static const struct interface *find_interface(const struct acpi_serial *serial,
                                              const struct diagnostics *diagnostics)
{
    static const struct interface unknown = {"unknown", NOT_A_16550};
    const struct interface *interface =
        serial->interface < ARRAY_COUNT(interfaces) ? &interfaces[serial->interface] : &unknown;

    if (interface->kind != NOT_A_16550)
        return interface;
    diagnostics_warn(diagnostics, "serial console: interface type %x (%s) is no 16550: ignored",
                     serial->interface, interface->name ? interface->name : unknown.name);
    return NULL;
}

/* Ports of a plain 16550 are neighbours, whatever the width says: there firmware writes what it likes. */
static bool set_spacing(struct serial_port *out, const struct acpi_gas *base, enum kind kind)
{
    unsigned access = base->access_size ? 1u << (base->access_size - 1) : 0;
    unsigned width = base->width_bits / 8;

    if (!out->is_mmio && kind == PC_16550)
        access = width = 1;
    if (access == 0)
        access = out->is_mmio && width ? width : 1;
    if (!out->is_mmio)
        access = 1;
    if (width < access)
        width = access;
    out->access_bytes = (uint8_t)access;
    out->stride_bytes = (uint8_t)width;
    return width == 1 || width == 2 || width == 4;
}

static bool set_place(struct serial_port *out, const struct acpi_gas *base, enum kind kind)
{
    uint64_t end;

    if (base->space != ACPI_SPACE_MEMORY && base->space != ACPI_SPACE_IO)
        return false;
    out->is_mmio = base->space == ACPI_SPACE_MEMORY;
    out->address = base->address;
    end = out->is_mmio ? UINT64_MAX : PORT_COUNT;
    if (base->access_size > 3 || base->offset_bits != 0 || !set_spacing(out, base, kind))
        return false;
    return out->address != 0 && out->address % out->access_bytes == 0 &&
           out->address <= end - (uint64_t)REGISTERS * out->stride_bytes;
}

static void set_rate(struct serial_port *out, const struct acpi_serial *serial,
                     const struct diagnostics *diagnostics)
{
    uint64_t clock = (serial->clock_hz ? serial->clock_hz : SERIAL_CLOCK_HZ) / SAMPLES_PER_BIT;
    uint64_t baud = serial->baud, divisor, made, error;

    if (baud == 0)
        return;
    divisor = (clock + baud / 2) / baud;
    made = divisor ? clock / divisor : 0;
    error = made > baud ? made - baud : baud - made;
    if (divisor == 0 || divisor > DIVISOR_MAX || error * 100 > baud * ERROR_MAX) {
        diagnostics_warn(
            diagnostics,
            "serial console: a clock of %lu Hz cannot make %lu baud: the rate stays as "
            "it is",
            (unsigned long)(clock * SAMPLES_PER_BIT), (unsigned long)baud);
        return;
    }
    out->divisor = (uint16_t)divisor;
    out->baud = serial->baud;
}

bool serial_port_from_acpi(struct serial_port *out, const struct acpi_serial *serial,
                           const struct diagnostics *diagnostics)
{
    const struct interface *interface = find_interface(serial, diagnostics);
    const struct acpi_gas *base = &serial->base;

    memset(out, 0, sizeof(*out));
    if (!interface)
        return false;
    if (!set_place(out, base, interface->kind)) {
        diagnostics_warn(diagnostics,
                         "serial console: no 16550 can be at %lx in space %u (width %u, offset %u, "
                         "access size %u): ignored",
                         (unsigned long)base->address, base->space, base->width_bits,
                         base->offset_bits, base->access_size);
        memset(out, 0, sizeof(*out));
        return false;
    }
    set_rate(out, serial, diagnostics);
    return true;
}

bool serial_port_take_bar(struct acpi_serial *serial, uint32_t bar, uint32_t next_bar,
                          const struct diagnostics *diagnostics)
{
    struct acpi_gas *base = &serial->base;

    *base = (struct acpi_gas){.width_bits = 8, .access_size = 1};
    if (bar & BAR_IO) {
        base->space = ACPI_SPACE_IO;
        base->address = bar & BAR_IO_ADDRESS;
    } else {
        base->space = ACPI_SPACE_MEMORY;
        base->address = bar & BAR_MEMORY_ADDRESS;
        if ((bar & BAR_MEMORY_TYPE) == BAR_MEMORY_64)
            base->address |= (uint64_t)next_bar << 32;
    }
    if (base->address != 0)
        return true;
    diagnostics_warn(diagnostics,
                     "serial console: PCI function %02x:%02x.%x has no base address: ignored",
                     serial->bus, serial->slot, serial->function);
    return false;
}

void serial_port_name(char *text, size_t size, const struct serial_port *port)
{
    format(text, size, port->is_mmio ? "memory at %lx" : "port %lx", (unsigned long)port->address);
}
