/* Rows of the bench about several CPUs. */
#ifndef KERNEL_CPU_BENCH_H
#define KERNEL_CPU_BENCH_H

#include "kernel/bench.h"

extern const struct bench_row cpu_bench_rows[];
extern const unsigned cpu_bench_row_count;

#endif
