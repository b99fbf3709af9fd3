/* How a report is written: sections of lines, each a label and a text. Private to kernel/fault. */
#ifndef KERNEL_FAULT_REPORT_H
#define KERNEL_FAULT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/trap.h"
#include "kernel/cpu.h"
#include "lib/compiler.h"

/* What a report is about. There is one, for whoever reports has stopped everybody else. */
struct report {
    const struct trap_frame *frame;
    struct fault fault;
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

/* sections.c: the sections in their order. Each writes its lines, or nothing when there is nothing to say. */
typedef void report_section_t(struct report *report);
extern report_section_t *const report_sections[];
extern const unsigned report_section_count;

/* other_cpus.c: what they were doing. */
void report_other_cpus(struct report *report);

/* backtrace.c: the callers, bounded, read only from known stacks. */
void backtrace_report(const struct fault *fault);

#endif
