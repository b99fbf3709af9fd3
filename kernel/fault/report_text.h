/*
 * The text of the report that is being written, or was written last: each of its lines as it goes to the consoles, ended by
 * LF. It lies in static memory, and a line is part of it in whole or not at all, so that a section that faults leaves a
 * text that can be added to and read.
 */
#ifndef KERNEL_FAULT_REPORT_TEXT_H
#define KERNEL_FAULT_REPORT_TEXT_H

#include <stddef.h>

#include "lib/slice.h"

#define REPORT_TEXT_MAX 32768 /* bytes; a report has about 4 KiB */

/* Empties the text. The CPU that reports, which is the only one to call what stands here; any context. */
void report_text_begin(void);

/* Adds a line, without its LF. From the first line on that does not fit, lines are only counted, and the text ends in a line that
 * says how many are missing. */
void report_text_add(const char *line, size_t length);

/* The text up to now, at most REPORT_TEXT_MAX bytes. It stays where it is and does not change before the next line. */
struct slice report_text(void);

#endif
