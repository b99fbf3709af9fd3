/* See kernel/patience.h. */
#include "kernel/patience.h"

#include "arch/cpu.h"
#include "arch/machine.h"
#include "arch/timer.h"

#define SECONDS             2
#define CPUS_A_SECOND       16 /* under a hypervisor, which may give all of them one CPU of its own */
#define SPINS_WITHOUT_CLOCK (UINT64_C(1) << 28)

void patience_start(struct patience *patience)
{
    *patience = (struct patience){.start = arch_timestamp()};
}

static uint64_t seconds(void)
{
    return SECONDS + (arch_machine_is_virtual() ? cpu_count() / CPUS_A_SECOND : 0);
}

bool patience_is_over(struct patience *patience)
{
    uint64_t hz = arch_clock_calibration()->timestamp_hz;

    if (hz == 0)
        return patience->spins++ > SPINS_WITHOUT_CLOCK;
    return arch_timestamp() - patience->start > seconds() * hz;
}
