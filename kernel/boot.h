/* The boot's first steps, private to main.c's list: the handoff taken over and turned into options
 * and sinks. */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include "boot/boot_info.h"

/* Copies the handoff, or stops with a panic that says what is wrong with it; the loader's messages
 * follow in the log. */
void boot_take_handoff(const struct boot_info *handed_over);

/* Reads the options, warns about those it cannot use. */
void boot_read_options(void);

/* The options as they were found, on one line, for reports; at most size - 1 characters. Any context. */
void boot_options_text(char *text, size_t size);

/* Serial and screen, the screen through the loader's mapping. */
void boot_start_sinks(void);

/* Moves the serial console, and with it the whole log so far, to the port that ACPI names; where nothing answers there it
 * stays. After acpi_init(), interrupts off. */
void boot_move_serial(void);

/* The framebuffer is mapped at `pixels` from now on; NULL: nowhere. */
void boot_move_screen(void *pixels);

/* The kernel's copies. */
extern struct boot_info boot_info;
extern struct options boot_options;

#endif
