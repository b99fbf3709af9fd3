/*
 * See kernel/time/clock.h. The lines lie in a row, and each is written once, before its number is published: so
 * they are read without a lock, in an NMI too.
 */
#include "kernel/time/clock.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "arch/timer.h"

/* A new line begins in the near future: no CPU is past its start when it is published, and none sees it jump. */
#define LEADS_PER_SECOND 1000

static struct clock_line lines[CLOCK_REFINEMENTS_MAX + 1];
static atomic_uint newest;

static atomic_bool holds_to_last; /* the CPUs' counters do not agree, as far as is known */
static _Atomic uint64_t last_ns;

static uint64_t read_counter(void) { return arch_timestamp() + (uint64_t)cpu_self()->clock_offset; }

void clock_init(uint64_t start)
{
    uint64_t hz = arch_clock_calibration()->timestamp_hz;

    if (hz != 0)
        lines[0] = clock_line_make(start, 0, hz);
}

bool clock_is_known(void) { return lines[0].ns_per_count != 0; }

/* The greatest time that any CPU has been told. */
static uint64_t hold_to_last(uint64_t now)
{
    uint64_t last = atomic_load(&last_ns);

    while (now > last)
        if (atomic_compare_exchange_weak(&last_ns, &last, now))
            return now;
    return last;
}

uint64_t clock_now_ns(void)
{
    uint64_t count = read_counter(), now;
    const struct clock_line *line = &lines[atomic_load_explicit(&newest, memory_order_acquire)];

    if (count < line->start_count && line != lines)
        line--;
    now = clock_line_ns(line, count);
    return atomic_load_explicit(&holds_to_last, memory_order_relaxed) ? hold_to_last(now) : now;
}

void clock_refine(uint64_t hz)
{
    unsigned at = atomic_load(&newest);
    uint64_t start = read_counter() + hz / LEADS_PER_SECOND;

    if (at == CLOCK_REFINEMENTS_MAX || !clock_is_known())
        return;
    lines[at + 1] = clock_line_continue(&lines[at], start, hz);
    atomic_store_explicit(&newest, at + 1, memory_order_release);
}

uint64_t clock_timestamps_to_us(uint64_t difference)
{
    return clock_scale(difference, lines[atomic_load(&newest)].ns_per_count) / 1000;
}

enum clock_warp_result clock_check_source(struct clock_warp *warp)
{
    return clock_warp_source(warp, read_counter);
}

enum clock_warp_result clock_check_target(struct clock_warp *warp)
{
    enum clock_warp_result result =
        clock_warp_target(warp, read_counter, &cpu_self()->clock_offset);

    if (result == CLOCK_WARP_UNSTEADY || result == CLOCK_WARP_ALONE)
        atomic_store(&holds_to_last, true);
    return result;
}
