/*
 * selftest=lost-ticks: over a minute, what each of two busy CPUs was owed, took and lost is counted from outside as well:
 * what it is owed are the periods of the clock that have passed, and what it loses are all of those that pass while its
 * interrupts are masked, but for one.
 */
#include "arch/cpu.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/time/clock.h"
#include "kernel/time/tick.h"
#include "time_selftest.h"

#define DURATION_NS (60 * NS_PER_SECOND)
#define MASKED_NS   (50 * UINT64_C(1000000))

#define LEAD_PERIODS 30

/* A CPU's, and the number of the period in which it was read. */
struct tick_counts {
    uint64_t owed, taken, lost, period;
};

struct load {
    uint64_t start_ns, end_ns;
    struct tick_counts counts; /* from start to end */
    uint64_t masked,
        amiss; /* times with interrupts masked; those that lost another number than they should */
};

static uint64_t period_now(void) { return clock_now_ns() / TICK_NS; }

/* False when a tick is due, or a period ended meanwhile. */
static bool read_at_once(struct tick_counts *counts)
{
    const struct cpu *self = cpu_self();
    irq_state_t state = arch_irq_save();
    uint64_t before = period_now();

    *counts = (struct tick_counts){.owed = tick_owed(self),
                                   .taken = self->tick.taken,
                                   .lost = self->tick.lost,
                                   .period = period_now()};
    arch_irq_restore(state);
    return counts->period == before && counts->taken + counts->lost == counts->owed;
}

static struct tick_counts read_settled(void)
{
    struct tick_counts counts;

    while (!read_at_once(&counts))
        arch_cpu_relax();
    return counts;
}

static struct tick_counts difference(struct tick_counts later, struct tick_counts earlier)
{
    return (struct tick_counts){.owed = later.owed - earlier.owed,
                                .taken = later.taken - earlier.taken,
                                .lost = later.lost - earlier.lost,
                                .period = later.period - earlier.period};
}

static void spin_until(uint64_t deadline)
{
    while (clock_now_ns() < deadline)
        arch_cpu_relax();
}

static void be_busy(void *load_argument)
{
    struct load *load = load_argument;
    struct tick_counts before;

    spin_until(load->start_ns);
    before = read_settled();
    spin_until(load->end_ns);
    load->counts = difference(read_settled(), before);
}

/* Interrupts are masked until `deadline`. When the period in which they are let in again has not ended by the time that
 * the interrupt has been taken, just one tick was. */
static bool mask_until(uint64_t deadline)
{
    struct tick_counts before = read_settled(), passed;
    irq_state_t state = arch_irq_save();
    uint64_t unmasked_in;

    spin_until(deadline);
    unmasked_in = period_now();
    arch_irq_restore(state);
    passed = difference(read_settled(), before);
    return before.period + passed.period != unmasked_in || passed.lost + 1 == passed.period;
}

static void be_masked(void *load_argument)
{
    struct load *load = load_argument;
    struct tick_counts before;
    uint64_t deadline = load->start_ns;

    spin_until(load->start_ns);
    before = read_settled();
    while ((deadline += MASKED_NS) <= load->end_ns) {
        load->masked++;
        load->amiss += !mask_until(deadline);
    }
    load->counts = difference(read_settled(), before);
}

static bool are_all_counted(const struct load *load)
{
    return load->counts.owed == load->counts.period &&
           load->counts.taken + load->counts.lost == load->counts.owed && load->amiss == 0;
}

/* Soon, when all that was logged is drawn; and from early in a period on, so that each time ends early in one: an emulator
 * may not come back to this CPU at once. */
static struct load make_load(void)
{
    uint64_t start_ns = (period_now() + LEAD_PERIODS) * TICK_NS + TICK_NS / 8;

    return (struct load){.start_ns = start_ns, .end_ns = start_ns + DURATION_NS};
}

bool time_selftest_lost_ticks(void)
{
    struct load busy = make_load(), masked = busy;
    struct cpu_request request = {.function = be_masked, .argument = &masked};
    struct cpu *other = cpu_next(cpu_self());

    if (!other || !clock_is_known()) {
        log_info("selftest lost-ticks: there is one CPU alone, or no clock");
        return true;
    }
    cpu_run_begin(other, &request);
    be_busy(&busy);
    cpu_run_wait(&request);
    log_info("selftest lost-ticks: busy: %lu ticks owed, %lu taken, %lu lost", busy.counts.owed,
             busy.counts.taken, busy.counts.lost);
    log_info("selftest lost-ticks: masked %lu times: %lu ticks owed, %lu taken, %lu lost",
             masked.masked, masked.counts.owed, masked.counts.taken, masked.counts.lost);
    return are_all_counted(&busy) && are_all_counted(&masked);
}
