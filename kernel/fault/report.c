/*
 * A report from its first line to its end. It is written on a stack of its own, and what it is about is kept there
 * and in static memory, so that neither a bad stack nor a second double fault takes it away. When a section faults,
 * the exception's handler goes on with the next one: nothing but that section's rest is lost.
 */
#include "report.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "arch/smp.h"
#include "ending.h"
#include "kernel/checkpoint.h"
#include "kernel/console.h"
#include "kernel/cpu_call.h"
#include "kernel/fault.h"
#include "kernel/log.h"
#include "kernel/status_row.h"
#include "kernel/symbols.h"
#include "kernel/user/process.h"
#include "lib/format.h"
#include "lib/report_excerpt.h"
#include "report_text.h"

#define LINE_MAX 420

#define COLOR_HEADLINE 0xff5555
#define NESTED_MAX     12 /* so many faults in one report, then the machine just stops */

static struct report report;
static const struct trap_frame *first_frame; /* where the CPU pushed it */
static unsigned next_section;
static bool is_written;                /* down to its last line */
static _Atomic(struct cpu *) reporter; /* whose report it is; NULL: nobody's */
static atomic_uint report_count;

/* Kept first: a console can fail. What is said behind the last line is no part of the report. */
static void write_line(uint32_t rgb, const char *line, size_t length)
{
    if (!is_written)
        report_text_add(line, length);
    log_raw_line(rgb, line, length);
}

void report_line(const char *label, const char *template, ...)
{
    char line[LINE_MAX];
    size_t length = format(line, sizeof(line), "%-*s", REPORT_LABEL_WIDTH, label);
    va_list arguments;

    va_start(arguments, template);
    length += format_v(line + length, sizeof(line) - length, template, arguments);
    va_end(arguments);
    write_line(LOG_COLOR_TEXT, line, length);
}

void report_headline(const char *template, ...)
{
    char line[LINE_MAX];
    va_list arguments;
    size_t length;

    va_start(arguments, template);
    length = format_v(line, sizeof(line), template, arguments);
    va_end(arguments);
    write_line(COLOR_HEADLINE, line, length);
}

/* Goes on where a section that faulted left off: behind it. */
static void write_sections(void)
{
    while (report.sections[next_section])
        report.sections[next_section++](&report);
    if (!is_written)
        report_headline("*** END OF REPORT");
    is_written = true;
}

static void read_check(void)
{
    struct failed_check *check = &cpu_self()->failed_check;

    report.check = check->pending ? check : NULL;
    check->pending = false;
}

static bool goes_on(void) { return report.process || (report.check && report.check->goes_on); }

static void take_consoles(void)
{
    if (!goes_on()) {
        status_row_say("STOPPED: see the report above");
        arch_smp_stop_others();
    }
    console_start_all();
    log_take_over();
}

static void begin_report(const struct trap_frame *frame, const struct process *process)
{
    arch_fault_read(frame, &report.fault); /* first of all: another fault would change CR2 */
    report.frame = frame;
    report.process = process;
    report.sections = process ? report_program_sections : report_sections;
    report.number = atomic_fetch_add(&report_count, 1) + 1;
    report.cause[0] = '\0';
    read_check();
    report_text_begin();
    next_section = 0;
    is_written = false;
    symbols_check();
    take_consoles();
}

/* One CPU reports at a time; who waits with a program's fault does what others wait for meanwhile. After a report that ends the run there is none: who waits is stopped then, by the NMI or
 * here, and what it had to say is part of that report (sections.c). */
static void become_reporter(const struct trap_frame *frame, bool serves_calls)
{
    struct cpu *self = cpu_self(), *nobody = NULL;

    self->fault_address = arch_trap_address(frame);
    atomic_store(&self->faulted, frame);
    while (!atomic_compare_exchange_weak(&reporter, &nobody, self)) {
        if (arch_smp_is_stopping())
            arch_smp_stop_here(frame);
        nobody = NULL;
        if (serves_calls)
            cpu_serve_calls(self);
        arch_cpu_relax();
    }
}

static void let_others_report(void)
{
    atomic_store(&cpu_self()->faulted, NULL);
    atomic_store(&reporter, NULL);
}

/* On the report stack, interrupts off. */
static void write_all(const struct trap_frame *frame, const struct process *process)
{
    begin_report(frame, process);
    write_sections();
    if (!goes_on())
        ending_run();
    report.frame = NULL;
    log_give_back();
    cpu_self()->fault_depth--;
    let_others_report();
}

/* Returns from warnings only. */
static void write_report(struct trap_frame *frame) { write_all(frame, NULL); }

static void write_program_report(struct trap_frame *frame) { write_all(frame, process_current()); }

static void say_what_is_lost(const struct fault *nested, bool console_failed)
{
    struct failed_check *check = &cpu_self()->failed_check;
    const char *what = ending_lost();
    char place[SYMBOL_TEXT_MAX];

    if (!what)
        what = console_failed ? "a console failed and is left out from here"
                              : "what belongs here is lost";
    symbolize(place, sizeof(place), nested->ip);
    if (check->pending)
        report_line("", "(%s: %s, at %s)", what, check->text, place);
    else if (nested->has_address)
        report_line("", "(%s: #%s at %s, address %016lx)", what, nested->mnemonic, place,
                    nested->address);
    else
        report_line("", "(%s: #%s at %s)", what, nested->mnemonic, place);
    check->pending = false;
}

/* A fault or a failed check inside the report, on whatever stack that happened. When even its beginning was not reached,
 * the report's own stack is to blame: it begins here. */
NORETURN static void continue_report(const struct trap_frame *frame)
{
    static struct fault nested;

    bool console_failed = log_drop_failing_sink();

    log_take_over();
    if (cpu_self()->fault_depth > NESTED_MAX)
        ending_give_up();
    if (report.frame) {
        arch_fault_read(frame, &nested);
        say_what_is_lost(&nested, console_failed);
    } else {
        begin_report(first_frame, NULL);
    }
    write_sections();
    ending_run();
}

static void report_on(const struct trap_frame *frame, void (*write)(struct trap_frame *))
{
    arch_irq_disable();
    if (cpu_self()->fault_depth++ > 0)
        continue_report(frame);
    become_reporter(frame, write == write_program_report);
    first_frame = frame;
    arch_trap_on_stack(frame, cpu_self()->stacks[STACK_PANIC].high, write);
}

void fault_report_trap(struct trap_frame *frame)
{
    if (arch_trap_fix_up(frame))
        return;
    report_on(frame, write_report);
    arch_trap_step_over_check(frame);
}

void fault_report_warning(const struct trap_frame *frame, const char *template, ...)
{
    struct failed_check *check = &cpu_self()->failed_check;
    va_list arguments;

    if (cpu_self()->fault_depth > 0)
        return;
    check->file = NULL;
    check->goes_on = true;
    va_start(arguments, template);
    format_v(check->text, sizeof(check->text), template, arguments);
    va_end(arguments);
    check->pending = true;
    report_on(frame, write_report);
}

void fault_report_program(const struct process *process)
{
    report_on(arch_user_frame(process->user), write_program_report);
}
