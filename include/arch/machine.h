/* The machine as a whole. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* True under QEMU, told by the signature of its fw_cfg device. */
bool arch_machine_is_qemu(void);

/* True under any hypervisor or emulator that says so. After arch_cpu_init(). */
bool arch_machine_is_virtual(void);

/* Ends the emulator through isa-debug-exit with status 2 * code + 1; returns when nothing ends.
 * Only where arch_machine_is_qemu(): elsewhere the port can be anything. */
void arch_machine_exit_qemu(uint8_t code);

#endif
