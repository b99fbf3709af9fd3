/* The sections of a report, in their order. Chosen so that a report fits 36 rows of 100 columns, a screen of 800x600. */
#include "report.h"

#include "aftermath.h"
#include "arch/cpu.h"
#include "boot.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/stack.h"
#include "kernel/symbols.h"
#include "kernel/time/clock.h"
#include "kernel/user/process.h"
#include "kernel/user/user_memory.h"
#include "lib/format.h"
#include "lib/string.h"
#include "version.h"

#define TEXT_MAX     232
#define POINTERS_MAX 90 /* a row of 100 columns */
#define POINTER_GAP  8
#define NAME_MAX     64
#define TAIL_LINES   4
#define CODE_BEFORE  12
#define CODE_BYTES   28
#define WORDS_SHOWN  8
#define WORDS_A_LINE 4

static bool is_warning(const struct report *report)
{
    return report->check && report->check->goes_on;
}

/* First, and without a line: when this faults, the rest is still there. */
static void classify(struct report *report)
{
    if (report->check)
        format(report->cause, sizeof(report->cause), "%s", report->check->text);
    else
        classify_cause(&report->fault, report->cause, sizeof(report->cause));
}

static void headline(struct report *report)
{
    const char *mode = report->fault.user ? "user" : "kernel";

    if (report->check)
        report_headline("*** %s, CPU %0*X, %s mode, report %u",
                        is_warning(report) ? "WARN" : "PANIC", cpu_id_digits(), cpu_self()->id,
                        mode, report->number);
    else
        report_headline("*** FAULT #%s %s, CPU %0*X, %s mode, report %u", report->fault.mnemonic,
                        report->fault.name, cpu_id_digits(), cpu_self()->id, mode, report->number);
}

void report_cause(struct report *report)
{
    report_line("cause", "%s",
                report->cause[0] ? report->cause : "the tables that would tell are damaged");
}

/* A check knows its line, also when the symbol table is gone. */
static void at(struct report *report)
{
    const struct failed_check *check = report->check;
    char place[SYMBOL_TEXT_MAX];

    if (report->fault.is_trap)
        symbolize_return(place, sizeof(place), report->fault.ip);
    else
        symbolize(place, sizeof(place), report->fault.ip);
    if (check && check->file && symbols_problem())
        report_line("at", "%s (%s:%d)", place, check->file, check->line);
    else
        report_line("at", "%s", place);
}

void report_error(struct report *report)
{
    char text[TEXT_MAX];

    if (report->fault.has_error)
        report_line("error", "%04lx: %s", report->fault.error, report->fault.error_text);
    for (unsigned i = 0; arch_fault_detail_line(&report->fault, i, text, sizeof(text)); i++)
        report_line(i == 0 ? "details" : "", "%s", text);
}

void report_address(struct report *report)
{
    char text[TEXT_MAX];

    if (report->fault.operand_text[0] != '\0')
        report_line("operand", "%s", report->fault.operand_text);
    if (!report->fault.has_address)
        return;
    arch_fault_walk_text(report->fault.address, text, sizeof(text));
    report_line("address", "cr2 %016lx: %s", report->fault.address, text);
    if (arch_fault_entries_text(report->fault.address, text, sizeof(text)))
        report_line("", "entries %s", text);
}

static void stack(struct report *report)
{
    vaddr_t sp = report->fault.sp;
    const struct stack *stack = stack_find(sp);
    char name[48];
    bool below;

    if (!stack && (stack = stack_find_guard(sp, &below)) && below)
        sp = stack->low; /* overflowed: all of it is in use */
    if (!stack) {
        report_line("stack", "rsp %016lx lies in none of the kernel's stacks", sp);
        return;
    }
    stack_name(stack, name, sizeof(name));
    report_line("stack", "%s (%016lx to %016lx), 0x%lx of 0x%lx bytes used", name, stack->low,
                stack->high, stack->high - sp, stack->high - stack->low);
}

/* A protection that somebody switched off behind the kernel's back is often the first cause. */
static void control(struct report *report)
{
    char text[TEXT_MAX];

    if (arch_cpu_changes_text(!report->fault.user, text, sizeof(text)))
        report_line("changed", "%s", text);
}

void report_registers(struct report *report)
{
    char text[TEXT_MAX];

    for (unsigned i = 0; arch_fault_register_line(report->frame, i, text, sizeof(text)); i++)
        report_line(i == 0 ? "registers" : "", "%s", text);
}

