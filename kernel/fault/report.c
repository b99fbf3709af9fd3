/* The shape of a report, and its sections. A report is neither prefixed nor filtered, and ends the
 * machine's run. */
#include "report.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "arch/machine.h"
#include "kernel/console.h"
#include "kernel/fault.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/stack.h"
#include "kernel/status_row.h"
#include "kernel/symbols.h"
#include "kernel/time/clock.h"
#include "lib/format.h"
#include "lib/string.h"
#include "version.h"

/* Chosen so that a report fits 37 rows of 100 columns, a screen of 800x600. */
#define LINE_MAX     240
#define LABEL_WIDTH  11
#define TAIL_LINES   4
#define CODE_BEFORE  8
#define CODE_BYTES   24
#define WORDS_SHOWN  8
#define WORDS_A_LINE 4

#define COLOR_HEADLINE 0xff5555
#define EXIT_FAULT     0x11
#define NESTED_MAX     3 /* so many attempts to write one report, then the machine just stops */

static atomic_uint report_count;
static bool exit_qemu_wanted;

void fault_set_exit_qemu(bool exit_qemu) { exit_qemu_wanted = exit_qemu; }

bool report_begin(void)
{
    arch_irq_disable();
    if (cpu_self()->fault_depth++ > 0) { /* first of all: what follows can fault too */
        log_drop_failing_sink();
        log_take_over();
        return false;
    }
    atomic_fetch_add(&report_count, 1);
    status_row_say("STOPPED: see the report above");
    console_start_all();
    log_take_over();
    return true;
}

unsigned report_number(void) { return atomic_load(&report_count); }

void report_line(const char *label, const char *template, ...)
{
    char line[LINE_MAX];
    size_t length = format(line, sizeof(line), "%-*s", LABEL_WIDTH, label);
    va_list arguments;

    va_start(arguments, template);
    length += format_v(line + length, sizeof(line) - length, template, arguments);
    va_end(arguments);
    log_raw_line(LOG_COLOR_TEXT, line, length);
}

void report_headline(const char *template, ...)
{
    char line[LINE_MAX];
    va_list arguments;
    size_t length;

    va_start(arguments, template);
    length = format_v(line, sizeof(line), template, arguments);
    va_end(arguments);
    log_raw_line(COLOR_HEADLINE, line, length);
}

static void report_stack(vaddr_t sp)
{
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
    report_line("stack", "%s, 0x%lx of 0x%lx bytes used", name, stack->high - sp,
                stack->high - stack->low);
}

static void report_registers(const struct trap_frame *frame)
{
    char text[LINE_MAX - LABEL_WIDTH];

    for (unsigned i = 0; arch_fault_register_line(frame, i, text, sizeof(text)); i++)
        report_line(i == 0 ? "registers" : "", "%s", text);
}

/* Bytes around rip, the one at rip in brackets; only where it lies in the kernel's text, which is
 * always readable. */
static void report_code(vaddr_t ip)
{
    const vaddr_t text_start = (vaddr_t)kernel_text_start, text_end = (vaddr_t)kernel_text_end;
    vaddr_t at = ip - text_start < CODE_BEFORE ? text_start : ip - CODE_BEFORE;
    char text[CODE_BYTES * 5 + 1];
    size_t length = 0;

    if (ip < text_start || ip >= text_end) {
        report_line("code", "rip is outside the kernel's text, nothing shown");
        return;
    }
    for (unsigned i = 0; i < CODE_BYTES && at < text_end; i++, at++)
        length += format(text + length, sizeof(text) - length, at == ip ? "<%02x> " : "%02x ",
                         *(const uint8_t *)at);
    report_line("code", "%s", text);
}

static void report_memory(vaddr_t sp)
{
    const struct stack *stack = stack_find(sp);
    const uint64_t *words = (const uint64_t *)(sp & ~UINT64_C(7));

    if (!stack)
        return;
    for (unsigned i = 0; i < WORDS_SHOWN && (vaddr_t)(words + i + WORDS_A_LINE) <= stack->high;
         i += WORDS_A_LINE)
        report_line(i == 0 ? "memory" : "", "rsp+%02x  %016lx %016lx %016lx %016lx", i * 8,
                    words[i], words[i + 1], words[i + 2], words[i + 3]);
}

static void show_tail_line(const char *prefix, const char *text, size_t length)
{
    report_line("", "%s%.*s", prefix, (int)length, text);
}

NORETURN static void stop(void)
{
    if (exit_qemu_wanted && arch_machine_is_qemu()) {
        log_exit(EXIT_FAULT);
        arch_machine_exit_qemu(EXIT_FAULT);
    }
    arch_cpu_stop();
}

void report_end(void)
{
    uint64_t us = clock_now_ns() / 1000;
    char build_id[BUILD_ID_DIGITS + 1];

    kernel_build_id_text(build_id);
    report_line("log", "the last lines before:");
    log_tail(TAIL_LINES, show_tail_line);
    report_line("system", "Faultline %s (%s), up %lu.%06lu s", FAULTLINE_VERSION, build_id,
                (unsigned long)(us / 1000000), (unsigned long)(us % 1000000));
    report_line("next",
                "this machine has stopped; photograph this page, then switch it off and on");
    report_headline("*** END OF REPORT");
    stop();
}

/* What this report is about, for the case that writing it fails. */
static char reported_cause[LINE_MAX - LABEL_WIDTH];
static vaddr_t reported_ip;

void report_about(const char *cause, vaddr_t ip)
{
    string_copy(reported_cause, sizeof(reported_cause), cause, strlen(cause));
    reported_ip = ip;
}

void report_broken(const char *why)
{
    if (cpu_self()->fault_depth > NESTED_MAX)
        stop();
    report_headline("*** THE REPORT BROKE OFF: %s", why);
    if (reported_cause[0] != '\0') {
        report_line("cause", "%s", reported_cause);
        report_line("at", "%016lx", reported_ip);
    }
    report_headline("*** END OF REPORT");
    stop();
}

static void report_fault(const struct trap_frame *frame, const struct fault *fault)
{
    char text[LINE_MAX - LABEL_WIDTH];

    report_headline("*** FAULT #%s %s, CPU %X, %s mode, report %u", fault->mnemonic, fault->name,
                    cpu_self()->id, fault->user ? "user" : "kernel", report_number());
    report_line("cause", "%s", reported_cause);
    symbolize(text, sizeof(text), fault->ip);
    report_line("at", "%s", text);
    if (fault->has_error)
        report_line("error", "%04lx: %s", fault->error, fault->error_text);
    if (fault->has_address) {
        arch_fault_walk_text(fault->address, text, sizeof(text));
        report_line("address", "cr2 %016lx: %s", fault->address, text);
    }
    report_stack(fault->sp);
    report_registers(frame);
    report_code(fault->ip);
    report_line("backtrace", "return addresses:");
    backtrace_report(fault->ip, false, fault->sp, fault->fp);
    report_memory(fault->sp);
}

void fault_report_trap(struct trap_frame *frame)
{
    char text[LINE_MAX - LABEL_WIDTH];
    struct fault fault;

    arch_fault_read(frame, &fault); /* first of all: another fault would change CR2 */
    if (!report_begin()) {
        format(text, sizeof(text), "writing it raised #%s at %016lx, address %016lx",
               fault.mnemonic, fault.ip, fault.address);
        report_broken(text);
    }
    classify_cause(&fault, text, sizeof(text));
    report_about(text, fault.ip);
    report_fault(frame, &fault);
    report_end();
}
