/* See kernel/watchdog.h. A CPU is reported once, and again only after it has taken interrupts in between. */
#include "kernel/watchdog.h"

#include "arch/cpu.h"
#include "arch/smp.h"
#include "kernel/cpu_call.h"
#include "kernel/fault.h"
#include "kernel/log.h"
#include "kernel/patience.h"
#include "kernel/spinlock.h"
#include "kernel/time/clock.h"
#include "kernel/time/tick.h"
#include "kernel/time/timer.h"

#define LOOKS_A_LIMIT 4
#define NS_PER_MS     UINT64_C(1000000)
#define WAITING_MAX   100

static uint64_t limit_ns;

static uint64_t overdue_ns(const struct cpu *cpu) { return tick_overdue(cpu) * TICK_NS; }

/* One that reports has its interrupts off for as long as the screen takes. */
static void look_at(struct cpu *cpu)
{
    bool stalled = overdue_ns(cpu) > limit_ns && !atomic_load(&cpu->faulted);
    bool was_asked = atomic_load(&cpu->asked_to_report);

    if (stalled && cpu->stalled && was_asked && !cpu->deaf) {
        cpu->deaf = true;
        log_error("watchdog: CPU %0*X takes no interrupts and does not answer an NMI either",
                  cpu_id_digits(), cpu->id);
    }
    if (stalled && !cpu->stalled) {
        atomic_store(&cpu->asked_to_report, true);
        arch_smp_send_nmi(cpu);
    }
    cpu->stalled = stalled;
}

static void look(struct timer *timer)
{
    struct cpu *cpu = cpu_next(cpu_self());

    if (cpu_self()->id == 0)
        for (; cpu; cpu = cpu_next(cpu))
            look_at(cpu);
    else
        look_at(cpu_next(NULL));
    timer_set(timer, clock_now_ns() + limit_ns / LOOKS_A_LIMIT);
}

static void watch_from_here(void *timer)
{
    irq_state_t state = arch_irq_save();

    look(timer);
    arch_irq_restore(state);
}

void watchdog_start(void)
{
    static struct timer first = {.callback = look}, second = {.callback = look};
    struct cpu *next = cpu_next(cpu_self());

    limit_ns = patience_ns();
    if (limit_ns == 0 || !next || !clock_is_known())
        return;
    watch_from_here(&first);
    cpu_run(next, watch_from_here, &second);
}

bool watchdog_was_asked(const struct trap_frame *frame)
{
    char waiting[WAITING_MAX];
    struct interrupted interrupted;

    if (!atomic_exchange(&cpu_self()->asked_to_report, false))
        return false;
    spinlock_describe_waiting(cpu_self(), waiting, sizeof(waiting));
    arch_trap_read_interrupted(frame, &interrupted);
    fault_report_warning(frame, "this CPU has taken no timer interrupt for %lu ms: %s%s%s",
                         overdue_ns(cpu_self()) / NS_PER_MS,
                         interrupted.irq_enabled
                             ? "interrupts are on, but the one that came last has "
                               "not ended"
                             : "interrupts are off",
                         waiting[0] ? "; it " : "", waiting);
    return true;
}
