/* Time since the kernel was entered. */
#ifndef KERNEL_TIME_CLOCK_H
#define KERNEL_TIME_CLOCK_H

#include <stdint.h>

/* Time counts from `start`, a value of arch_timestamp(), once arch_clock_calibrate() has succeeded.
 * Boot CPU. */
void clock_init(uint64_t start);

/* Nanoseconds since kernel entry, 0 until a clock is known. Any context. */
uint64_t clock_now_ns(void);

/* A difference of time-stamp counter values in microseconds, 0 until a clock is known. */
uint64_t clock_timestamps_to_us(uint64_t difference);

#endif
