/* A broken invariant, told in the shape of a fault report; and what compilers call when they find
 * one. */
#include "kernel/panic.h"

#include "arch/cpu.h"
#include "kernel/symbols.h"
#include "lib/format.h"
#include "report.h"

void panic_at(const char *file, int line, const char *template, ...)
{
    vaddr_t caller = (vaddr_t)__builtin_return_address(0);
    const vaddr_t *frame = __builtin_frame_address(0); /* the first word: the caller's */
    bool first = report_begin();
    char text[200];
    va_list arguments;

    va_start(arguments, template);
    format_v(text, sizeof(text), template, arguments);
    va_end(arguments);
    if (!first)
        report_broken(text);
    report_about(text, caller);
    report_headline("*** PANIC, CPU %X, kernel mode, report %u", cpu_self()->id, report_number());
    report_line("cause", "%s", text);
    if (symbolize_name(text, sizeof(text), caller, true) == 0)
        format(text, sizeof(text), "%016lx", caller);
    report_line("at", "%s (%s:%d)", text, file, line);
    report_line("backtrace", "return addresses:");
    backtrace_report(caller, true, (vaddr_t)frame, frame[0]);
    report_end();
}

/* Called by code that -fstack-protector-strong made, when a function's canary is gone. */
NORETURN void __stack_chk_fail(void);
NORETURN void __stack_chk_fail(void)
{
    panic("stack smashing: the function that returns to here overwrote its canary");
}
