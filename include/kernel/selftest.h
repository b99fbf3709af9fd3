/* Tests that the kernel runs on itself on the machine at hand. */
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

#include <stdbool.h>

/* Runs the one named, or every one for "all"; false when one failed or none has that name.
 * Interrupts on, after boot. */
bool selftest_run(const char *name);

#endif
