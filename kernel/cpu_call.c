/*
 * Each CPU has two places for a request, one for calls and one for runs: who asks puts a pointer to its own request there
 * and waits until it is free for that, the CPU takes it out and does it. Requests lie on the stacks of those who wait, so
 * nothing is allocated and nothing is lost.
 */
#include "kernel/cpu_call.h"

#include "arch/cpu.h"
#include "arch/smp.h"
#include "kernel/panic.h"
#include "kernel/patience.h"
#include "kernel/symbols.h"
#include "kernel/time/idle.h"
#include "kernel/user/scheduler.h"

#define NAME_MAX 64

typedef _Atomic(struct cpu_request *) request_slot;

static struct cpu_request *take(request_slot *slot) { return atomic_exchange(slot, NULL); }

static void do_request(struct cpu_request *request)
{
    request->function(request->argument);
    atomic_fetch_sub(&request->pending, 1); /* the last touch: its owner may be gone then */
}

/* Who waits may have interrupts on; what is called relies on their being off. */
void cpu_serve_call_now(struct cpu *self)
{
    irq_state_t state = arch_irq_save();
    struct cpu_request *request = take(&self->call);

    if (request) {
        atomic_fetch_add_explicit(&self->call_count, 1, memory_order_relaxed);
        do_request(request);
    }
    arch_irq_restore(state);
}

/* What a CPU does while it waits for another: it may be what the other waits for. */
static void wait_a_moment(void)
{
    cpu_serve_calls(cpu_self());
    arch_cpu_relax();
}

/* Two CPUs that ask the same one: the second waits for the place. */
static void put(struct cpu *cpu, request_slot *slot, struct cpu_request *request)
{
    struct cpu_request *taken = NULL;
    struct patience patience;

    patience_start(&patience);
    while (!atomic_compare_exchange_weak(slot, &taken, request)) {
        if (taken && patience_is_over(&patience))
            panic("CPU %0*X does not do what CPU %0*X asked it for", cpu_id_digits(), cpu->id,
                  cpu_id_digits(), cpu_self()->id);
        taken = NULL;
        wait_a_moment();
    }
    arch_smp_interrupt(cpu);
}

void cpu_call_begin(struct cpu *cpu, struct cpu_request *request)
{
    atomic_fetch_add(&request->pending, 1);
    put(cpu, &cpu->call, request);
}

/* The CPU that still has the request in its place; NULL when all took it, and one is at it still. */
static const struct cpu *who_has(const struct cpu_request *request)
{
    const struct cpu *cpu = NULL;

    while ((cpu = cpu_next(cpu)) && atomic_load(&cpu->call) != request)
        ;
    return cpu;
}

void cpu_call_wait(struct cpu_request *request)
{
    struct patience patience;

    patience_start(&patience);
    while (atomic_load(&request->pending) > 0) {
        if (patience_is_over(&patience)) {
            const struct cpu *silent = who_has(request);
            char what[NAME_MAX];

            symbolize_name(what, sizeof(what), (vaddr_t)request->function, false);
            if (silent)
                panic("CPU %0*X does not answer CPU %0*X, which asked it to call %s",
                      cpu_id_digits(), silent->id, cpu_id_digits(), cpu_self()->id, what);
            panic("a CPU does not come back from %s, which CPU %0*X asked it to call", what,
                  cpu_id_digits(), cpu_self()->id);
        }
        wait_a_moment();
    }
}

void cpu_call(struct cpu *cpu, void (*function)(void *), void *argument)
{
    struct cpu_request request = {.function = function, .argument = argument};

    if (cpu == cpu_self()) {
        irq_state_t state = arch_irq_save();

        function(argument);
        arch_irq_restore(state);
        return;
    }
    cpu_call_begin(cpu, &request);
    cpu_call_wait(&request);
}

void cpu_call_others(void (*function)(void *), void *argument)
{
    struct cpu_request request = {.function = function, .argument = argument};

    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        if (cpu != cpu_self())
            cpu_call_begin(cpu, &request);
    cpu_call_wait(&request);
}

void cpu_run_begin(struct cpu *cpu, struct cpu_request *request)
{
    atomic_fetch_add(&request->pending, 1);
    put(cpu, &cpu->work, request);
}

/* Without patience: what is run may take as long as it likes. */
void cpu_run_wait(struct cpu_request *request)
{
    while (atomic_load(&request->pending) > 0)
        wait_a_moment();
}

void cpu_run(struct cpu *cpu, void (*function)(void *), void *argument)
{
    struct cpu_request request = {.function = function, .argument = argument};

    if (cpu == cpu_self()) {
        function(argument);
        return;
    }
    cpu_run_begin(cpu, &request);
    cpu_run_wait(&request);
}

void cpu_run_on_all(void (*function)(void *), void *argument)
{
    struct cpu_request request = {.function = function, .argument = argument};

    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        if (cpu != cpu_self())
            cpu_run_begin(cpu, &request);
    function(argument);
    cpu_run_wait(&request);
}

/* Between the last look and the halt interrupts are off, so the one that brings work, or the end, is not missed. */
static void idle_once_cpu(bool (*is_over)(void))
{
    arch_irq_disable();
    if (scheduler_go_idle_cpu()) {
        if (!atomic_load(&cpu_self()->work) && !is_over())
            idle_wait_cpu();
        scheduler_leave_idle_cpu();
    }
    arch_irq_enable();
}

void cpu_idle_until(bool (*is_over)(void))
{
    struct cpu_request *request;

    arch_irq_enable();
    while (!is_over()) {
        while ((request = take(&cpu_self()->work)))
            do_request(request);
        if (!scheduler_run_cpu())
            idle_once_cpu(is_over);
    }
}

static bool never(void) { return false; }

void cpu_idle_loop(void)
{
    cpu_idle_until(never);
    __builtin_unreachable();
}
