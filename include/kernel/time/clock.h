/*
 * Nanoseconds since the kernel was entered. The clock is a function of the time-stamp counter alone, made of straight
 * lines of which each begins where the one before ends: so it never jumps and never runs backwards, also where a finer
 * rate takes over. Each CPU adds its own offset to its counter first (struct cpu), so that all CPUs agree.
 */
#ifndef KERNEL_TIME_CLOCK_H
#define KERNEL_TIME_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock_line.h"
#include "lib/clock_warp.h"

/* Time counts from `start`, a value of arch_timestamp(), once arch_clock_calibrate() has succeeded. Boot CPU. */
void clock_init(uint64_t start);

/* Nanoseconds since kernel entry, 0 until a clock is known; never less than any CPU has read before. Any context. */
uint64_t clock_now_ns(void);

/* False until clock_init(), and for good where nothing was found to calibrate by: the time is always 0 then. */
bool clock_is_known(void);

/* How often clock_refine() may be called with effect. */
#define CLOCK_REFINEMENTS_MAX 3

/* The time-stamp counter counts at `hz`, it turned out: the clock goes on at that rate from here. One CPU. */
void clock_refine(uint64_t hz);

/* A difference of time-stamp counter values in microseconds, 0 until a clock is known. */
uint64_t clock_timestamps_to_us(uint64_t difference);

/*
 * For the start of a CPU: one that runs calls clock_check_source() while the new one calls clock_check_target(), both
 * with the same structure, zeros but for the number of readings, interrupts off; up to a quarter of a second each when the other does not
 * come. The new CPU's offset is set so that none of the two is ever seen behind the other, and returned by
 * cpu->clock_offset. Where that cannot be (CLOCK_WARP_UNSTEADY) or is not known (CLOCK_WARP_ALONE), the clock holds itself to what was read last on any
 * CPU from then on: slower, and still never backwards. Without a clock the check runs all the same.
 */
enum clock_warp_result clock_check_source(struct clock_warp *warp);
enum clock_warp_result clock_check_target(struct clock_warp *warp);

#endif
