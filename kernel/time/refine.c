/*
 * The boot measures the clock's rate in 2 ms, which is good for some hundred parts in a million. Then a timer looks again
 * after one second and after eight, and the rate over all that time takes over: few parts in a million.
 */
#include <stddef.h>

#include "arch/cpu.h"
#include "arch/timer.h"
#include "kernel/log.h"
#include "kernel/time/clock.h"
#include "kernel/time/time.h"
#include "kernel/time/timer.h"
#include "lib/compiler.h"

#define FAILURES_MAX 3

static const uint64_t steps_ns[] = {NS_PER_SECOND, 8 * NS_PER_SECOND}; /* since the first sample */

static struct calibration_sample first;
static uint64_t first_ns;
static unsigned step, failures;

_Static_assert(ARRAY_COUNT(steps_ns) <= CLOCK_REFINEMENTS_MAX, "each step is a refinement");

static uint32_t no_timer(void) { return 0; }

static uint64_t read_timestamp(void) { return arch_timestamp(); }

static struct calibration_sample take_sample(void)
{
    const struct calibration_counters counters = {arch_clock_reference(0), read_timestamp,
                                                  no_timer};

    return calibration_take_sample(&counters);
}

static void begin(struct timer *timer)
{
    first = take_sample();
    first_ns = clock_now_ns();
    timer_set(timer, first_ns + steps_ns[step]);
}

/* One of the two counters jumped, or never went at the rate it claimed. A jump is over: begin again. */
static void fail(struct timer *timer)
{
    if (++failures < FAILURES_MAX)
        begin(timer);
    else
        log_warn("clock: TSC and %s do not agree: the rate is not refined",
                 arch_clock_reference(0)->name);
}

static void refine(struct timer *timer)
{
    const struct calibration_sample now = take_sample();
    const struct reference_clock *reference = arch_clock_reference(0);
    struct calibration finer;

    if (!calibration_refine(reference, &first, &now, arch_clock_calibration(), &finer)) {
        fail(timer);
        return;
    }
    clock_refine(finer.timestamp_hz);
    arch_clock_refine(&finer);
    log_debug("clock: TSC %lu.%06lu MHz by %s over %lu s, within %lu ppm",
              finer.timestamp_hz / 1000000, finer.timestamp_hz % 1000000, reference->name,
              steps_ns[step] / NS_PER_SECOND, finer.error_ppm);
    if (++step < ARRAY_COUNT(steps_ns))
        timer_set(timer, first_ns + steps_ns[step]);
}

void time_refine_start(void)
{
    static struct timer timer = {.callback = refine};

    if (clock_is_known() && arch_clock_reference(0))
        begin(&timer);
}
