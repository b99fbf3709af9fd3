/* Fault reports: what happened, where, on which stack, with all registers. */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "arch/trap.h"
#include "lib/compiler.h"
#include "lib/options.h"

/* The handler of every exception that nobody else handles: prints one report and stops the machine. */
void fault_report_trap(struct trap_frame *frame);

/* A report that begins with "*** WARN" about what a frame interrupted, after which execution goes on. Interrupts off, an
 * NMI too; nothing when this CPU is reporting already. */
void fault_report_warning(const struct trap_frame *frame, const char *template, ...)
    PRINTF_LIKE(2, 3);

/* A shorter report about the exception that the program that this CPU runs has raised, after which everything but this program goes
 * on. In the exception's handler. */
struct process;
void fault_report_program(const struct process *process);

/* What follows a fatal report: store=, panic= and exit=. Until then it is not stored, and the machine halts. Boot CPU. */
void fault_set_options(const struct options *options);

/* The fault menu: provokes the fault that options->fault names, if its stage is the one reached
 * now. "" is the stage after `ready`. Unknown
 * names and stages are warned about. */
void fault_menu_at_stage(const struct options *options, const char *stage);

#endif
