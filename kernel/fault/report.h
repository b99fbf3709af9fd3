/* How a report is written: label, text. Private to kernel/fault. */
#ifndef KERNEL_FAULT_REPORT_H
#define KERNEL_FAULT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/trap.h"
#include "lib/compiler.h"

/* Takes the log's sinks and counts this report. False when this CPU is already reporting: then
 * write little and stop. */
bool report_begin(void);

/* One line: the label in a column of 11, then the text. An empty label continues the one before. */
void report_line(const char *label, const char *template, ...) PRINTF_LIKE(2, 3);

/* The head line, at the left margin. */
void report_headline(const char *template, ...) PRINTF_LIKE(1, 2);

/* The sections that faults and panics share: log, system, next, and the end line. Then stops the
 * machine. */
NORETURN void report_end(void);

unsigned report_number(void);

/* classify.c: one plain sentence that says what happened, made of everything known. */
void classify_cause(const struct fault *fault, char *text, size_t size);

/* backtrace.c: return addresses along the frame pointers, bounded, never outside a known stack. */
void backtrace_report(vaddr_t ip, vaddr_t sp, vaddr_t fp);

#endif
