/* The local APIC in xAPIC (MMIO) and x2APIC (MSR) mode behind one interface. Acts on the CPU that
 * calls. */
#ifndef X86_LAPIC_H
#define X86_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/acpi.h"
#include "lib/types.h"
#include "x86/lapic_mode.h"

/* Register offsets of xAPIC mode; x2APIC's MSR is 0x800 + offset / 16. SDM vol. 3A, table 10-1. */
#define LAPIC_ID              0x020
#define LAPIC_VERSION         0x030
#define LAPIC_TPR             0x080
#define LAPIC_EOI             0x0b0
#define LAPIC_SPURIOUS        0x0f0
#define LAPIC_SPURIOUS_ENABLE 0x100
#define LAPIC_ISR             0x100 /* eight registers, 0x10 apart */
#define LAPIC_ESR             0x280
#define LAPIC_LVT_CMCI        0x2f0
#define LAPIC_ICR             0x300
#define LAPIC_ICR_HIGH        0x310
#define LAPIC_LVT_TIMER       0x320
#define LAPIC_LVT_THERMAL     0x330
#define LAPIC_LVT_PERF        0x340
#define LAPIC_LVT_LINT0       0x350
#define LAPIC_LVT_LINT1       0x360
#define LAPIC_LVT_ERROR       0x370
#define LAPIC_TIMER_INITIAL   0x380
#define LAPIC_TIMER_CURRENT   0x390
#define LAPIC_TIMER_DIVIDE    0x3e0
#define LAPIC_DIVIDE_BY_1     0x0b

enum lapic_delivery {
    LAPIC_FIXED = 0,
    LAPIC_NMI = 4,
    LAPIC_INIT = 5,
    LAPIC_STARTUP = 6,
    LAPIC_EXTINT = 7
};
enum lapic_timer_mode { LAPIC_ONE_SHOT = 0, LAPIC_PERIODIC = 1, LAPIC_TSC_DEADLINE = 2 };

/* A local vector table entry, built from its parts and in no other way (SDM vol. 3A, figure 10-8).
 */
struct lapic_lvt {
    uint8_t vector;
    enum lapic_delivery delivery;
    enum lapic_timer_mode timer_mode;
    bool active_low; /* of the input */
    bool masked;
};
uint32_t lapic_lvt_value(const struct lapic_lvt *lvt);

/* Finds out the mode (x86/lapic_mode.h) and maps the registers. `acpi` is kept for the CPUs that are started. Boot CPU,
 * after heap_init(). */
void lapic_init(bool want_x2apic, const struct acpi *acpi);

/* What the mode was chosen by, and what the firmware left in the first CPU's. After lapic_init() and lapic_init_cpu(). */
struct lapic_leftovers {
    unsigned unmasked_count; /* of timer and error interrupts */
    unsigned in_service_count;
};
const struct lapic_facts *lapic_get_facts(void);
const struct lapic_leftovers *lapic_get_leftovers(void);

/* "xAPIC", "x2APIC", "locked x2APIC". After lapic_init(). */
const char *lapic_mode_name(void);

/* Software-enables the APIC, masks every LVT but the NMI's input and errors, empties the in-service registers. Every CPU. */
void lapic_init_cpu(void);

uint32_t lapic_read(uint32_t reg);
void lapic_write(uint32_t reg, uint32_t value);
uint32_t lapic_id(void);
bool lapic_is_ready(void); /* lapic_init_cpu() has run: registers may be touched */

/* The interrupt at hand is done. In the handler, once. */
void lapic_eoi(void);

/* True when the vector is in service, so that an EOI is owed for it. */
bool lapic_in_service(unsigned vector);

/* x2APIC mode: ids of 32 bits. After lapic_init(). */
bool lapic_is_x2apic(void);

/*
 * Commands to one other CPU, always by its id: INIT, a start-up at a page below 1 MiB, an NMI, an interrupt. Each waits,
 * a bounded time, until the one before is on its way. In xAPIC mode ids go up to 254. Any context; not between the two
 * halves of another command, which is why interrupts are off for those, and an NMI's handler sends nothing.
 */
void lapic_send_init(uint32_t apic_id);
void lapic_send_startup(uint32_t apic_id, paddr_t page);
void lapic_send_nmi(uint32_t apic_id);
void lapic_send_fixed(uint32_t apic_id, unsigned vector);

/* Sends a fixed interrupt or an NMI to the calling CPU itself, by its id and not by shorthand. */
void lapic_send_self(enum lapic_delivery delivery, unsigned vector);

#endif
