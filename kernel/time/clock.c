/* Nanoseconds from the time-stamp counter: one multiplication by a 32.32 fixed-point factor. */
#include "kernel/time/clock.h"

#include "arch/cpu.h"
#include "arch/timer.h"

#define NS_PER_SECOND UINT64_C(1000000000)

static uint64_t start_timestamp;
static uint64_t ns_per_count; /* 32.32 fixed point; 0: no clock */

void clock_init(uint64_t start)
{
    uint64_t hz = arch_timestamp_hz();

    start_timestamp = start;
    ns_per_count = hz ? (NS_PER_SECOND << 32) / hz : 0;
}

static uint64_t to_ns(uint64_t difference)
{
    return (uint64_t)((unsigned __int128)difference * ns_per_count >> 32);
}

uint64_t clock_now_ns(void) { return ns_per_count ? to_ns(arch_timestamp() - start_timestamp) : 0; }

uint64_t clock_timestamps_to_us(uint64_t difference) { return to_ns(difference) / 1000; }
