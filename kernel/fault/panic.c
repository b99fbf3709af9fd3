/* See kernel/panic.h; and what compilers call when they find a broken invariant. */
#include "kernel/panic.h"

#include "lib/format.h"

PRINTF_LIKE(4, 0)
static void prepare(const char *file, int line, bool goes_on, const char *template,
                    va_list arguments)
{
    struct failed_check *check = &cpu_self()->failed_check;

    check->file = file;
    check->line = line;
    check->goes_on = goes_on;
    format_v(check->text, sizeof(check->text), template, arguments);
    check->pending = true;
}

void panic_prepare(const char *file, int line, const char *template, ...)
{
    va_list arguments;

    arch_irq_disable();
    va_start(arguments, template);
    prepare(file, line, false, template, arguments);
    va_end(arguments);
}

bool warn_prepare(const char *file, int line, const char *template, ...)
{
    va_list arguments;

    if (cpu_self()->fault_depth > 0)
        return false;
    va_start(arguments, template);
    prepare(file, line, true, template, arguments);
    va_end(arguments);
    return true;
}

/* Called by code that -fstack-protector-strong made, when a function's canary is gone. */
NORETURN void __stack_chk_fail(void);
NORETURN void __stack_chk_fail(void)
{
    panic("stack smashing: the function that returns to here overwrote its canary");
}
