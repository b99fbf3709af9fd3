/* The serial console as a log sink: the 16550 at COM1, until ACPI names another. */
#ifndef KERNEL_LOG_SERIAL_H
#define KERNEL_LOG_SERIAL_H

#include <stdbool.h>

#include "kernel/log.h"
#include "lib/serial_port.h"

#define SERIAL_COM1      0x3f8
#define SERIAL_COM1_BAUD 115200

extern const struct log_sink serial_sink;

/* Sets COM1 to 115200 8N1 with its FIFO on; false when no UART answers. Boot CPU. */
bool serial_init(bool color);

/*
 * From now on the sink writes to `port`, which is set up as it says. False, with everything as it was, when no UART
 * answers there. Boot CPU, interrupts off, after arch_mmu_init(); the caller sees to it that the log is shown again.
 */
bool serial_move(const struct serial_port *port, bool color);

/* A port that stalled, and was given up, gets another chance: for a report. Any context. */
void serial_try_again(void);

#endif
