/* See kernel/time/idle.h. */
#include "kernel/time/idle.h"

#include "arch/cpu.h"
#include "kernel/log.h"
#include "kernel/spinlock.h"
#include "kernel/time/clock.h"
#include "kernel/time/tick.h"

/* What is to be drawn waits for an interrupt: then the tick stays on until one has drawn it. */
void idle_wait_cpu(void)
{
    bool stopped;

    spinlock_check_none_held("held by a CPU that goes idle");
    stopped = !log_drawing_is_due && tick_stop_cpu();
    arch_cpu_idle();
    arch_irq_disable();
    if (stopped)
        tick_start_cpu();
}

/* The interrupt is all that is wanted. */
static void wake(struct timer *timer) { (void)timer; }

void sleep_until_ns(uint64_t deadline_ns)
{
    struct timer timer = {.callback = wake};

    if (!clock_is_known())
        return;
    arch_irq_disable();
    timer_set(&timer, deadline_ns);
    while (timer.deadline.queued)
        idle_wait_cpu();
    arch_irq_enable();
}

void sleep_ns(uint64_t duration_ns) { sleep_until_ns(clock_now_ns() + duration_ns); }
