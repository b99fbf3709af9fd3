/* What follows a fatal report, once all of it was written. Private to kernel/fault. */
#ifndef KERNEL_FAULT_AFTERMATH_H
#define KERNEL_FAULT_AFTERMATH_H

#include <stdbool.h>
#include <stddef.h>

/* store.c: keeps report_text() in the firmware's variables for the next boot, and says in one line that it did, or why not.
 * After the last line of the report. */
void store_report(void);

/* store=: whether it does. False until told. */
void store_set_wanted(bool wanted);

/* What the report itself says of that; NULL: nothing, because it will not be kept. */
const char *store_what_next(void);

/* aftermath.c: what the report says of the machine. */
void aftermath_what_next(char *text, size_t size);

/* Whether exit= asks for the end of QEMU, and this is one; and that end. */
bool aftermath_ends_qemu(void);
void aftermath_exit_qemu(void);

/* The end: restarts or switches off the machine, as panic= says, or ends QEMU. Returns when it is to halt. */
void aftermath_act(void);

#endif
