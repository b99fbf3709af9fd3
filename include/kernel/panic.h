/* The end for broken invariants. Bad input is never a reason to panic. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "lib/compiler.h"

/* Prints one report that begins with "*** PANIC" and stops the machine. Any context. */
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

NORETURN void panic_at(const char *file, int line, const char *template, ...) PRINTF_LIKE(3, 4);

/* Panics when the condition is false; present in every build. */
#define assert(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            panic("assertion failed: %s", #condition);                                             \
    } while (0)

#endif
