/* How a report is written: sections of lines, each a label and a text. Private to kernel/fault. */
#ifndef KERNEL_FAULT_REPORT_H
#define KERNEL_FAULT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/trap.h"
#include "kernel/cpu.h"
#include "lib/compiler.h"

struct process;
struct report;

/* Sections write their lines, or nothing when there is nothing to say. */
typedef void report_section_t(struct report *report);

/* What a report is about. There is one: whoever reports has stopped everybody else, or makes them wait. */
struct report {
    report_section_t *const *sections; /* NULL behind the last */
    const struct trap_frame *frame;
    struct fault fault;
    const struct process *process;    /* the program whose fault it is; NULL: the kernel's */
    const struct failed_check *check; /* NULL for a fault of the CPU's */
    unsigned number;
    char cause[400];
};

/* One line: the label in a column of 11, then the text. An empty label continues the one before. */
void report_line(const char *label, const char *template, ...) PRINTF_LIKE(2, 3);

/* A line at the left margin, in the colour of alarm. */
void report_headline(const char *template, ...) PRINTF_LIKE(1, 2);

/* classify.c: one plain sentence that says what happened, made of everything known. */
void classify_cause(const struct fault *fault, char *text, size_t size);

/* sections.c: those of a report about the kernel, in their order; program.c: of one about a program. */
extern report_section_t *const report_sections[], *const report_program_sections[];

/* sections.c: those that are in both. */
report_section_t report_cause, report_error, report_address, report_registers, report_code;

/* Copies memory of which nothing is known, of the program when it is one's report: then its pages may be filled in, which takes
 * locks. Returns how many bytes could not be read. */
size_t report_read(const struct process *process, void *to, vaddr_t from, size_t bytes);

/* classify_program.c: the same as classify_cause(), for a program's fault. */
void classify_program_cause(const struct process *process, const struct fault *fault, char *text,
                            size_t size);

/* other_cpus.c: what they were doing. */
void report_other_cpus(struct report *report);

/* backtrace.c: the callers, bounded, read only from known stacks. */
void backtrace_report(const struct fault *fault);

#endif
