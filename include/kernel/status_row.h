/*
 * The line at the bottom of the screen, which shows that the machine is alive: version, uptime, CPUs, free
 * memory, and what one can do next. It is no part of the log.
 */
#ifndef KERNEL_STATUS_ROW_H
#define KERNEL_STATUS_ROW_H

#include <stdbool.h>
#include <stddef.h>

#define STATUS_ROW_MAX 160 /* characters */

/* Has the line drawn anew each second from now on. Boot CPU, after time_init_cpu(). */
void status_row_start(void);

/* What the line says last from now on; `text` must stay. Any context. */
void status_row_say(const char *text);

/* Whether status_row_text() would say something else than the last time. Any context. */
bool status_row_changed(void);

/* Writes the line, at most size - 1 characters, and returns its length. Takes no lock. Only the owner of the
 * screen. */
size_t status_row_text(char *text, size_t size);

#endif
