/* The firmware audit: what the checks of lib/firmware_audit.h find on this machine. */
#ifndef KERNEL_FIRMWARE_AUDIT_H
#define KERNEL_FIRMWARE_AUDIT_H

#include <stdbool.h>

/*
 * Gathers the facts, and logs what is BAD as warnings; with `in_full` everything else at INFO, and a summary, without it
 * at DEBUG, as far as that is shown. Boot CPU, once, when all CPUs are up.
 */
void firmware_audit_run(bool in_full);

#endif
