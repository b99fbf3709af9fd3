/*
 * A clock as a straight line: nanoseconds over the counts of a counter. A finer rate begins a new line where the old one
 * has got to, so the two together never jump and never run backwards.
 */
#ifndef LIB_CLOCK_LINE_H
#define LIB_CLOCK_LINE_H

#include <stdint.h>

#define NS_PER_SECOND UINT64_C(1000000000)

struct clock_line {
    uint64_t start_count, start_ns;
    uint64_t ns_per_count; /* 32.32 fixed point */
};

/* value * factor, the factor in 32.32 fixed point; the product must stay below 2^64. */
static inline uint64_t clock_scale(uint64_t value, uint64_t factor)
{
    return (uint64_t)((unsigned __int128)value * factor >> 32);
}

/* The line's time at `count`; before its start it stands at its first value. */
static inline uint64_t clock_line_ns(const struct clock_line *line, uint64_t count)
{
    uint64_t passed = count > line->start_count ? count - line->start_count : 0;

    return line->start_ns + clock_scale(passed, line->ns_per_count);
}

/* What one count at from_hz is worth at to_hz, in 32.32 fixed point. 0 < from_hz; to_hz below 2^32 times from_hz. */
uint64_t clock_factor(uint64_t from_hz, uint64_t to_hz);

/* A line through (count, ns) for a counter of `hz`. */
struct clock_line clock_line_make(uint64_t count, uint64_t ns, uint64_t hz);

/* Goes on where `line` is at `count`, at another rate. */
struct clock_line clock_line_continue(const struct clock_line *line, uint64_t count, uint64_t hz);

#endif
