/*
 * How a pure parser tells what is wrong with its input: one finished line for each finding, handed
 * to whoever called. Parsers print nothing themselves, so that the loader, the kernel, the host
 * tests and the fuzzers can share them.
 */
#ifndef LIB_DIAGNOSTICS_H
#define LIB_DIAGNOSTICS_H

#include "lib/compiler.h"

struct diagnostics {
    void (*warn)(void *context,
                 const char *line); /* `line` lives only during the call; may be NULL */
    void *context;
};

/* Formats (lib/format.h) and hands over one line of at most 159 characters. Any context. */
void diagnostics_warn(const struct diagnostics *diagnostics, const char *template, ...)
    PRINTF_LIKE(2, 3);

#endif
