/* Text for programs: lines for the log, put together from words and numbers. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

#include "faultline.h"

#define LINE_BYTES 160

/* Starts as {.length = 0}. What does not fit is cut off. */
struct line {
    size_t length;
    char text[LINE_BYTES];
};

static inline bool text_is(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Of decimal digits, up to the first other character. */
static inline uint64_t text_number(const char *text)
{
    uint64_t value = 0;

    while (*text >= '0' && *text <= '9')
        value = value * 10 + (uint64_t)(*text++ - '0');
    return value;
}

static inline void line_add(struct line *line, const char *text)
{
    while (*text && line->length < LINE_BYTES)
        line->text[line->length++] = *text++;
}

static inline void line_add_number(struct line *line, uint64_t value, unsigned base)
{
    char digits[65] = {0}, *at = digits + sizeof(digits) - 1;

    do
        *--at = "0123456789abcdef"[value % base];
    while (value /= base);
    line_add(line, at);
}

static inline void line_say(const struct line *line) { fl_log_write(line->text, line->length); }

/* `TEXT NUMBER` */
static inline void say_number(const char *text, uint64_t value, unsigned base)
{
    struct line line = {.length = 0};

    line_add(&line, text);
    line_add(&line, " ");
    line_add_number(&line, value, base);
    line_say(&line);
}

#endif
