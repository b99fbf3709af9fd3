/* The machine as a whole. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/acpi.h"
#include "lib/compiler.h"

/* True under QEMU, told by the signature of its fw_cfg device. */
bool arch_machine_is_qemu(void);

/* True under any hypervisor or emulator that says so. After arch_cpu_init(). */
bool arch_machine_is_virtual(void);

/* Ends the emulator through isa-debug-exit with status 2 * code + 1; returns when nothing ends.
 * Only where arch_machine_is_qemu(): elsewhere the port can be anything. */
void arch_machine_exit_qemu(uint8_t code);

/* Gets the ways to a reset ready. Boot CPU, after memory_take_over(). */
void arch_machine_init_reset(const struct acpi *acpi);

/* Resets the machine. Any context; for when nothing else is to be done. */
NORETURN void arch_machine_reset(void);

#endif
