/* Exceptions of programs, and those of the kernel's that a program's memory leads to. */
#ifndef KERNEL_USER_FAULT_H
#define KERNEL_USER_FAULT_H

#include <stdbool.h>

#include "arch/trap.h"

/* The program that this CPU runs has raised the exception that its frame is about: its own handler is called, or it ends with
 * a report. Interrupts off. */
void user_fault(void);

/*
 * A page that is not there was used, by the program that this CPU runs or in a copy to or from it: true when the program may
 * have it, with those rights (MMU_WRITE, MMU_EXECUTE; 0 for reading), and has it now, full of zeros. In the page fault's
 * handler.
 */
bool user_fill_page(vaddr_t address, unsigned needs);

#endif
