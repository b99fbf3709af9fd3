/*
 * The log. Records are reserved and committed in a ring without a lock, so it works in any context:
 * NMI, before any device, on every CPU. Sinks (serial, screen) are drained by one owner at a time,
 * by try-lock; whoever comes meanwhile leaves its record to that owner. The ring keeps every level,
 * sinks show those up to the configured one.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/compiler.h"
#include "lib/options.h"

/* characters of one record's text; what is longer is cut and ends in "..." */
#define LOG_LINE_MAX 432

/*
 * Any context. Serial has the line when this returns. The screen has it too while the boot has not enabled
 * interrupts; afterwards only if interrupts are enabled here and nothing was drawn in the last 16 ms, else after
 * the next interrupt that finds them enabled: 10 ms later, or at once in a report.
 */
void log_write(enum log_level level, const char *template, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_trace(...) log_write(LOG_TRACE, __VA_ARGS__)

/* A part of a line in one colour, 0xRRGGBB. */
#define LOG_COLOR_TEXT 0xffffff
#define LOG_COLOR_DIM  0x808080

struct log_sink {
    void (*put)(uint32_t rgb, const char *text, size_t length); /* text without line ends */
    void (*end_line)(void);
    void (*flush)(
        void); /* draws what was put, once for many lines, and in bounded time; NULL: putting
                            shows */
};

/*
 * Registers a sink, which is then shown everything in the ring from its beginning; one that is
 * registered already stays as it is. At most two. Boot CPU.
 */
void log_add_sink(const struct log_sink *sink, enum log_level shown);

/* Shows a registered sink everything in the ring once more, from its beginning: it is read somewhere else now. Boot CPU. */
void log_show_again(const struct log_sink *sink);

/* Shows what has been committed and not been shown yet, unless somebody else is doing so. Any
 * context. */
void log_drain(void);

/* From now on nobody draws while interrupts are masked. Boot CPU, once, when they are about to be enabled. */
void log_put_off_drawing(void);

/* Something is to be drawn; the next interrupt that finds interrupts enabled does it. Any context. */
void log_want_drawing(void);

/* Read by every interrupt on its way out. */
extern atomic_bool log_drawing_is_due;

/* Draws with interrupts enabled, unless the interrupted code is drawing itself. At the end of an interrupt
 * that found them enabled, on its stack, interrupts off; off again on return. */
void log_draw_after_interrupt(void);

/* Draws now, in any state of the interrupts: for measuring. Not in an interrupt. */
void log_draw_now(void);

/*
 * For a report that nothing may interleave with: takes both sinks from whoever holds them, after
 * showing what the ring still holds; drawn is it with the next log_raw_line(). From then on
 * log_write() only fills the ring. A CPU that writes a line is waited for, or its line is ended when it cannot end it.
 * Any context; other CPUs may run.
 */
void log_take_over(void);

/* The end of a report after which the kernel goes on: shows what came meanwhile. */
void log_give_back(void);

/* After a fault: if it came while a sink was written to after log_take_over(), that sink is not used again, and the
 * answer is true. */
bool log_drop_failing_sink(void);

/* Whether a sink is registered, and did not fail that way. Any context. */
bool log_sink_works(const struct log_sink *sink);

/* One line straight to every sink, neither prefixed nor filtered. Only after log_take_over(). */
void log_raw_line(uint32_t rgb, const char *text, size_t length);

/* The line that says how the run ends, "exit: 0x10": straight to every sink, as the last one. Any
 * context. */
void log_exit(unsigned code);

/* Calls `show` for the last `count` records of the ring, oldest first: what precedes the text in
 * the log, with a NUL, and the text, without one. Any context. */
void log_tail(unsigned count, void (*show)(const char *prefix, const char *text, size_t length));

#endif
