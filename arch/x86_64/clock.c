/*
 * How fast the time-stamp counter and the local APIC timer count: the best source that the machine has is found and
 * asked. A rate that CPUID tells needs no reference for itself; the APIC timer is then measured against the counter.
 */
#include "arch/timer.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "kernel/log.h"
#include "lib/compiler.h"
#include "x86/cpuid.h"
#include "x86/cpuid_clock.h"
#include "x86/lapic.h"
#include "x86/lapic_timer.h"
#include "x86/reference.h"

#define LEAF_CRYSTAL          0x15
#define LEAF_FREQUENCY        0x16
#define LEAF_HYPERVISOR       0x40000000
#define LEAF_HYPERVISOR_CLOCK 0x40000010

static struct calibration calibration;

/* What goes round seldom enough for measuring over seconds, best first. */
static const struct reference_clock *lasting[2];
static unsigned lasting_count, named_count;
static struct calibration_sample first_samples[ARRAY_COUNT(lasting)];

static uint64_t read_timestamp(void) { return arch_timestamp(); }

static uint32_t read_timer(void) { return lapic_read(LAPIC_TIMER_CURRENT); }

/* ---- the time-stamp counter as its own reference ---- */

static uint32_t read_low_timestamp(void) { return (uint32_t)arch_timestamp(); }

static struct reference_clock told = {
    .mask = UINT32_MAX, .run_us = 200, .read = read_low_timestamp};

static struct cpuid_clock ask_cpuid(void)
{
    struct cpuid_clock_leaves leaves = {0};

    if (x86_has(X86_HYPERVISOR)) {
        leaves.hypervisor = x86_cpuid(LEAF_HYPERVISOR, 0);
        leaves.hypervisor_clock = x86_cpuid(LEAF_HYPERVISOR_CLOCK, 0);
    }
    if (x86_has(X86_INVARIANT_TSC)) {
        leaves.crystal = x86_cpuid(LEAF_CRYSTAL, 0);
        leaves.frequency = x86_cpuid(LEAF_FREQUENCY, 0);
    }
    return cpuid_clock_read(&leaves);
}

/* ---- measuring ---- */

static bool measure(const struct reference_clock *reference)
{
    struct calibration_counters counters = {reference, read_timestamp, read_timer};
    enum calibration_result result;

    lapic_write(LAPIC_TIMER_DIVIDE, LAPIC_DIVIDE_BY_1);
    lapic_write(LAPIC_TIMER_INITIAL, UINT32_MAX);
    result = calibration_run(&counters, &calibration);
    lapic_write(LAPIC_TIMER_INITIAL, 0);
    if (result != CALIBRATION_OK)
        log_warn("clock: %s %s: not used", reference->name, calibration_result_text(result));
    return result == CALIBRATION_OK;
}

static const struct reference_clock *measure_by_cpuid(void)
{
    struct cpuid_clock clock = ask_cpuid();

    told.name = clock.source;
    told.hz = clock.tsc_hz;
    if (told.hz == 0 || !measure(&told))
        return NULL;
    calibration.timestamp_hz = clock.tsc_hz; /* and what was measured is the local APIC timer */
    calibration.error_ppm = clock.error_ppm;
    return &told;
}

/* One that is broken is not to refine the rate either. */
static const struct reference_clock *measure_by_devices(void)
{
    const struct reference_clock *pit;

    for (; lasting_count > 0; lasting_count--) {
        if (measure(lasting[0]))
            return lasting[0];
        lasting[0] = lasting[1];
    }
    pit = pit_start();
    return measure(pit) ? pit : NULL;
}

static void add_lasting(const struct reference_clock *reference, bool is_named)
{
    named_count += is_named;
    if (reference)
        lasting[lasting_count++] = reference;
}

static struct calibration_sample sample(unsigned number)
{
    const struct calibration_counters counters = {lasting[number], read_timestamp, read_timer};

    return calibration_take_sample(&counters);
}

static void log_rates(const char *source)
{
    uint64_t tsc_hz = calibration.timestamp_hz, timer_hz = calibration.timer_hz;

    log_info("clock: TSC %lu.%03lu MHz%s, local APIC timer %lu.%03lu MHz, by %s, within %lu ppm",
             tsc_hz / 1000000, tsc_hz / 1000 % 1000,
             x86_has(X86_INVARIANT_TSC) ? "" : " (not invariant)", timer_hz / 1000000,
             timer_hz / 1000 % 1000, source, calibration.error_ppm);
}

bool arch_clock_calibrate(const struct acpi *acpi)
{
    const struct reference_clock *source;

    add_lasting(hpet_find(acpi), acpi->has_hpet);
    add_lasting(pm_timer_find(acpi), acpi->fadt.pm_timer.address != 0);
    source = measure_by_cpuid();
    if (!source)
        source = measure_by_devices();
    if (!source || calibration.timer_hz == 0) {
        log_warn("clock: %s: log times stay 0 and there are no ticks",
                 source ? "the local APIC timer stands still" : "nothing counts to measure it by");
        calibration = (struct calibration){0};
        return false;
    }
    log_rates(source->name);
    for (unsigned i = 0; i < lasting_count; i++)
        first_samples[i] = sample(i);
    return true;
}

unsigned arch_clock_count_refused(void) { return named_count - lasting_count; }

/* The rates are known to some hundred parts in a million, and short times make for wide bounds; a clock that is broken is
 * off by far more. */
unsigned arch_clock_count_disagreeing(void)
{
    struct calibration found;
    unsigned count = 0;

    for (unsigned i = 0; calibration.timestamp_hz != 0 && i < lasting_count; i++) {
        struct calibration_sample now = sample(i);

        count += !calibration_refine(lasting[i], &first_samples[i], &now, &calibration, &found);
    }
    return count;
}

const struct calibration *arch_clock_calibration(void) { return &calibration; }

void arch_clock_refine(const struct calibration *finer)
{
    calibration = *finer;
    lapic_timer_set_rates();
}

const struct reference_clock *arch_clock_reference(unsigned number)
{
    return number < lasting_count ? lasting[number] : NULL;
}
