#ifndef KERNEL_USER_PROGRAM_SELFTEST_H
#define KERNEL_USER_PROGRAM_SELFTEST_H

#include <stdbool.h>

/* Loads every program again and again, looks at all that it would find, and counts what was given back. */
bool program_selftest(void);

#endif
