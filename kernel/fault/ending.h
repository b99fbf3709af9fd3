/* What is done with a report that ends the run, once the consoles have all of it. For the CPU that reports. */
#ifndef KERNEL_FAULT_ENDING_H
#define KERNEL_FAULT_ENDING_H

#include "lib/compiler.h"

/* Does it, or goes on behind what faulted, and stops the machine. */
NORETURN void ending_run(void);

/* Does no more than end QEMU if that is wanted: when there are too many faults. */
NORETURN void ending_give_up(void);

/* What is lost when a fault comes now, in words; NULL while the report is still being written. */
const char *ending_lost(void);

#endif
