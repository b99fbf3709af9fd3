/*
 * Whether two CPUs' time stamps agree, and by how much not: both read theirs, strictly in turns, and no reading may be
 * below the one before, which the other made. That is exactly what a clock that never runs backwards needs. Pure: the
 * time stamp is read through a function.
 */
#ifndef LIB_CLOCK_WARP_H
#define LIB_CLOCK_WARP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum clock_warp_side { CLOCK_WARP_SOURCE, CLOCK_WARP_TARGET, CLOCK_WARP_SIDES };

/* Shared by the two; zeros but for `readings` before the first of them begins, and not used again. */
struct clock_warp {
    unsigned readings;                        /* that each side makes in a round, 1 or more */
    atomic_uint turn;                         /* even: the source's */
    uint64_t last;                            /* this and the next are touched in one's own turn */
    uint64_t behind_counts[CLOCK_WARP_SIDES]; /* the most by which each found itself behind */
    atomic_uint reached[CLOCK_WARP_SIDES];    /* meeting points */
};

enum clock_warp_result {
    CLOCK_WARP_NONE,     /* they agreed from the start */
    CLOCK_WARP_ADJUSTED, /* they do now */
    CLOCK_WARP_UNSTEADY, /* they did not, whatever was added */
    CLOCK_WARP_ALONE,    /* the other side did not come, or not all the way */
    CLOCK_WARP_RESULTS
};

/*
 * Run at the same time, one by each CPU, interrupts off; they end in bounded time even when the other side does not
 * come. `read` returns the calling CPU's time stamp with its offset added. The target changes its own offset, *offset,
 * until no reading is behind. Both return the same result, but for CLOCK_WARP_ALONE.
 */
enum clock_warp_result clock_warp_source(struct clock_warp *warp, uint64_t (*read)(void));
enum clock_warp_result clock_warp_target(struct clock_warp *warp, uint64_t (*read)(void),
                                         int64_t *offset);

#endif
