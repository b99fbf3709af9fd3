/* The beginning and the end of processes, and who is whose parent: see kernel/user/process.h. */
#include "kernel/user/process.h"

#include "arch/cpu.h"
#include "arch/smp.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/mm/heap.h"
#include "kernel/spinlock.h"
#include "kernel/user/lock_rank.h"
#include "kernel/user/scheduler.h"
#include "lib/command.h"
#include "lib/string.h"

/* Protects parent, children, sibling, waits, and the step to PROCESS_ENDED. */
static struct spinlock lock = SPINLOCK("processes", LOCK_RANK_PROCESSES);
static atomic_uint count;
static _Atomic uint64_t last_id;

unsigned process_count(void) { return atomic_load(&count); }

/* ---- the beginning ---- */

static void on_alarm(struct timer *timer)
{
    struct process *process =
        (struct process *)((uint8_t *)timer - offsetof(struct process, alarm));

    scheduler_wake(process);
}

static struct process *make(const struct program *program, struct slice command)
{
    size_t bytes = sizeof(struct process) + arch_user_state_bytes();
    struct process *process = heap_alloc_aligned(_Alignof(struct process), bytes);
    struct program_start start;

    if (!process)
        return NULL;
    memset(process, 0, sizeof(*process));
    process->program = program;
    process->user = (struct user_state *)(process + 1);
    process->alarm.callback = on_alarm;
    if (program_load(program, command, &process->space, &process->regions, &start) != STATUS_OK) {
        heap_free(process);
        return NULL;
    }
    arch_user_state_init(process->user, start.entry, start.stack);
    return process;
}

static void join(struct process *process, struct process *parent)
{
    irq_state_t state = spinlock_acquire(&lock);

    process->parent = parent;
    if (parent) {
        process->sibling = parent->children;
        parent->children = process;
    }
    spinlock_release(&lock, state);
}

status_t process_start(struct process *parent, struct slice command, struct cpu *wanted,
                       uint64_t *id)
{
    const struct program *program;
    struct process *process = NULL;

    if (command_check(command))
        return ERR_BAD_ARGUMENT;
    program = program_find(command_name(command));
    if (!program)
        return ERR_NOT_FOUND;
    if (atomic_fetch_add(&count, 1) >= PROCESSES_MAX) {
        atomic_fetch_sub(&count, 1);
        return ERR_TOO_MANY;
    }
    process = make(program, command);
    if (!process) {
        atomic_fetch_sub(&count, 1);
        return ERR_NO_MEMORY;
    }
    *id = process->id = atomic_fetch_add(&last_id, 1) + 1;
    process->wanted = wanted;
    log_debug("program %s starts as process %lu", program->name, process->id);
    join(process, parent);
    scheduler_make_ready(process);
    return STATUS_OK;
}

/* ---- the end ---- */

/* Of several reasons the first counts. The lock is held. */
static void end_soon(struct process *process, const struct fl_end *end)
{
    if (atomic_load(&process->ending))
        return;
    process->end = *end;
    atomic_store(&process->ending, true);
    scheduler_interrupt(process);
}

void process_end_current(const struct fl_end *end)
{
    irq_state_t state = spinlock_acquire(&lock);

    end_soon(process_current(), end);
    spinlock_release(&lock, state);
}

static void forget(struct process *process)
{
    heap_free(process);
    if (atomic_fetch_sub(&count, 1) == 1 && cpu_self()->id != 0)
        arch_smp_interrupt(cpus[0]); /* it waits for the last (process_run_all) */
}

/* Those of its children that have ended are asked about by nobody any more: they come out as a list. */
static struct process *leave_children(struct process *process)
{
    struct process *ended = NULL, *next;

    for (struct process *child = process->children; child; child = next) {
        next = child->sibling;
        child->parent = child->sibling = NULL;
        if (child->state == PROCESS_ENDED) {
            child->sibling = ended;
            ended = child;
        }
    }
    process->children = NULL;
    return ended;
}

/* On the CPU where it was set last, whose interrupt it may be in at this moment: when this returns, it is over. */
static void cancel_alarm(void *alarm) { timer_cancel(alarm); }

static void log_end(const struct process *process)
{
    enum log_level level = process->parent ? LOG_DEBUG : LOG_INFO;
    const char *name = process->program->name;

    if (process->end.reason == FL_END_EXIT)
        log_write(level, "program %s, process %lu, ended with code %d", name, process->id,
                  process->end.code);
    else
        log_write(level, "program %s, process %lu, was ended: %s", name, process->id,
                  process->end.reason == FL_END_KILLED
                      ? "another program asked for it"
                      : arch_trap_mnemonic((unsigned)process->end.code));
}

/* With a parent it stays, in words, and is no longer this CPU's once the lock is free. */
void process_end(struct process *process)
{
    struct process *ended;
    irq_state_t state;

    if (process->alarm.cpu)
        cpu_call(process->alarm.cpu, cancel_alarm, &process->alarm);
    arch_mmu_space_destroy(&process->space);
    log_end(process);
    state = spinlock_acquire(&lock);
    ended = leave_children(process);
    process->state = PROCESS_ENDED;
    if (!process->parent) {
        process->sibling = ended;
        ended = process;
    } else if (process->parent->waits) {
        process->parent->waits = false;
        scheduler_wake(process->parent);
    }
    spinlock_release(&lock, state);
    while (ended) {
        struct process *next = ended->sibling;

        forget(ended);
        ended = next;
    }
}

/* ---- children ---- */

int64_t process_wait(struct process *parent, uint64_t id, struct fl_end *end)
{
    irq_state_t state = spinlock_acquire(&lock);
    struct process **place = &parent->children, *child;
    bool any = false;
    int64_t found;

    for (; (child = *place); place = &child->sibling) {
        if (id != 0 && child->id != id)
            continue;
        any = true;
        if (child->state == PROCESS_ENDED)
            break;
    }
    if (child)
        *place = child->sibling;
    else if (any) {
        parent->waits = true;
        scheduler_block(parent);
    }
    spinlock_release(&lock, state);
    if (!child)
        return any ? 0 : ERR_NOT_FOUND;
    *end = child->end;
    found = (int64_t)child->id;
    forget(child);
    return found;
}

/* Through all that descend from `top`, without recursion: a chain of children may be as long as it likes. */
static struct process *next_descendant(const struct process *top, struct process *at)
{
    if (at->children)
        return at->children;
    while (at != top && !at->sibling)
        at = at->parent;
    return at == top ? NULL : at->sibling;
}

status_t process_kill(struct process *parent, uint64_t id)
{
    const struct fl_end end = {.reason = FL_END_KILLED};
    irq_state_t state = spinlock_acquire(&lock);
    struct process *process = parent;

    while ((process = next_descendant(parent, process)) && process->id != id)
        ;
    if (process)
        end_soon(process, &end);
    spinlock_release(&lock, state);
    return process ? STATUS_OK : ERR_NOT_FOUND;
}

/* ---- what the options ask for ---- */

static void start(struct slice command)
{
    uint64_t id;
    status_t status = process_start(NULL, command, NULL, &id);

    if (status != STATUS_OK)
        log_warn("run=%.*s cannot be started: %s", (int)command.length, command.text,
                 status_text(status));
}

static bool all_have_ended(void) { return process_count() == 0; }

void process_run_all(const char *run)
{
    struct slice rest = {run, strlen(run)}, command;

    while (rest.length > 0) {
        slice_split(&command, &rest, ',');
        if (program_is_known(command))
            start(command);
    }
    cpu_idle_until(all_have_ended);
}
