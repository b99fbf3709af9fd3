/* The consoles as a report needs them. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

/*
 * Starts every console that the machine has and that was not started yet, whatever the options say:
 * a report must be seen, also before the boot came to its consoles. Any context; other CPUs stopped.
 */
void console_start_all(void);

#endif
