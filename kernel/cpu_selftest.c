/*
 * selftest=cpus: every CPU answers every other, whatever both are at. How often a function ran is counted on the CPU that
 * ran it, so that a request that is lost, done twice or done elsewhere shows.
 */
#include "cpu_selftest.h"

#include "arch/cpu.h"
#include "kernel/audit.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "lib/compiler.h"

#define ROUNDS 10

static atomic_uint calls_of[CPUS_MAX]; /* by the CPU that did them */
static atomic_uint calls_amiss;        /* interrupts were on in a call, or off in a run */

static void count_call(void *unused)
{
    (void)unused;
    if (arch_irq_enabled())
        atomic_fetch_add(&calls_amiss, 1);
    atomic_fetch_add(&calls_of[cpu_self()->id], 1);
}

static bool is_on_main_stack(const void *local)
{
    const struct stack *stack = &cpu_self()->stacks[STACK_MAIN];

    return (vaddr_t)local >= stack->low && (vaddr_t)local < stack->high;
}

static void count_run(void *unused)
{
    (void)unused;
    if (!arch_irq_enabled() || !is_on_main_stack(&unused))
        atomic_fetch_add(&calls_amiss, 1);
    atomic_fetch_add(&calls_of[cpu_self()->id], 1);
}

/* Whether each CPU but the calling one did `others` calls and that one `own`, nothing amiss; starts anew. */
static bool were_done(unsigned others, unsigned own)
{
    bool well = atomic_exchange(&calls_amiss, 0) == 0;

    for (const struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        if (atomic_exchange(&calls_of[cpu->id], 0) != (cpu == cpu_self() ? own : others))
            well = false;
    return well;
}

static bool calls_one_by_one(void)
{
    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        cpu_call(cpu, count_call, NULL);
    return were_done(1, 1);
}

static bool calls_to_all(void)
{
    cpu_call_others(count_call, NULL);
    return were_done(1, 0);
}

/* As under a lock: the answer comes all the same, and interrupts stay off. */
static bool calls_with_interrupts_off(void)
{
    irq_state_t state = arch_irq_save();
    bool stayed_off;

    cpu_call_others(count_call, NULL);
    stayed_off = !arch_irq_enabled();
    arch_irq_restore(state);
    return were_done(1, 0) && stayed_off;
}

/* Each waits for the others with interrupts off, and is waited for. */
static void call_all_others(void *unused)
{
    irq_state_t state = arch_irq_save();

    (void)unused;
    for (unsigned round = 0; round < ROUNDS; round++)
        cpu_call_others(count_call, NULL);
    arch_irq_restore(state);
}

static void call_boot_cpu(void *boot_cpu)
{
    irq_state_t state = arch_irq_save();

    for (unsigned round = 0; round < ROUNDS; round++)
        cpu_call(boot_cpu, count_call, NULL);
    arch_irq_restore(state);
}

/* Each of the others in turn with the boot CPU, which calls all meanwhile. */
static bool two_call_each_other(void)
{
    unsigned others = cpu_count() - 1;

    for (struct cpu *cpu = cpu_next(cpu_self()); cpu; cpu = cpu_next(cpu)) {
        struct cpu_request request = {.function = call_boot_cpu, .argument = cpu_self()};
        irq_state_t state = arch_irq_save();

        cpu_run_begin(cpu, &request);
        for (unsigned round = 0; round < ROUNDS; round++)
            cpu_call(cpu, count_call, NULL);
        cpu_run_wait(&request);
        arch_irq_restore(state);
    }
    return were_done(ROUNDS, others * ROUNDS);
}

/* Who waits with interrupts on may see a call before it is interrupted: off they must be in it all the same. */
static bool who_waits_is_called(void)
{
    unsigned others = cpu_count() - 1;

    for (struct cpu *cpu = cpu_next(cpu_self()); cpu; cpu = cpu_next(cpu))
        cpu_run(cpu, call_boot_cpu, cpu_self());
    return were_done(0, others * ROUNDS);
}

static bool all_call_all(void)
{
    unsigned calls = (cpu_count() - 1) * ROUNDS;

    cpu_run_on_all(call_all_others, NULL);
    return were_done(calls, calls);
}

static bool runs_one_by_one(void)
{
    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        cpu_run(cpu, count_run, NULL);
    return were_done(1, 1);
}

static bool runs_on_all(void)
{
    cpu_run_on_all(count_run, NULL);
    return were_done(1, 1);
}

static void notice_a_change(void *noticed)
{
    irq_state_t state = arch_irq_save();

    *(bool *)noticed = arch_cpu_verify_notices();
    arch_irq_restore(state);
}

/* On the last CPU, which is not the one that the end of the boot runs on. */
static bool registers_are_watched(void)
{
    struct cpu *last = NULL;
    bool noticed = false;

    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        last = cpu;
    cpu_run(last, notice_a_change, &noticed);
    return noticed;
}

static void drop_protection(void *unused)
{
    (void)unused;
    arch_cpu_drop_protection();
}

static void set_registers(void *unused)
{
    (void)unused;
    arch_cpu_init_cpu();
}

/* The audit fails for what any one of the others lost, and passes once that has it again. */
static bool audit_asks_all(void)
{
    bool well = true;

    for (struct cpu *cpu = cpu_next(cpu_self()); cpu; cpu = cpu_next(cpu)) {
        cpu_call(cpu, drop_protection, NULL);
        well = !audit_run() && well;
        cpu_call(cpu, set_registers, NULL);
    }
    return audit_run() && well;
}

static const struct {
    const char *name;
    bool (*run)(void);
} parts[] = {
    {"calls, one by one", calls_one_by_one},
    {"calls to all", calls_to_all},
    {"calls with interrupts off", calls_with_interrupts_off},
    {"two calling each other", two_call_each_other},
    {"calls of one that waits", who_waits_is_called},
    {"all calling all", all_call_all},
    {"runs, one by one", runs_one_by_one},
    {"runs on all", runs_on_all},
    {"registers", registers_are_watched},
    {"an audit of all", audit_asks_all},
};

bool cpu_selftest(void)
{
    bool well = true;

    for (unsigned i = 0; i < ARRAY_COUNT(parts); i++) {
        if (parts[i].run())
            continue;
        log_error("selftest cpus: %s: FAILED", parts[i].name);
        well = false;
    }
    log_info("selftest cpus: %lu parts on %u CPUs", ARRAY_COUNT(parts), cpu_count());
    return well;
}
