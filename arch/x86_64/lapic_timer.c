/*
 * The local APIC's timer: one interrupt after a delay, by its own count or by the time-stamp counter, or many at an
 * interval. Source: Intel SDM vol. 3A, 10.5.4.
 */
#include "x86/lapic_timer.h"

#include "arch/cpu.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "kernel/log.h"
#include "kernel/time/tick.h"
#include "lib/clock_line.h"
#include "x86/cpuid.h"
#include "x86/exceptions.h"
#include "x86/registers.h"

#define EARLY_DIVISOR 16 /* no rate is measured that badly */

static enum lapic_timer_mode mode;
static struct lapic_timer_rates rates;

enum lapic_timer_mode lapic_timer_choose(bool has_deadline, bool is_invariant)
{
    return has_deadline && is_invariant ? LAPIC_TSC_DEADLINE : LAPIC_ONE_SHOT;
}

struct lapic_timer_rates lapic_timer_rates(const struct calibration *calibration)
{
    if (calibration->timer_hz == 0)
        return (struct lapic_timer_rates){0};
    return (struct lapic_timer_rates){
        .timer_per_ns = clock_factor(NS_PER_SECOND, calibration->timer_hz),
        .tsc_per_ns = clock_factor(NS_PER_SECOND, calibration->timestamp_hz),
        .most_ns = (UINT32_MAX - 1) * NS_PER_SECOND / calibration->timer_hz,
    };
}

uint32_t lapic_timer_count(const struct lapic_timer_rates *by, uint64_t delay_ns)
{
    return (uint32_t)clock_scale(delay_ns, by->timer_per_ns) + 1;
}

uint64_t lapic_timer_deadline(const struct lapic_timer_rates *by, uint64_t now, uint64_t delay_ns)
{
    return now + clock_scale(delay_ns, by->tsc_per_ns) + 1;
}

uint64_t lapic_timer_earliest(const struct lapic_timer_rates *by, uint64_t now, uint64_t delay_ns)
{
    return now + clock_scale(delay_ns - delay_ns / EARLY_DIVISOR, by->tsc_per_ns);
}

void lapic_timer_set_rates(void) { rates = lapic_timer_rates(arch_clock_calibration()); }

static void on_timer(struct trap_frame *frame)
{
    (void)frame;
    lapic_eoi();
    timer_interrupt();
}

void arch_timer_init(void)
{
    mode = lapic_timer_choose(x86_has(X86_TSC_DEADLINE), x86_has(X86_INVARIANT_TSC));
    lapic_timer_set_rates();
    trap_set_handler(VECTOR_LAPIC_TIMER, on_timer);
    if (rates.most_ns != 0)
        log_info("timer: local APIC in %s mode, %u Hz where a CPU is busy",
                 mode == LAPIC_TSC_DEADLINE ? "TSC-deadline" : "one-shot", TICK_HZ);
}

/* A write to the deadline's MSR could overtake the change of mode, which is a write to memory (10.5.4.1). */
static void set_mode(enum lapic_timer_mode wanted)
{
    lapic_write(LAPIC_TIMER_INITIAL, 0);
    lapic_write(LAPIC_TIMER_DIVIDE, LAPIC_DIVIDE_BY_1);
    lapic_write(LAPIC_LVT_TIMER, lapic_lvt_value(&(struct lapic_lvt){.vector = VECTOR_LAPIC_TIMER,
                                                                     .timer_mode = wanted}));
    __asm__ volatile("mfence" : : : "memory");
}

void arch_timer_init_cpu(void) { set_mode(mode); }

uint64_t arch_timer_start_cpu(uint64_t delay_ns)
{
    uint64_t now = arch_timestamp(), cut_ns = delay_ns < rates.most_ns ? delay_ns : rates.most_ns;

    if (rates.most_ns == 0)
        return 0;
    if (mode == LAPIC_TSC_DEADLINE)
        x86_write_msr(MSR_TSC_DEADLINE, lapic_timer_deadline(&rates, now, cut_ns));
    else
        lapic_write(LAPIC_TIMER_INITIAL, lapic_timer_count(&rates, cut_ns));
    return lapic_timer_earliest(&rates, now, cut_ns);
}

void arch_timer_start_periodic_cpu(uint64_t period_ns)
{
    set_mode(LAPIC_PERIODIC);
    lapic_write(LAPIC_TIMER_INITIAL, lapic_timer_count(&rates, period_ns));
}
