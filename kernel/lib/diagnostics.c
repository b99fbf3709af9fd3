/* Makes one line of a finding, on the stack, and hands it over: nothing is kept. */
#include "lib/diagnostics.h"

#include <stdarg.h>
#include <stddef.h>

#include "lib/format.h"

/* Longer findings are cut: a warning that needs two lines is not one finding. */
#define LINE_BYTES 160

void diagnostics_warn(const struct diagnostics *diagnostics, const char *template, ...)
{
    char line[LINE_BYTES];
    va_list arguments;

    if (diagnostics == NULL || diagnostics->warn == NULL)
        return;
    va_start(arguments, template);
    format_v(line, sizeof(line), template, arguments);
    va_end(arguments);
    diagnostics->warn(diagnostics->context, line);
}
