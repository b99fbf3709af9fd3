/* The framebuffer as a log sink. */
#ifndef KERNEL_LOG_SCREEN_H
#define KERNEL_LOG_SCREEN_H

#include <stdbool.h>

#include "kernel/log.h"
#include "lib/blitter.h"
#include "lib/framebuffer.h"

extern const struct log_sink screen_sink;

/* Draws from now on at `pixels`, where the framebuffer is mapped; clears it. False when it cannot
 * be used. Boot CPU. */
bool screen_init(const struct framebuffer *framebuffer, void *pixels);

/* Blanks the screen; the next line is the first. No-op without a screen. Boot CPU, nobody drawing. */
void screen_clear(void);

/* Where somebody else may draw. */
struct screen_canvas {
    const struct blitter *blitter; /* with the font and the framebuffer */
    uint32_t *pixels;              /* where the framebuffer is mapped */
    uint32_t height;               /* pixels above the status row */
};

/*
 * Takes the screen away from the log for good: it is blank but for its status row, and no line draws on it any more. False when
 * there is none. After log_take_over().
 */
bool screen_take(struct screen_canvas *canvas);

/* Draws the status row as it is now. After screen_take(). */
void screen_draw_status(void);

/* The number of a character's glyph, or of what stands for one that the font lacks. After screen_init(). */
uint32_t screen_glyph(uint32_t code_point);

/* What was done since the start: bytes written to the framebuffer for cells (it is never read), and how often
 * all that had changed was drawn. */
uint64_t screen_bytes_written(void);
uint64_t screen_drawing_count(void);

/* The framebuffer is mapped somewhere else now; NULL: nowhere, and what is put meanwhile is drawn at the next move. */
void screen_move(void *pixels);

#endif
