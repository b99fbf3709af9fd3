/* What a path costs, in counts of the time-stamp counter: instructions, under QEMU's icount. */
#ifndef KERNEL_BENCH_H
#define KERNEL_BENCH_H

#include <stdbool.h>

struct bench_row {
    const char *name;
    void (*prepare)(void); /* before each round; may be NULL */
    void (*round)(void);
    void (*finish)(void); /* after the last round; may be NULL */
    void (*empty)(void);  /* the round without the work, whose cost is taken off; NULL: a call */
    unsigned times;       /* how often a round does what the row is about; 0: once */
};

/*
 * Runs every row whose name begins with this one, or all for "all", and logs for each the minimum, median and maximum of
 * 1,000 times, the cost of an empty round taken off. False when there is no such row. After the
 * boot; interrupts are off during a row.
 */
bool bench_run(const char *name);

#endif
