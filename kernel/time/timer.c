/* See kernel/time/timer.h. */
#include "kernel/time/timer.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/timer.h"
#include "kernel/panic.h"
#include "kernel/time/clock.h"

_Static_assert(offsetof(struct timer, deadline) == 0, "a deadline is its timer");

/* The hardware is told the earliest deadline; an interrupt that comes too early, because it cannot wait that long or
 * counts a little too fast, comes here again. */
static void arm(struct timers *timers, uint64_t now)
{
    uint64_t first = deadline_queue_first_ns(&timers->queue);

    if (first != DEADLINE_NEVER)
        timers->quiet_until = arch_timer_start_cpu(first > now ? first - now : 0);
}

/* Those that are due now, and not what their callbacks set for now: an interrupt ends. */
static void call_due(struct deadline_queue *queue)
{
    uint64_t now = clock_now_ns();

    while (deadline_queue_first_ns(queue) <= now) {
        struct timer *timer = (struct timer *)queue->first;

        deadline_queue_remove(queue, &timer->deadline);
        timer->callback(timer);
    }
}

/* One that comes much too early is not the timer's (an INT instruction raises it, too): that still counts. */
void timer_interrupt(void)
{
    struct timers *timers = &cpu_self()->timers;

    if (arch_timestamp() < timers->quiet_until)
        return;
    call_due(&timers->queue);
    arm(timers, clock_now_ns());
}

void timer_restart_cpu(void)
{
    irq_state_t state = arch_irq_save();

    arm(&cpu_self()->timers, clock_now_ns());
    arch_irq_restore(state);
}

static void take_out(struct timer *timer)
{
    if (timer->cpu != cpu_self())
        panic("a timer of CPU %X is touched by CPU %X", timer->cpu->id, cpu_self()->id);
    deadline_queue_remove(&timer->cpu->timers.queue, &timer->deadline);
}

void timer_set(struct timer *timer, uint64_t deadline_ns)
{
    irq_state_t state = arch_irq_save();
    struct timers *timers = &cpu_self()->timers;

    if (timer->deadline.queued)
        take_out(timer);
    timer->cpu = cpu_self();
    deadline_queue_add(&timers->queue, &timer->deadline, deadline_ns);
    if (timers->queue.first == &timer->deadline)
        arm(timers, clock_now_ns());
    arch_irq_restore(state);
}

bool timer_cancel(struct timer *timer)
{
    irq_state_t state = arch_irq_save();
    bool was_set = timer->deadline.queued;

    if (was_set)
        take_out(timer);
    arch_irq_restore(state);
    return was_set;
}
