/* The 16550 serial port as a log sink. */
#ifndef KERNEL_LOG_SERIAL_H
#define KERNEL_LOG_SERIAL_H

#include <stdbool.h>

#include "kernel/log.h"

extern const struct log_sink serial_sink;

/* Sets the port to 115200 8N1 with its FIFO on; false when no UART answers. Boot CPU. */
bool serial_init(bool color);

/* A port that stalled, and was given up, gets another chance: for a report. Any context. */
void serial_try_again(void);

#endif
