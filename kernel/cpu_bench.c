/*
 * What CPUs ask of one another costs. The others idle meanwhile. Under icount they run when this one waits and not before:
 * a row that asks without waiting has this CPU's instructions alone, one that waits has everybody's.
 */
#include "cpu_bench.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/cpu_call.h"
#include "lib/compiler.h"

static void do_nothing(void *unused) { (void)unused; }

/* Another CPU; where there is none, this one. */
static void call_one(void)
{
    struct cpu *other = cpu_next(cpu_self());

    cpu_call(other ? other : cpu_self(), do_nothing, NULL);
}

/* clang-format off */
const struct bench_row cpu_bench_rows[] = {
    {.name = "cpus-call", .round = call_one},
    {.name = "cpus-flush-ask", .prepare = arch_bench_flush_wait, .round = arch_bench_flush_ask,
     .finish = arch_bench_flush_wait},
    {.name = "cpus-flush-wait", .prepare = arch_bench_flush_ask, .round = arch_bench_flush_wait},
};
/* clang-format on */

const unsigned cpu_bench_row_count = ARRAY_COUNT(cpu_bench_rows);
