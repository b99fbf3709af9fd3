/* What kernel/ may ask about programs in ring 3: the registers of one that is not running, running it, its memory. */
#ifndef ARCH_USER_H
#define ARCH_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/fault.h"
#include "abi/process.h"
#include "arch/trap.h"
#include "lib/status.h"
#include "lib/types.h"

/* All registers of a program that is not on a CPU; begins with its trap frame. Opaque, and of a size that depends on the
 * CPU; the same on all of them. */
struct user_state;

#define USER_STATE_ALIGN 64

/* What SYSCALL needs to know, and how large the FPU's state is. arch_user_init() once, after arch_cpu_init_cpu(); the
 * other on each CPU. Interrupts off. */
void arch_user_init(void);
void arch_user_init_cpu(void);

/* Bytes to allocate for a struct user_state, aligned to USER_STATE_ALIGN. After arch_user_init(). */
size_t arch_user_state_bytes(void);

/* As a program finds the CPU (abi/start.h): everything 0 but these two, FPU as after a reset. */
void arch_user_state_init(struct user_state *state, vaddr_t entry, vaddr_t stack);

/*
 * Runs the program whose state this is, in the address space that is in use, until it is to be left: cpu->leave_user was
 * set by a system call, an interrupt or a fault of its own. `repeat_call`: first once more the system call that it was
 * left in. Its registers are in the state again afterwards. Interrupts off; they are on while it runs.
 */
void arch_user_run(struct user_state *state, bool repeat_call);

/* The system call that a program is in, and its arguments' registers. */
uint64_t arch_user_call_number(const struct user_state *state);

/* For the echo calls: RDI RSI RDX R10 R8 R9, each one more. */
void arch_user_add_one(struct user_state *state);

const struct trap_frame *arch_user_frame(const struct user_state *state);

/* The exceptions that a program may handle itself (abi/fault.h), as a frame for its handler; false for others. In the
 * exception's handler. */
bool arch_user_read_fault(const struct user_state *state, struct fl_fault *fault);

/* After another fault the machine tells of this one again, for the report. In the exception's handler. */
void arch_user_restore_fault(const struct fl_fault *fault);

/* What its parent is told of the exception that ended it. In the exception's handler. */
void arch_user_describe_fault(const struct user_state *state, struct fl_end *end);

/* Goes on at the handler, which is given the address of its frame, on the stack below it. */
void arch_user_call_handler(struct user_state *state, vaddr_t handler, vaddr_t frame);

/* Goes on as that frame says, of which nothing is believed: ERR_BAD_ADDRESS when its rip is not in the user half. */
status_t arch_user_resume(struct user_state *state, const struct fl_fault *fault);

/* Bases of FS and GS, which must be in the user half. Of the program that this CPU runs. */
void arch_user_set_bases(struct user_state *state, vaddr_t fs, vaddr_t gs);

/*
 * Copies between the kernel's memory and that of the program that this CPU runs; one of both is the program's, and must
 * lie in the user half. Returns how many bytes could not be copied: the first of them could not be reached. Memory that the
 * program has, and has not used yet, is filled in (user_fill_page()). No lock held that user_fill_page() takes.
 */
size_t arch_user_copy(void *to, const void *from, size_t bytes);

/* Whether a page fault of the kernel's happened at such a copy, for want of a page: then of which, and what is to be done with it
 * (MMU_WRITE, MMU_EXECUTE, 0 for reading). Directly in its handler. */
bool arch_user_is_copying(const struct trap_frame *frame, vaddr_t *address, unsigned *needs);

#endif
