/*
 * See kernel/user/scheduler.h. A process's state says whose it is: READY its queue's, RUNNING and BLOCKING its CPU's,
 * BLOCKED whoever wakes it first. The changes that two CPUs may attempt at once - a process that is about to wait, and its
 * waking - are compare-and-exchange, so that one of both sees what the other did.
 */
#include "kernel/user/scheduler.h"

#include "arch/cpu.h"
#include "arch/smp.h"
#include "kernel/spinlock.h"
#include "kernel/user/lock_rank.h"
#include "kernel/user/process.h"

static atomic_uint idle_count; /* CPUs that are idle */
static atomic_uint
    queued_count; /* processes in all queues: without any, nobody goes through 300 CPUs for one */

void scheduler_init_cpu(void)
{
    cpu_self()->queue.lock = (struct spinlock)SPINLOCK("run queue", LOCK_RANK_RUN_QUEUE);
}

/* ---- queues; their locks are held ---- */

static void append(struct run_queue *queue, struct process *process)
{
    process->next = NULL;
    if (queue->last)
        queue->last->next = process;
    else
        queue->first = process;
    queue->last = process;
    atomic_store_explicit(&queue->count, queue->count + 1, memory_order_relaxed);
}

static struct process *remove_after(struct run_queue *queue, struct process *before)
{
    struct process *process = before ? before->next : queue->first;

    if (!process)
        return NULL;
    if (before)
        before->next = process->next;
    else
        queue->first = process->next;
    if (queue->last == process)
        queue->last = before;
    atomic_store_explicit(&queue->count, queue->count - 1, memory_order_relaxed);
    return process;
}

static struct process *take(struct run_queue *queue)
{
    irq_state_t state = spinlock_acquire(&queue->lock);
    struct process *process = remove_after(queue, NULL);

    spinlock_release(&queue->lock, state);
    return process;
}

/* The first that is not bound to the queue's CPU. */
static struct process *take_unbound(struct run_queue *queue)
{
    irq_state_t state = spinlock_acquire(&queue->lock);
    struct process *before = NULL, *process = queue->first;

    while (process && process->wanted) {
        before = process;
        process = process->next;
    }
    if (process)
        remove_after(queue, before);
    spinlock_release(&queue->lock, state);
    return process;
}

/* Puts one in and takes the next, which is another when there is any. */
static struct process *rotate(struct run_queue *queue, struct process *process)
{
    irq_state_t state = spinlock_acquire(&queue->lock);

    append(queue, process);
    process = remove_after(queue, NULL);
    spinlock_release(&queue->lock, state);
    return process;
}

static bool is_empty(const struct cpu *cpu) { return atomic_load(&cpu->queue.count) == 0; }

static struct process *take_from_others(const struct cpu *self)
{
    struct process *process = NULL;

    for (struct cpu *cpu = cpu_next(NULL); cpu && !process; cpu = cpu_next(cpu))
        if (cpu != self && !is_empty(cpu))
            process = take_unbound(&cpu->queue);
    return process;
}

/* ---- which CPU ---- */

static struct cpu *find_idle(void)
{
    if (atomic_load(&idle_count) > 0)
        for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
            if (atomic_load(&cpu->idle))
                return cpu;
    return NULL;
}

/* Where it was, unless it would have to wait there and another CPU has nothing to do. */
static struct cpu *choose_cpu(const struct process *process)
{
    struct cpu *cpu = process->cpu ? process->cpu : cpu_self(), *idle;

    if (process->wanted)
        return process->wanted;
    if (!cpu->process && is_empty(cpu))
        return cpu;
    idle = find_idle();
    return idle ? idle : cpu;
}

/* Who goes idle says so before it looks at the queues for the last time, and here it is the other way round. */
void scheduler_make_ready(struct process *process)
{
    struct cpu *cpu = choose_cpu(process);
    irq_state_t state = spinlock_acquire(&cpu->queue.lock);

    process->cpu = cpu;
    atomic_fetch_add(&queued_count, 1);
    atomic_store_explicit(&process->state, PROCESS_READY, memory_order_relaxed);
    append(&cpu->queue, process);
    spinlock_release(&cpu->queue.lock, state);
    atomic_thread_fence(memory_order_seq_cst);
    if (cpu != cpu_self() && atomic_load(&cpu->idle))
        arch_smp_interrupt(cpu);
}

