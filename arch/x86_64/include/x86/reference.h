/*
 * The clocks of a PC whose rate is known, best first. Each makes its clock ready and returns it, or NULL when the machine
 * has none, after a line in the log when it has one that cannot be used. Boot CPU, interrupts off.
 */
#ifndef X86_REFERENCE_H
#define X86_REFERENCE_H

#include "lib/acpi.h"
#include "lib/calibration.h"

const struct reference_clock *hpet_find(const struct acpi *acpi);
const struct reference_clock *pm_timer_find(const struct acpi *acpi);

/* No table says whether there is one: where it is missing it is found not to count. */
const struct reference_clock *pit_start(void);

#endif
