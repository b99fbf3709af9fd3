/* Where a 16550 is and how it is spoken to. Pure: made from what ACPI says of the console, and checked. */
#ifndef LIB_SERIAL_PORT_H
#define LIB_SERIAL_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/acpi.h"
#include "lib/diagnostics.h"

#define SERIAL_CLOCK_HZ 1843200 /* of the PC's UARTs */

struct serial_port {
    bool is_mmio;         /* else I/O ports */
    uint64_t address;     /* of register 0: physical address, or port */
    uint8_t stride_bytes; /* from one register to the next: 1, 2, 4 */
    uint8_t access_bytes; /* width of each access: 1, 2, 4; 1 for ports */
    uint16_t divisor;     /* 0: as the firmware left it */
    uint32_t baud;        /* what the divisor makes; 0 with divisor 0 */
};

/*
 * False, after a warning, when `serial` is of a kind that is no 16550, or its registers are nowhere that they can be. A
 * rate that the clock cannot make within 3 % is warned about, and the port is left at the firmware's. Any context.
 */
bool serial_port_from_acpi(struct serial_port *out, const struct acpi_serial *serial,
                           const struct diagnostics *diagnostics);

/*
 * Where ACPI names a PCI function without an address, its first base address register tells it: `bar` and the next.
 * False, after a warning, when that register holds none (PCI Local Bus 3.0, 6.2.5.1). Any context.
 */
bool serial_port_take_bar(struct acpi_serial *serial, uint32_t bar, uint32_t next_bar,
                          const struct diagnostics *diagnostics);

/* "port 4e8" or "memory at fe042000"; size 32 suffices. */
void serial_port_name(char *text, size_t size, const struct serial_port *port);

#endif
