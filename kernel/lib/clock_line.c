/* See lib/clock_line.h. */
#include "lib/clock_line.h"

/* Long division, bit by bit behind the point: to_hz << 32 need not fit in 64 bits. */
uint64_t clock_factor(uint64_t from_hz, uint64_t to_hz)
{
    uint64_t whole = to_hz / from_hz, rest = to_hz % from_hz, fraction = 0;

    for (unsigned bit = 0; bit < 32; bit++) {
        rest <<= 1;
        fraction = fraction << 1 | (rest >= from_hz);
        rest -= rest >= from_hz ? from_hz : 0;
    }
    return whole << 32 | fraction;
}

struct clock_line clock_line_make(uint64_t count, uint64_t ns, uint64_t hz)
{
    return (struct clock_line){count, ns, clock_factor(hz, NS_PER_SECOND)};
}

struct clock_line clock_line_continue(const struct clock_line *line, uint64_t count, uint64_t hz)
{
    return clock_line_make(count, clock_line_ns(line, count), hz);
}
