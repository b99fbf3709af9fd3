/*
 * See kernel/cpu_start.h. The machine brings the CPUs up, all at the same time; then one after the other compares its
 * clock with the boot CPU's, and only then gets timers, for no timer may see its clock change.
 */
#include "kernel/cpu_start.h"

#include "arch/cpu.h"
#include "arch/machine.h"
#include "arch/smp.h"
#include "boot.h"
#include "kernel/acpi.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/time/clock.h"
#include "kernel/time/time.h"

/* A hypervisor makes the counters itself, and may let the two CPUs wait long for one another. */
#define READINGS         100
#define READINGS_VIRTUAL 4

static void check_own_clock(void *warp)
{
    irq_state_t state = arch_irq_save();

    clock_check_target(warp);
    time_init_cpu();
    arch_irq_restore(state);
}

static enum clock_warp_result compare_clocks(struct cpu *cpu)
{
    struct clock_warp warp = {.readings = arch_machine_is_virtual() ? READINGS_VIRTUAL : READINGS};
    struct cpu_request request = {.function = check_own_clock, .argument = &warp};
    enum clock_warp_result result;
    irq_state_t state;

    cpu_run_begin(cpu, &request);
    state = arch_irq_save();
    result = clock_check_source(&warp);
    arch_irq_restore(state);
    cpu_run_wait(&request);
    return result;
}

static unsigned counts[CLOCK_WARP_RESULTS]; /* CPUs, by how their clocks were found */

unsigned cpus_with_clock(enum clock_warp_result result) { return counts[result]; }

static void log_clocks(void)
{
    if (counts[CLOCK_WARP_ADJUSTED])
        log_info("clock: %u CPUs' time-stamp counters differ from the first one's; that is made up "
                 "for",
                 counts[CLOCK_WARP_ADJUSTED]);
    if (counts[CLOCK_WARP_UNSTEADY])
        log_warn("clock: %u CPUs' time-stamp counters do not agree with the first one's for long: "
                 "the time is held to the last that was read",
                 counts[CLOCK_WARP_UNSTEADY]);
    if (counts[CLOCK_WARP_ALONE])
        log_warn("clock: %u CPUs' time-stamp counters could not be compared, one of the two was "
                 "too slow: the time is held to the last that was read",
                 counts[CLOCK_WARP_ALONE]);
}

/* In counts of the time-stamp counter, for the bench; the rest of the boot is in kernel/main.c. */
static void log_times(uint64_t began, uint64_t waited, uint64_t started)
{
    if (boot_options.bench[0] != '\0' && cpu_count() > 1)
        log_info("boot CPUs: start %lu, wait %lu, clocks %lu", started - began - waited, waited,
                 arch_timestamp() - started);
}

void cpus_start(void)
{
    uint64_t began = arch_timestamp(), waited, started;
    struct cpu *cpu = cpu_self();

    waited = arch_smp_start(&acpi_get()->madt, boot_options.maxcpus, boot_info.low_page);
    started = arch_timestamp();
    while ((cpu = cpu_next(cpu)))
        counts[compare_clocks(cpu)]++;
    log_clocks();
    log_times(began, waited, started);
}
