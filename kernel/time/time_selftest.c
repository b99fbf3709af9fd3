/* See time_selftest.h. */
#include "time_selftest.h"

#include "arch/cpu.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "kernel/log.h"
#include "kernel/time/clock.h"
#include "kernel/time/idle.h"
#include "kernel/time/tick.h"
#include "lib/compiler.h"

#define NS_PER_MS       UINT64_C(1000000)
#define READINGS        100000
#define TIMERS          1000
#define SPREAD_NS       (50 * NS_PER_MS)
#define SLEEPS          20
#define IDLE_NS         (300 * NS_PER_MS)
#define BUSY_NS         (105 * NS_PER_MS)
#define MASKED_NS       (50 * NS_PER_MS)
#define PERIODIC_COUNT  50
#define PERCENT_ALLOWED 2

static bool is_monotonic(void)
{
    uint64_t last = clock_now_ns();

    for (unsigned i = 0; i < READINGS; i++) {
        uint64_t now = clock_now_ns();

        if (now < last)
            return false;
        last = now;
    }
    return true;
}

/* ---- timers ---- */

static struct timer timers[TIMERS];
static unsigned calls, early, misplaced;
static uint64_t last_deadline;

static void on_deadline(struct timer *timer)
{
    calls++;
    early += clock_now_ns() < timer->deadline.at_ns;
    misplaced += timer->deadline.at_ns < last_deadline;
    last_deadline = timer->deadline.at_ns;
}

/* Scattered over the time to come; every third is cancelled, and every third moved behind all others. */
static bool timers_come_in_order(void)
{
    uint64_t start = clock_now_ns(), end = start + 2 * SPREAD_NS;
    unsigned cancelled = 0;

    calls = early = misplaced = 0;
    last_deadline = 0;
    for (unsigned i = 0; i < TIMERS; i++) {
        timers[i] = (struct timer){.callback = on_deadline};
        timer_set(&timers[i], end + i * 7919 % TIMERS * (SPREAD_NS / TIMERS));
    }
    for (unsigned i = 0; i < TIMERS; i += 3)
        cancelled += timer_cancel(&timers[i]);
    for (unsigned i = 1; i < TIMERS; i += 3)
        timer_set(&timers[i], end + SPREAD_NS + i);
    sleep_until_ns(end + 2 * SPREAD_NS);
    log_info("selftest time: %u timers: %u called, %u cancelled, %u early, %u out of order", TIMERS,
             calls, cancelled, early, misplaced);
    return calls + cancelled == TIMERS && cancelled == (TIMERS + 2) / 3 && early == 0 &&
           misplaced == 0 && !timer_cancel(&timers[1]);
}

static bool sleeps_are_not_early(void)
{
    for (unsigned i = 0; i < SLEEPS; i++) {
        uint64_t deadline = clock_now_ns() + i * i * 10000;

        sleep_until_ns(deadline);
        if (clock_now_ns() < deadline)
            return false;
    }
    return true;
}

/* ---- the tick ---- */

static void spin_until(uint64_t deadline)
{
    while (clock_now_ns() < deadline)
        arch_cpu_relax();
}

/* Busy: as many ticks are owed as tenths of a second hold, and none is left. Idle: none, or those of the moments between
 * two halts. */
static bool tick_follows_load(void)
{
    uint64_t before = tick_owed(cpu_self()), busy, idle;

    spin_until(clock_now_ns() + BUSY_NS);
    busy = tick_owed(cpu_self()) - before;
    before += busy;
    sleep_ns(IDLE_NS);
    idle = tick_owed(cpu_self()) - before;
    log_info("selftest time: %lu ticks in %lu ms busy, %lu in %lu ms idle", busy,
             (unsigned long)(BUSY_NS / NS_PER_MS), idle, (unsigned long)(IDLE_NS / NS_PER_MS));
    return busy >= BUSY_NS * TICK_HZ / NS_PER_SECOND && idle <= 3;
}

/* What was taken and what was lost are all that was owed, as soon as an interrupt has come for them. */
static bool ticks_are_settled(uint64_t at_least)
{
    const struct tick *tick = &cpu_self()->tick;
    uint64_t end = clock_now_ns() + MASKED_NS, settled, owed;

    do {
        irq_state_t state = arch_irq_save();

        settled = tick->taken + tick->lost;
        owed = tick_owed(cpu_self());
        arch_irq_restore(state);
    } while (settled != owed && clock_now_ns() < end);
    return settled == owed && settled >= at_least;
}

/* While interrupts are masked the ticks are overdue; afterwards one is taken and the others are lost. */
static bool lost_ticks_are_counted(void)
{
    const struct tick *tick = &cpu_self()->tick;
    irq_state_t state = arch_irq_save();
    uint64_t settled = tick->taken + tick->lost, lost = tick->lost, overdue;

    spin_until(clock_now_ns() + MASKED_NS);
    overdue = tick_overdue(cpu_self());
    arch_irq_restore(state);
    log_info("selftest time: %lu ticks overdue after %lu ms with interrupts masked", overdue,
             (unsigned long)(MASKED_NS / NS_PER_MS));
    return overdue >= MASKED_NS * TICK_HZ / NS_PER_SECOND && ticks_are_settled(settled + overdue) &&
           tick->lost >= lost + overdue - 1;
}

/* ---- the rest ---- */

static bool period_is_kept(void)
{
    uint64_t counts = arch_time_periodic_interrupts(NS_PER_MS, PERIODIC_COUNT);
    uint64_t wanted = arch_clock_calibration()->timestamp_hz / 1000 * PERIODIC_COUNT;

    timer_restart_cpu();
    log_info("selftest time: %u periodic interrupts took %lu us", PERIODIC_COUNT,
             clock_timestamps_to_us(counts));
    return counts > wanted - wanted * PERCENT_ALLOWED / 100 &&
           counts < wanted + wanted * PERCENT_ALLOWED / 100;
}

static const struct {
    const char *what;
    bool (*holds)(void);
} claims[] = {
    {"the clock runs backwards", is_monotonic},
    {"timers do not come as they should", timers_come_in_order},
    {"a sleep ends early", sleeps_are_not_early},
    {"the tick does not follow the load", tick_follows_load},
    {"lost ticks are not counted", lost_ticks_are_counted},
    {"the periodic timer does not keep its period", period_is_kept},
};

bool time_selftest(void)
{
    bool well = true;

    if (!clock_is_known()) {
        log_error("selftest time: there is no clock");
        return false;
    }
    for (unsigned i = 0; i < ARRAY_COUNT(claims); i++) {
        if (claims[i].holds())
            continue;
        log_error("selftest time: %s", claims[i].what);
        well = false;
    }
    return well;
}
