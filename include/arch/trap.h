/* What kernel/ may ask about traps: the frame is the machine's own, reached through these functions
 * only. */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/types.h"
#include "lib/unwind.h"

struct trap_frame;

typedef void trap_handler_t(struct trap_frame *frame);

#define TRAP_VECTOR_COUNT 256

/* Replaces the handler of a vector and returns the one before. Handlers run with interrupts off.
 * Before other CPUs run, or for vectors that none of them takes. */
trap_handler_t *trap_set_handler(unsigned vector, trap_handler_t *handler);

/* True when the instruction that faulted was expected to: execution then goes on where the exception
 * table says, or behind the call of the firmware (arch/firmware.h). Any context. */
bool arch_trap_fix_up(struct trap_frame *frame);

/*
 * Copies memory of which nothing is known, `bytes` of it or up to the first byte that cannot be read; returns how
 * many were not. Not for devices: reading them can do things. Any context, in an NMI too.
 */
size_t arch_probe_read(void *to, vaddr_t from, size_t bytes);

/* The same where `to` or `from` may be a user's: with SMAP the CPU refuses the kernel else. */
size_t arch_probe_user(void *to, vaddr_t from, size_t bytes);

/* Copies the frame to another stack, whose highest address is `top`, calls the function there with the copy, and comes
 * back. Any context. */
void arch_trap_on_stack(const struct trap_frame *frame, vaddr_t top,
                        void (*function)(struct trap_frame *copy));

/* True when a return address lies in a trap entry, whose callee's frame record lies at `fp`: then *registers is what
 * was interrupted. Any context. */
bool arch_trap_interrupted(vaddr_t return_address, vaddr_t fp, struct unwind_registers *registers);

/* What a trap frame says about the code that it interrupted. Any context. */
struct interrupted {
    vaddr_t ip;
    unsigned vector; /* by what */
    bool user;
    bool irq_enabled;
};
void arch_trap_read_interrupted(const struct trap_frame *frame, struct interrupted *interrupted);

/* The address that a page fault is about, 0 for other exceptions. Directly in its handler. */
vaddr_t arch_trap_address(const struct trap_frame *frame);

/* "#PF", "timer interrupt": what an interrupted instruction was interrupted by. */
const char *arch_trap_mnemonic(unsigned vector);

/* A failed check (kernel/panic.h) raises an exception on purpose; execution goes on behind it. */
void arch_trap_step_over_check(struct trap_frame *frame);

enum fault_access { FAULT_ACCESS_NONE, FAULT_READ, FAULT_WRITE, FAULT_EXECUTE };

/* A trap frame in terms that do not depend on the machine. Texts are constants or lie inside the
 * structure. */
struct fault {
    unsigned vector;
    const char *mnemonic; /* "PF" */
    const char *name;     /* "page fault" */
    bool user;            /* came from ring 3 */
    vaddr_t ip, sp, fp;
    bool is_trap;   /* ip is behind the instruction that is to blame, and not at it */
    bool has_error; /* the CPU pushed an error code */
    uint64_t error;
    char meaning[400];    /* a sentence for faults that have no address of their own */
    char error_text[160]; /* the error code in words */
    char operand_text
        [120]; /* what the instruction accesses, for faults without an address; or empty */
    enum fault_access access; /* for faults with an address */
    bool not_present;         /* the address has no mapping (else: a right was missing) */
    bool reserved_bit;        /* a page-table entry has a reserved bit set */
    bool damaged_tables;      /* a page table on the way to `address` cannot be read */
    bool user_page;           /* the page at `address` is open to ring 3 */
    vaddr_t address;          /* CR2, only when it belongs to this fault */
    bool has_address;
    bool stack_unusable; /* a double fault because the exception's frame could not be pushed at
                            `address` */
};

/* Fills `fault` from the frame and the control registers as they are now. Any context. */
void arch_fault_read(const struct trap_frame *frame, struct fault *fault);

/* A text line for the register block: number 0, 1, ... until it returns 0. At most size - 1
 * characters. Any context. */
size_t arch_fault_register_line(const struct trap_frame *frame, unsigned number, char *text,
                                size_t size);

/* A text line with what a few exceptions leave in registers of their own: number 0, 1, ... until it returns 0. Any
 * context, after arch_fault_read(). */
size_t arch_fault_detail_line(const struct fault *fault, unsigned number, char *text, size_t size);

/* The frame's general registers but the stack pointer, and their names in the same order. */
#define ARCH_GENERAL_REGISTERS 15
const uint64_t *arch_fault_general_registers(const struct trap_frame *frame,
                                             const char *const **names);

/* The page-table entries that the CPU went through for `address`, "PML4[0] PDPT[0] not present".
 * Any context. */
size_t arch_fault_walk_text(vaddr_t address, char *text, size_t size);

/* Their values, one after the other; 0 when none could be read. Any context. */
size_t arch_fault_entries_text(vaddr_t address, char *text, size_t size);

/* Replaces what is done at an NMI, on every CPU. For provoked faults. */
void arch_nmi_set_handler(trap_handler_t *handler);

/* Sends this CPU an NMI. LAPIC on. */
void arch_send_nmi_to_self(void);

/* An NMI whose handler faults at a probe and is sent a second NMI meanwhile: says whether the two came one after the
 * other, and CR2 was as before. LAPIC on. */
bool arch_nmi_keeps_its_frame(void);

/* Executes a breakpoint with a known value in every general register and says whether all came back
 * unchanged, flags and stack pointer too. */
bool arch_breakpoint_keeps_registers(void);

/* Rounds for kernel/bench.c: a breakpoint whose handler does nothing, and the timer interrupt's whole
 * path, raised by INT n. Between arch_bench_begin() and arch_bench_end(), interrupts off. */
void arch_bench_breakpoint(void);
void arch_bench_timer_interrupt(void);
trap_handler_t *arch_bench_begin(void);
void arch_bench_end(trap_handler_t *before);

/* How many counts of arch_timestamp() that many interrupts of the timer in periodic mode take; 0 when they do not come. No
 * timer is served meanwhile, and none afterwards before timer_restart_cpu(). Interrupts on. */
uint64_t arch_time_periodic_interrupts(uint64_t period_ns, unsigned interrupts);

/* Takes each interrupt from `first` to 255 once by a self-sent IPI; returns how many arrived. LAPIC
 * on, interrupts on. */
unsigned arch_send_all_vectors(unsigned first);

#endif
