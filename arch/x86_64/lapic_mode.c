/*
 * Decisions about local APICs that no emulator makes necessary: they touch no hardware, so that the host can test them.
 * Source: Intel SDM vol. 3A, 10.5.3 and 10.12.
 */
#include "x86/lapic_mode.h"

#include <stddef.h>

/* The mode that firmware left is kept: from x2APIC the way back leads through a disabled APIC, and may be forbidden. */
bool lapic_choose_x2apic(const struct lapic_facts *facts, const char **ignored)
{
    const char *reason = NULL;

    if (facts->is_locked)
        reason = "x2APIC mode is locked";
    else if (facts->is_on)
        reason = "the firmware left x2APIC mode on";
    else if (facts->is_offered && facts->highest_id > XAPIC_ID_MAX)
        reason = "a CPU has an id that only x2APIC mode can send to";
    *ignored = facts->is_wanted ? NULL : reason;
    return reason || (facts->is_offered && facts->is_wanted);
}

const char *lapic_error_name(unsigned kind)
{
    static const char *const names[LAPIC_ERROR_KINDS] = {
        "wrong checksum of a message sent",
        "wrong checksum of a message received",
        "a message sent that no CPU accepted",
        "a message received that was not accepted",
        "a lowest-priority message that cannot be sent",
        "an illegal vector sent",
        "an illegal vector received",
        "access to a register that is not there",
        "no error recorded",
    };

    return names[kind];
}
