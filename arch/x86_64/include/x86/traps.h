/* entry.S and what it calls. */
#ifndef X86_TRAPS_H
#define X86_TRAPS_H

#include "arch/trap.h"

/* Every trap arrives in one of these, interrupts off, GS this CPU's own: #DB, NMI, #DF and #MC on their interrupt stacks,
 * the other exceptions and the interrupts on the current one. */
void trap_on_interrupt_stack(struct trap_frame *frame);
void trap_exception(struct trap_frame *frame);
void trap_interrupt(struct trap_frame *frame);

/* The code between a vector's stub and the function above that it calls. */
extern const char trap_entries_start[], trap_entries_end[];

/* Calls function(argument) with the stack pointer at `top`, which is 16-byte aligned, and comes back. */
void x86_call_on_stack(vaddr_t top, void (*function)(struct trap_frame *),
                       struct trap_frame *argument);

#endif
