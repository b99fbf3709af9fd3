/*
 * The clock against those whose rate is known, from outside: its nanoseconds are taken for counts of an unknown rate, and
 * that rate must be 1 GHz.
 */
#include "arch/cpu.h"
#include "arch/timer.h"
#include "kernel/log.h"
#include "kernel/time/clock.h"
#include "kernel/time/idle.h"
#include "time_selftest.h"

#define REFINED_AFTER_NS (1100 * UINT64_C(1000000))
#define DURATION_NS      (10 * NS_PER_SECOND)
#define DRIFT_PPM_MAX    500
#define REFERENCES_MAX   2

static uint32_t no_timer(void) { return 0; }

static struct calibration_sample take_sample(const struct reference_clock *reference)
{
    const struct calibration_counters counters = {reference, clock_now_ns, no_timer};
    irq_state_t state = arch_irq_save();
    struct calibration_sample sample = calibration_take_sample(&counters);

    arch_irq_restore(state);
    return sample;
}

static bool is_within(const struct reference_clock *reference,
                      const struct calibration_sample *first, const struct calibration_sample *last)
{
    const struct calibration claimed = {.timestamp_hz = NS_PER_SECOND, .error_ppm = DRIFT_PPM_MAX};
    struct calibration found;
    uint64_t drift_ppm;

    if (!calibration_refine(reference, first, last, &claimed, &found)) {
        log_error("selftest drift: the clock and %s do not agree", reference->name);
        return false;
    }
    drift_ppm = calibration_difference_ppm(found.timestamp_hz, NS_PER_SECOND);
    log_info("selftest drift: %lu ppm from %s over %lu s", drift_ppm, reference->name,
             (unsigned long)(DURATION_NS / NS_PER_SECOND));
    return drift_ppm <= DRIFT_PPM_MAX;
}

bool time_selftest_drift(void)
{
    struct calibration_sample first[REFERENCES_MAX], last;
    const struct reference_clock *reference;
    bool well = true;

    if (!arch_clock_reference(0))
        log_info("selftest drift: there is no other clock");
    sleep_until_ns(REFINED_AFTER_NS);
    for (unsigned i = 0; (reference = arch_clock_reference(i)); i++)
        first[i] = take_sample(reference);
    sleep_ns(DURATION_NS);
    for (unsigned i = 0; (reference = arch_clock_reference(i)); i++) {
        last = take_sample(reference);
        well = is_within(reference, &first[i], &last) && well;
    }
    return well;
}
