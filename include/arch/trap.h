/* What kernel/ may ask about traps: the frame is the machine's own, reached through these functions
 * only. */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/types.h"

struct trap_frame;

typedef void trap_handler_t(struct trap_frame *frame);

#define TRAP_VECTOR_COUNT 256

/* Replaces the handler of a vector and returns the one before. Handlers run with interrupts off.
 * Before other CPUs run, or for vectors that none of them takes. */
trap_handler_t *trap_set_handler(unsigned vector, trap_handler_t *handler);

enum fault_access { FAULT_ACCESS_NONE, FAULT_READ, FAULT_WRITE, FAULT_EXECUTE };

/* A trap frame in terms that do not depend on the machine. Texts are constants or lie inside the
 * structure. */
struct fault {
    unsigned vector;
    const char *mnemonic; /* "PF" */
    const char *name;     /* "page fault" */
    const char *meaning;  /* a sentence for faults that have no address of their own */
    bool user;            /* came from ring 3 */
    vaddr_t ip, sp, fp;
    bool has_error; /* the CPU pushed an error code */
    uint64_t error;
    char error_text[96];      /* the error code in words */
    enum fault_access access; /* for faults with an address */
    bool not_present;         /* the address has no mapping (else: a right was missing) */
    bool reserved_bit;        /* a page-table entry has a reserved bit set */
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

/* The page-table entries that the CPU went through for `address`, "PML4[0] PDPT[0] not present".
 * Any context. */
size_t arch_fault_walk_text(vaddr_t address, char *text, size_t size);

/* Makes the CPU take the faults of the menu (kernel/fault/menu.c) by their real causes; most do not
 * return. */
void arch_provoke_stack_pointer_fault(void);
void arch_provoke_divide_error(void);
void arch_provoke_invalid_opcode(void);
void arch_provoke_single_step(void);
void arch_provoke_general_protection(void);
void arch_provoke_nmi(void);

/* Executes a breakpoint with a known value in every general register and says whether all came back
 * unchanged, flags and stack pointer too. */
bool arch_breakpoint_keeps_registers(void);

/* Rounds for kernel/bench.c: a breakpoint whose handler does nothing, and the timer interrupt's whole
 * path, raised by INT n. Between arch_bench_begin() and arch_bench_end(), interrupts off. */
void arch_bench_breakpoint(void);
void arch_bench_timer_interrupt(void);
trap_handler_t *arch_bench_begin(void);
void arch_bench_end(trap_handler_t *before);

/* Takes each interrupt from `first` to 255 once by a self-sent IPI; returns how many arrived. LAPIC
 * on, interrupts on. */
unsigned arch_send_all_vectors(unsigned first);

#endif