bool scheduler_go_idle_cpu(void)
{
    const struct cpu *self = cpu_self();

    atomic_store(&cpu_self()->idle, true);
    atomic_fetch_add(&idle_count, 1);
    if (is_empty(self))
        return true;
    scheduler_leave_idle_cpu();
    return false;
}

void scheduler_leave_idle_cpu(void)
{
    atomic_store(&cpu_self()->idle, false);
    atomic_fetch_sub(&idle_count, 1);
}

/* ---- the process that runs ---- */

void scheduler_block(struct process *process)
{
    process->call_is_pending = true;
    atomic_store(&process->state, PROCESS_BLOCKING);
    atomic_store(&cpu_self()->leave_user, true);
}

void scheduler_yield(void) { atomic_store(&cpu_self()->leave_user, true); }

void scheduler_tick_cpu(void)
{
    if (!is_empty(cpu_self()))
        atomic_store(&cpu_self()->leave_user, true);
}

void scheduler_wake(struct process *process)
{
    enum process_state blocking = PROCESS_BLOCKING, blocked = PROCESS_BLOCKED;

    if (atomic_compare_exchange_strong(&process->state, &blocking, PROCESS_RUNNING))
        return;
    if (atomic_compare_exchange_strong(&process->state, &blocked, PROCESS_READY))
        scheduler_make_ready(process);
}

void scheduler_interrupt(struct process *process)
{
    struct cpu *cpu = process->cpu;

    scheduler_wake(process);
    if (cpu == cpu_self())
        atomic_store(&cpu->leave_user, true);
    else if (cpu)
        arch_smp_interrupt(cpu);
}

static void run(struct cpu *self, struct process *process)
{
    bool repeat_call = process->call_is_pending;

    process->call_is_pending = false;
    process->cpu = self;
    self->process = process;
    atomic_store(&process->state, PROCESS_RUNNING);
    atomic_store(&self->leave_user, atomic_load(&self->work) != NULL);
    if (!atomic_load(&process->ending)) {
        arch_mmu_space_switch(&process->space);
        arch_user_run(process->user, repeat_call);
        arch_mmu_space_switch(&kernel_space);
    }
    self->process = NULL;
}

/* Whether a process stays with this CPU and others wait for it, and nothing else is asked of the CPU. */
static bool goes_behind(const struct cpu *self, const struct process *process)
{
    return !is_empty(self) && (!process->wanted || process->wanted == self) &&
           atomic_load_explicit(&idle_count, memory_order_relaxed) == 0 &&
           !atomic_load_explicit(&self->work, memory_order_relaxed);
}

/*
 * Nothing of the process is on this CPU any more: another may take it, and end it. Returns the one that runs next, when
 * that is clear at once: who could go on goes behind who waits for this CPU, unless another has nothing to do.
 */
static struct process *put_back(struct cpu *self, struct process *process)
{
    enum process_state running = PROCESS_RUNNING, blocking = PROCESS_BLOCKING;

    if (atomic_load_explicit(&process->ending, memory_order_relaxed)) {
        arch_irq_enable();
        process_end(process);
        arch_irq_disable();
    } else if (atomic_compare_exchange_strong(&process->state, &running, PROCESS_READY)) {
        if (goes_behind(self, process))
            return rotate(&self->queue, process);
        scheduler_make_ready(process);
    } else if (!atomic_compare_exchange_strong(&process->state, &blocking, PROCESS_BLOCKED)) {
        scheduler_make_ready(process); /* woken before it was blocked */
    }
    return NULL;
}

/* Out of this CPU's queue, else out of another's. */
static struct process *find_next(struct cpu *self)
{
    struct process *process = NULL;

    if (atomic_load(&queued_count) == 0)
        return NULL;
    if (!is_empty(self))
        process = take(&self->queue);
    if (!process)
        process = take_from_others(self);
    if (process)
        atomic_fetch_sub(&queued_count, 1);
    return process;
}

bool scheduler_run_cpu(void)
{
    struct cpu *self = cpu_self();
    struct process *process = find_next(self);

    if (!process)
        return false;
    arch_irq_disable();
    while (process) {
        run(self, process);
        process = put_back(self, process);
    }
    arch_irq_enable();
    return true;
}
