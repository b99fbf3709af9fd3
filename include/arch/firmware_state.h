/* What kernel/ may ask of the state that the firmware left the machine in. */
#ifndef ARCH_FIRMWARE_STATE_H
#define ARCH_FIRMWARE_STATE_H

#include "lib/firmware_facts.h"

/* The boot CPU, and in how far the others that run differ from it. Boot CPU, once all CPUs are up. */
void arch_firmware_read_cpu(struct firmware_cpu *out);

#endif
