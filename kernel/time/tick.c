/*
 * See kernel/time/tick.h. One word says what a CPU owes, so that it can be read from anywhere: while the tick is off, the
 * number itself; while it is on, RUNNING and the period's number from which it is counted.
 */
#include "kernel/time/tick.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "kernel/time/clock.h"
#include "kernel/user/scheduler.h"
#include "lib/bits.h"

#define RUNNING BIT(63)

/* `now` is read after the word: it is not before the moment at which that was written, on no CPU. */
static uint64_t owed_at(uint64_t word, uint64_t now)
{
    return word & RUNNING ? now / TICK_NS - (word & ~RUNNING) : word;
}

uint64_t tick_owed(const struct cpu *cpu)
{
    uint64_t word = atomic_load(&cpu->tick.owed);

    return owed_at(word, clock_now_ns());
}

uint64_t tick_overdue(const struct cpu *cpu)
{
    uint64_t settled = atomic_load(&cpu->tick.taken) + atomic_load(&cpu->tick.lost);
    uint64_t owed = tick_owed(cpu);

    return owed > settled ? owed - settled : 0;
}

static void set_next(struct tick *tick, uint64_t now)
{
    timer_set(&tick->timer, (now / TICK_NS + 1) * TICK_NS);
}

/* Of several that are due one is taken, and the others are lost. */
static void on_tick(struct timer *timer)
{
    struct tick *tick = (struct tick *)timer;
    uint64_t now = clock_now_ns();

    tick->taken++;
    scheduler_tick_cpu();
    tick->lost = owed_at(tick->owed, now) - tick->taken;
    set_next(tick, now);
}

void tick_start_cpu(void)
{
    struct tick *tick = &cpu_self()->tick;
    uint64_t now = clock_now_ns();

    if (tick->owed & RUNNING || !clock_is_known())
        return;
    tick->timer.callback = on_tick;
    tick->owed = RUNNING | (now / TICK_NS - tick->owed);
    set_next(tick, now);
}

bool tick_stop_cpu(void)
{
    struct tick *tick = &cpu_self()->tick;

    if (!(tick->owed & RUNNING) || tick_overdue(cpu_self()) > 0)
        return false;
    timer_cancel(&tick->timer);
    tick->owed = tick->taken + tick->lost;
    return true;
}