/* The general registers that point to something that has a name; what lies on a stack has none. */
static void pointers(struct report *report)
{
    const char *const *names;
    const uint64_t *values = arch_fault_general_registers(report->frame, &names);
    char text[POINTERS_MAX] = "", name[NAME_MAX];
    size_t length = 0;

    for (unsigned i = ARCH_GENERAL_REGISTERS; i-- > 0;)
        if (!stack_find(values[i]) && symbolize_name(name, sizeof(name), values[i], false) &&
            length + strlen(name) + POINTER_GAP < sizeof(text))
            length += format(text + length, sizeof(text) - length, "%s%s %s", length ? ", " : "",
                             names[i], name);
    if (length > 0)
        report_line("pointers", "%s", text);
}

size_t report_read(const struct process *process, void *to, vaddr_t from, size_t bytes)
{
    return process && user_range_is_valid(from, bytes)
               ? arch_user_copy(to, (const void *)from, bytes)
               : arch_probe_read(to, from, bytes);
}

/* Bytes around rip, the one at rip in brackets; as many as can be read. */
void report_code(struct report *report)
{
    vaddr_t ip = report->fault.ip, first = ip - CODE_BEFORE;
    uint8_t bytes[CODE_BYTES];
    char text[CODE_BYTES * 5 + 1];
    size_t length = 0, count;

    if (report_read(report->process, bytes, first, CODE_BEFORE) != 0)
        first = ip; /* rip may be the first byte of all */
    count = sizeof(bytes) - report_read(report->process, bytes, first, sizeof(bytes));
    if (first + count <= ip) {
        report_line("code", "what rip points to cannot be read");
        return;
    }
    for (size_t i = 0; i < count; i++)
        length += format(text + length, sizeof(text) - length,
                         first + i == ip ? "%s<%02x>" : "%s%02x", i > 0 ? " " : "", bytes[i]);
    report_line("code", "%s", text);
}

static void backtrace(struct report *report) { backtrace_report(&report->fault); }

/* The words above the stack pointer, as far as its stack goes; after an overflow, above the stack's low end. */
static void memory(struct report *report)
{
    vaddr_t at = report->fault.sp & ~UINT64_C(7);
    const struct stack *stack = stack_find(at);
    uint64_t words[WORDS_A_LINE];
    const char *from = "rsp";
    bool below;

    if (!stack && (stack = stack_find_guard(at, &below)) && below) {
        at = stack->low;
        from = "low";
    }

    for (unsigned i = 0; stack && i < WORDS_SHOWN && at + sizeof(words) <= stack->high;
         i += WORDS_A_LINE, at += sizeof(words)) {
        if (arch_probe_read(words, at, sizeof(words)) != 0)
            return;
        report_line(i == 0 ? "memory" : "", "%s+%02x  %016lx %016lx %016lx %016lx", from, i * 8,
                    words[0], words[1], words[2], words[3]);
    }
}

static const char *tail_label;

static void show_tail_line(const char *prefix, const char *text, size_t length)
{
    report_line(tail_label, "%s%.*s", prefix, (int)length, text);
    tail_label = "";
}

static void log_lines(struct report *report)
{
    if (is_warning(report))
        return;
    tail_label = "log";
    log_tail(TAIL_LINES, show_tail_line);
    if (tail_label[0] != '\0')
        report_line("log", "(no line of it can be read)");
}

static void system_line(struct report *report)
{
    uint64_t us = clock_now_ns() / 1000;
    char build_id[BUILD_ID_DIGITS + 1], options[TEXT_MAX - 20];

    if (is_warning(report))
        return;
    kernel_build_id_text(build_id);
    report_line("system", "Faultline %s (%s), up %lu.%06lu s, %u CPU%s", FAULTLINE_VERSION,
                build_id, (unsigned long)(us / 1000000), (unsigned long)(us % 1000000), cpu_count(),
                cpu_count() == 1 ? "" : "s");
    boot_options_text(options, sizeof(options));
    report_line("", "options: %s", options);
}

/* Once more, for whoever sees the end of it first. */
static void in_short(struct report *report)
{
    char place[SYMBOL_TEXT_MAX];

    if (is_warning(report))
        return;
    symbolize_name(place, sizeof(place), report->fault.ip, report->fault.is_trap);
    report_line("in short", "%s%s: %s%s%s", report->check ? "" : "#",
                report->check ? "PANIC" : report->fault.mnemonic, report->cause,
                place[0] ? ", in " : "", place);
}

static void next(struct report *report)
{
    char text[TEXT_MAX];

    if (is_warning(report)) {
        report_line("next", "this was a warning: the kernel goes on");
        return;
    }
    aftermath_what_next(text, sizeof(text));
    report_line("next", "%s", text);
    if (store_what_next())
        report_line("", "%s", store_what_next());
}

report_section_t *const report_sections[] = {
    classify, headline,          report_cause,     at,          report_error, report_address,
    stack,    control,           report_registers, pointers,    report_code,  backtrace,
    memory,   report_other_cpus, log_lines,        system_line, in_short,     next,
    NULL,
};
