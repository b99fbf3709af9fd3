/* What ACPI's static tables say of this machine. */
#ifndef KERNEL_ACPI_H
#define KERNEL_ACPI_H

#include <stdbool.h>

#include "boot/boot_info.h"
#include "lib/acpi.h"
#include "lib/memory_map.h"
#include "lib/serial_port.h"

/*
 * Finds the tables from the handoff's root pointer on, copies what the kernel needs of them, and logs them; what is
 * wrong is warned about and left out. No table is looked at afterwards. Once, on the boot CPU, interrupts off, after
 * arch_mmu_map_ram() and before any of the firmware's memory is given away.
 */
void acpi_init(const struct boot_info *info, const struct memory_map *memory);

/*
 * What was found; never NULL, and all "has" false without ACPI. The CPU that runs is always in the list of the MADT, and
 * enabled there. After acpi_init(); any context. The bytes of the tables themselves must not be read.
 */
const struct acpi *acpi_get(void);

/*
 * The serial port that SPCR or DBG2 names. A PCI function is looked up, and its registers are switched on. False when
 * there is none, after a warning when one was named and cannot be used. After acpi_init(); boot CPU, interrupts off.
 */
bool acpi_find_serial_port(struct serial_port *port);

#endif
