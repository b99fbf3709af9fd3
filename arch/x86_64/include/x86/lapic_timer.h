/* How the local APIC's timer is told a delay: rates and delays in, what goes into registers out. All but the last are
 * pure. */
#ifndef X86_LAPIC_TIMER_H
#define X86_LAPIC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/calibration.h"
#include "x86/lapic.h"

struct lapic_timer_rates {
    uint64_t timer_per_ns, tsc_per_ns; /* counts, 32.32 fixed point; 0: no clock */
    uint64_t most_ns;                  /* delays are cut short to what the timer's register holds */
};

/* The mode for single interrupts: by the time-stamp counter where the timer can and that counter never changes its rate
 * (SDM vol. 3A, 10.5.4.1), else by a count of the timer's own. */
enum lapic_timer_mode lapic_timer_choose(bool has_deadline, bool is_invariant);

struct lapic_timer_rates lapic_timer_rates(const struct calibration *calibration);

/* The initial count for a delay of at most most_ns, rounded up; never 0, which stops the timer. */
uint32_t lapic_timer_count(const struct lapic_timer_rates *rates, uint64_t delay_ns);

/* The value of the time-stamp counter at the end of a delay of at most most_ns, rounded up. */
uint64_t lapic_timer_deadline(const struct lapic_timer_rates *rates, uint64_t now,
                              uint64_t delay_ns);

/* The value of the time-stamp counter before which the interrupt does not come, however wrong the measured rates. */
uint64_t lapic_timer_earliest(const struct lapic_timer_rates *rates, uint64_t now,
                              uint64_t delay_ns);

/* Takes the rates from arch_clock_calibration(). */
void lapic_timer_set_rates(void);

#endif
