/* See kernel/time/time.h. */
#include "kernel/time/time.h"

#include "arch/timer.h"
#include "kernel/acpi.h"
#include "kernel/time/clock.h"
#include "kernel/time/tick.h"

void time_init(uint64_t entered)
{
    if (arch_clock_calibrate(acpi_get()))
        clock_init(entered);
    arch_timer_init();
}

void time_init_cpu(void)
{
    arch_timer_init_cpu();
    tick_start_cpu();
}
