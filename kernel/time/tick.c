/* See kernel/time/tick.h. */
#include "kernel/time/tick.h"

#include "arch/cpu.h"
#include "kernel/log.h"

#define STATUS_TICKS (TICK_HZ / 4) /* often enough that no second of the uptime is missed */

void tick(void)
{
    if (cpu_self()->ticks % STATUS_TICKS == 0)
        log_want_drawing();
}
