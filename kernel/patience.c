/* See kernel/patience.h. */
#include "kernel/patience.h"

#include "arch/cpu.h"
#include "arch/machine.h"
#include "arch/timer.h"
#include "kernel/time/clock.h"

#define CPUS_A_SECOND       16 /* under a hypervisor, which may give all of them one CPU of its own */
#define SPINS_WITHOUT_CLOCK (UINT64_C(1) << 28)

static unsigned wanted_seconds = 2;

void patience_set(unsigned seconds) { wanted_seconds = seconds; }

static uint64_t seconds(void)
{
    if (wanted_seconds == 0)
        return 0;
    return wanted_seconds + (arch_machine_is_virtual() ? cpu_count() / CPUS_A_SECOND : 0);
}

uint64_t patience_ns(void) { return seconds() * NS_PER_SECOND; }

void patience_start(struct patience *patience)
{
    *patience = (struct patience){.start = arch_timestamp()};
}

bool patience_is_over(struct patience *patience)
{
    uint64_t hz = arch_clock_calibration()->timestamp_hz;

    if (wanted_seconds == 0)
        return false;
    if (hz == 0)
        return patience->spins++ > SPINS_WITHOUT_CLOCK;
    return arch_timestamp() - patience->start > seconds() * hz;
}
