/* Which mode the local APICs run in, and what their error bits mean: facts in, a choice or a name out. */
#ifndef X86_LAPIC_MODE_H
#define X86_LAPIC_MODE_H

#include <stdbool.h>
#include <stdint.h>

#define XAPIC_ID_MAX 254 /* 255 means every CPU there (SDM vol. 3A, 10.6.2.1) */

struct lapic_facts {
    bool is_wanted;      /* the option x2apic= */
    bool is_offered;     /* by the CPU */
    bool is_on;          /* the firmware left x2APIC mode on */
    bool is_locked;      /* leaving it is #GP (IA32_XAPIC_DISABLE_STATUS, SDM vol. 4, table 2-2) */
    uint32_t highest_id; /* of the CPUs that are enabled */
};

/* True for x2APIC mode. *ignored becomes NULL, or says why x2apic=0 is not followed. Any context. */
bool lapic_choose_x2apic(const struct lapic_facts *facts, const char **ignored);

#define LAPIC_ERROR_KINDS 9
#define LAPIC_ERROR_BITS  0xff /* of the error status register */
#define LAPIC_ERROR_NONE  0x100

/* Kind 0 to 7 is that bit of the error status register (SDM vol. 3A, 10.5.3), 8 an interrupt without any. Any context. */
const char *lapic_error_name(unsigned kind);

#endif
