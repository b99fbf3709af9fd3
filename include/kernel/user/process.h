/*
 * Processes: programs that run, each with an address space of its own. A process is made, waits for a CPU, runs, waits for
 * something, and in the end is a few words about how it ended, until its parent has asked for them. All of it that
 * concerns others - parent, children, how it ended - is under one lock; the rest is touched only by the CPU that runs it,
 * or takes it from a queue.
 */
#ifndef KERNEL_USER_PROCESS_H
#define KERNEL_USER_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi/process.h"
#include "abi/start.h"
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/user.h"
#include "kernel/time/timer.h"
#include "kernel/user/program.h"
#include "lib/region_list.h"

#define PROCESSES_MAX 4096 /* at once; those that ended and were not asked about count */

/* scheduler.c says who may change which. */
enum process_state {
    PROCESS_READY,    /* in a queue */
    PROCESS_RUNNING,  /* on a CPU */
    PROCESS_BLOCKING, /* on a CPU still, and about to wait */
    PROCESS_BLOCKED,  /* in no queue, until it is woken */
    PROCESS_ENDED,
};

struct process {
    uint64_t id;
    const struct program *program;
    struct address_space space;
    struct region_list
        regions; /* where it may have memory, and with what rights (enum mmu_rights) */

    _Atomic enum process_state state;
    atomic_bool ending;   /* it is to end as soon as it is not on a CPU; `end` says how */
    bool call_is_pending; /* it waits within a system call, which is to be repeated */
    struct process *next; /* in its queue */
    struct cpu *cpu;      /* that it is or was last on, or in whose queue */
    struct cpu *wanted;   /* the only one that it may run on; NULL: any */
    struct timer alarm;   /* ends its sleep */

    struct process *parent;             /* NULL: the kernel */
    struct process *children, *sibling; /* the youngest first */
    bool waits;                         /* for a child to end */
    struct fl_end end;

    vaddr_t handler, handler_stack; /* for its own faults; handler 0: none */
    bool in_handler;

    struct user_state *user; /* its registers, directly behind this structure */
} ALIGNED(USER_STATE_ALIGN);

/*
 * A new process of that command (lib/command.h), ready to run: on `wanted` alone, or anywhere when that is NULL. Gives it
 * by *id. ERR_BAD_ARGUMENT for a command that is none, ERR_NOT_FOUND when there is no such program, ERR_NO_MEMORY,
 * ERR_TOO_MANY: then nothing was made. Interrupts on, no lock held.
 */
status_t process_start(struct process *parent, struct slice command, struct cpu *wanted,
                       uint64_t *id);

/* The process that this CPU runs. In its system calls and exceptions. */
static inline struct process *process_current(void) { return cpu_self()->process; }

/* The process that this CPU runs ends when its system call or exception returns, unless it was to end before. Interrupts
 * off. */
void process_end_current(const struct fl_end *end);

/* What the scheduler does with a process that is to end and is on no CPU: gives back everything but a few words for its
 * parent. Interrupts on. */
void process_end(struct process *process);

/* For system calls. wait: ERR_NOT_FOUND when there is no such child; 0 when it is still running, and the process that asks
 * is blocking now. kill: ERR_NOT_FOUND unless it descends from `parent`. */
int64_t process_wait(struct process *parent, uint64_t id, struct fl_end *end);
status_t process_kill(struct process *parent, uint64_t id);

/* Processes that there are, ended ones whose parent has not asked included. Any context. */
unsigned process_count(void);

/* Starts the programs of an option run= ("" is none), warns of each that cannot be, and returns when all processes have
 * ended. Boot CPU, after `ready`; interrupts on. */
void process_run_all(const char *run);

#endif
