/*
 * A report that ended the run, as it stays on the screen: laid out by lib/report_layout.h, its cause above pages that turn,
 * and a QR code beside them. All of it is for the CPU that reports, after the report's last line.
 */
#ifndef KERNEL_FAULT_REPORT_VIEW_H
#define KERNEL_FAULT_REPORT_VIEW_H

#include <stdint.h>

#include "kernel/log.h"
#include "lib/report_layout.h"

/* Clears the screen and draws the first page, and a word where the QR code belongs that says that there is none. No line of the log
 * is drawn from then on. Nothing without a screen. */
void report_view_show(void);

/* report_code.c: draws the QR code over that word. */
void report_code_show(void);

/* Turns the pages for ever; returns when there is but one, or no clock. */
void report_view_turn_pages(void);

/* Draws the status row as it is now. Nothing without a screen. */
void report_view_draw_status(void);

/* The square for the QR code, of 0 pixels when there is no room, or nothing is shown. */
uint32_t report_view_code_pixels(void);

/* Draws a square of `side` modules of whole pixels, with a margin, at the right edge of the place for the QR code. */
void report_view_draw_code(unsigned side, unsigned margin, bool (*is_dark)(unsigned x, unsigned y));

#endif
