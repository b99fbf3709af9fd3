/* How a report is written: label, text. Private to kernel/fault. */
#ifndef KERNEL_FAULT_REPORT_H
#define KERNEL_FAULT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/trap.h"
#include "lib/compiler.h"

/* Takes the consoles for this report. False when this CPU is already writing one: that one faulted,
 * and report_broken() is what is left. */
bool report_begin(void);

/* Remembers what the report is about, for report_broken(). */
void report_about(const char *cause, vaddr_t ip);

/* Ends a report that cannot be written in full: says why, and again what it was about. A console that
 * faulted is left out. Stops the machine. */
NORETURN void report_broken(const char *why);

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

/* backtrace.c: `ip`, which may be a return address itself, then return addresses along the frame pointers,
 * bounded, never outside a known stack. */
void backtrace_report(vaddr_t ip, bool ip_is_return, vaddr_t sp, vaddr_t fp);

#endif
