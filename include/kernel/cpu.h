/*
 * What the kernel keeps for each CPU. GS points at it from the first instruction of the kernel on;
 * the machine's own part (descriptor tables, task state) lies behind it in struct x86_cpu. A cpu_id
 * counts from 0 in the order in which CPUs were found; it is not the APIC id.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/mm/frame_cache.h"
#include "kernel/mm/slab.h"
#include "kernel/spinlock_type.h"
#include "kernel/time/tick.h"
#include "lib/types.h"

/* The main stack, then the interrupt stacks in the order of their numbers (SDM vol. 3A, 6.14.5). */
enum stack_kind {
    STACK_MAIN,
    STACK_DB,
    STACK_NMI,
    STACK_DF,
    STACK_MC,
    STACK_PANIC, /* reports are written on it */
    STACK_KIND_COUNT
};

#define FAILED_CHECK_TEXT_MAX 234

/* [low, high) may be used; the page below low and the one at high are guards. */
struct stack {
    vaddr_t low, high;
};

#define CPUS_MAX 512

struct process;
struct trap_frame;
struct user_state;

/* What one CPU asks others to do: how many have not done it yet. */
struct cpu_request {
    void (*function)(void *argument);
    void *argument;
    atomic_uint pending;
};

/* Processes that wait for this CPU (kernel/user/scheduler.h), the next to run first. */
struct run_queue {
    struct spinlock lock;
    struct process *first, *last;
    atomic_uint count;
};

/* A check that failed on this CPU, kept from panic() or WARN() to its report (kernel/panic.h). */
struct failed_check {
    const char *file;
    int line;
    bool pending; /* the next #UD is how it is reported */
    bool goes_on;
    char text[FAILED_CHECK_TEXT_MAX];
};

struct cpu {
    struct cpu *self; /* so that %gs:0 is the way to the rest */
    uint32_t id;
    uint32_t apic_id;
    int64_t clock_offset; /* added to this CPU's time-stamp counter (kernel/time/clock.h) */
    uint64_t nmi_count;
    uint64_t spurious_count; /* LAPIC spurious and PIC spurious interrupts */
    uintptr_t stack_canary;  /* compilers read it at %gs:40 */
    uint32_t fault_depth;    /* fault reports begun and not ended on this CPU */
    uint32_t nmi_depth;      /* an NMI is being handled */
    uint64_t trapped_gs;     /* GS base that the last exception of ring 0 found */
    uint32_t double_fault_depth;
    struct stack stacks[STACK_KIND_COUNT];
    struct user_state *user; /* of the program that this CPU runs in ring 3; NULL: none */
    vaddr_t kernel_sp;       /* where its kernel stack goes on when ring 3 is left */
    vaddr_t user_sp;         /* for a moment at the entry of a system call */
    atomic_bool leave_user;  /* on the way back to ring 3 the scheduler is to be asked first */
    struct failed_check failed_check;
    struct spinlock *lock; /* taken last, of those that have a rank (kernel/spinlock.h) */
    struct frame_cache frames;
    struct slab_cpu slabs;
    struct timers timers;
    struct tick tick;
    uint64_t lapic_error_count; /* error interrupts of its local APIC */
    _Atomic(struct cpu_request *)
        call; /* to be served at once, in an interrupt (kernel/cpu_call.h) */
    _Atomic(struct cpu_request *) work; /* to be done when this CPU is idle (the same) */
    atomic_ulong call_count;            /* calls served */
    atomic_bool online;                 /* it runs the kernel, and an NMI finds its handler */
    _Atomic(const struct trap_frame *) stopped; /* what a report stopped it at; NULL: it runs */
    _Atomic(const struct trap_frame *) faulted; /* what it reports, or waits to; NULL: nothing */
    vaddr_t fault_address;                      /* of what it reports, when that has one; else 0 */
    const struct spinlock *waits_for;           /* a lock that another CPU holds; or NULL */
    atomic_bool asked_to_report; /* by the NMI that is on its way (kernel/watchdog.h) */
    bool stalled, deaf;          /* what the watchdog found last */
    struct run_queue queue;
    struct process *process; /* that it runs; NULL: none */
    atomic_bool idle;        /* it must be woken when something is put into its queue */
};

/* Every CPU that has a structure, by id, up to the first NULL: of those beyond 0 some may not have come up. The first is
 * there before the first instruction; CPU start-up adds the others. */
extern struct cpu *cpus[CPUS_MAX];

/* The CPU with this id, if it runs the kernel; else NULL. Any context. */
struct cpu *cpu_by_id(unsigned id);

/* The one that runs after `cpu` in the order of ids, the first for NULL; NULL after the last. Any context. */
struct cpu *cpu_next(const struct cpu *cpu);

/* CPUs that run the kernel. Any context. */
extern atomic_uint cpu_online_count;
static inline unsigned cpu_count(void)
{
    return atomic_load_explicit(&cpu_online_count, memory_order_relaxed);
}

/* How many hexadecimal digits an id is printed with, as the highest id needs: for "%0*X". Any context. */
int cpu_id_digits(void);

/* The calling CPU runs the kernel from now on. */
void cpu_set_online(void);

_Static_assert(offsetof(struct cpu, self) == 0, "cpu_self() reads %gs:0");
_Static_assert(offsetof(struct cpu, stack_canary) == 40,
               "-mstack-protector-guard-offset in the Makefile");

#endif
