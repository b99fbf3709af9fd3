/* The framebuffer as a log sink. */
#ifndef KERNEL_LOG_SCREEN_H
#define KERNEL_LOG_SCREEN_H

#include <stdbool.h>

#include "kernel/log.h"
#include "lib/framebuffer.h"

extern const struct log_sink screen_sink;

/* Draws from now on at `pixels`, where the framebuffer is mapped; clears it. False when it cannot
 * be used. Boot CPU. */
bool screen_init(const struct framebuffer *framebuffer, void *pixels);

/* Blanks the screen; the next line is the first. No-op without a screen. Boot CPU, nobody drawing. */
void screen_clear(void);

/* What was done since the start: bytes written to the framebuffer for cells (it is never read), and how often
 * all that had changed was drawn. */
uint64_t screen_bytes_written(void);
uint64_t screen_drawing_count(void);

/* The framebuffer is mapped somewhere else now; NULL: nowhere, and what is put meanwhile is drawn at the next move. */
void screen_move(void *pixels);

#endif
