/* The rows of the bench that are about memory. */
#ifndef KERNEL_MM_MEMORY_BENCH_H
#define KERNEL_MM_MEMORY_BENCH_H

#include "kernel/bench.h"

extern const struct bench_row memory_bench_rows[];
extern const unsigned memory_bench_row_count;

#endif
