/*
 * Checks that fail: the end for broken invariants, and warnings after which the kernel goes on. Bad input is never a
 * reason for either. A failed check raises #UD where it stands, so that its report has that place, its registers and
 * its callers, like the report of any fault.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <stdbool.h>

#include "arch/cpu.h"
#include "lib/compiler.h"

/* Stops the machine with a report that begins with "*** PANIC". Any context. */
#define panic(...)                                                                                 \
    do {                                                                                           \
        panic_prepare(__FILE__, __LINE__, __VA_ARGS__);                                            \
        ARCH_CPU_TRAP();                                                                           \
        __builtin_unreachable();                                                                   \
    } while (0)

/* A report that begins with "*** WARN", then execution goes on. Any context. */
#define WARN(...)                                                                                  \
    do {                                                                                           \
        irq_state_t warn_state = arch_irq_save();                                                  \
        if (warn_prepare(__FILE__, __LINE__, __VA_ARGS__))                                         \
            ARCH_CPU_TRAP();                                                                       \
        arch_irq_restore(warn_state);                                                              \
    } while (0)

/* Panics when the condition is false; present in every build. */
#define assert(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            panic("assertion failed: %s", #condition);                                             \
    } while (0)

/* The same for two whole numbers, which the report names: assert_compare(used, <=, size). */
#define assert_compare(a, operator, b)                                                             \
    do {                                                                                           \
        unsigned long long left_ = (unsigned long long)(a), right_ = (unsigned long long)(b);      \
        if (!(left_ operator right_))                                                              \
            panic("assertion failed: %s %s %s, with 0x%llx and 0x%llx", #a, #operator, #b, left_,  \
                  right_);                                                                         \
    } while (0)

/* What panic() and WARN() do before they raise #UD: keep the text for the report. warn_prepare() is false when a
 * report is being written on this CPU: its warnings are not worth breaking it. Interrupts stay masked. */
void panic_prepare(const char *file, int line, const char *template, ...) PRINTF_LIKE(3, 4);
bool warn_prepare(const char *file, int line, const char *template, ...) PRINTF_LIKE(3, 4);

#endif
