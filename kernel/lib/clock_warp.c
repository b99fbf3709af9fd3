/* See lib/clock_warp.h. */
#include "lib/clock_warp.h"

#include <stddef.h>

#define ROUNDS    10 /* the first finds the offset, the others what it was short of, less and less */
#define SPINS_MAX 20000000

static void relax(void) { __asm__ volatile("pause"); }

/* False when the other side does not come. */
static bool meet(struct clock_warp *warp, enum clock_warp_side side)
{
    unsigned mine = atomic_fetch_add(&warp->reached[side], 1) + 1;

    for (unsigned spins = 0; spins < SPINS_MAX; spins++) {
        if (atomic_load(&warp->reached[!side]) >= mine)
            return true;
        relax();
    }
    return false;
}

static bool wait_for_turn(struct clock_warp *warp, enum clock_warp_side side)
{
    for (unsigned spins = 0; spins < SPINS_MAX; spins++) {
        if (atomic_load(&warp->turn) % CLOCK_WARP_SIDES == side)
            return true;
        relax();
    }
    return false;
}

/* In turns, because one side could else be done before the other has begun: both directions must be seen. */
static bool compare_readings(struct clock_warp *warp, enum clock_warp_side side,
                             uint64_t (*read)(void))
{
    for (unsigned i = 0; i < warp->readings; i++) {
        uint64_t now;

        if (!wait_for_turn(warp, side))
            return false;
        now = read();
        if (now < warp->last && warp->last - now > warp->behind_counts[side])
            warp->behind_counts[side] = warp->last - now;
        warp->last = now;
        atomic_fetch_add(&warp->turn, 1);
    }
    return true;
}

/* One round: everybody reads, and then knows what both found. The source clears for the next one. */
static bool round_of(struct clock_warp *warp, enum clock_warp_side side, uint64_t (*read)(void),
                     uint64_t found[CLOCK_WARP_SIDES])
{
    if (!meet(warp, side) || !compare_readings(warp, side, read) || !meet(warp, side))
        return false;
    found[CLOCK_WARP_SOURCE] = warp->behind_counts[CLOCK_WARP_SOURCE];
    found[CLOCK_WARP_TARGET] = warp->behind_counts[CLOCK_WARP_TARGET];
    if (!meet(warp, side))
        return false;
    if (side == CLOCK_WARP_SOURCE) {
        warp->behind_counts[CLOCK_WARP_SOURCE] = warp->behind_counts[CLOCK_WARP_TARGET] = 0;
        warp->last = 0;
    }
    return true;
}

/* A target that is behind goes forward, one before which the source is behind goes back; one of whom both is true has a
 * time stamp that no offset makes right. */
static enum clock_warp_result run(struct clock_warp *warp, enum clock_warp_side side,
                                  uint64_t (*read)(void), int64_t *offset)
{
    uint64_t found[CLOCK_WARP_SIDES];

    for (unsigned round = 0; round < ROUNDS; round++) {
        if (!round_of(warp, side, read, found))
            return CLOCK_WARP_ALONE;
        if (found[CLOCK_WARP_SOURCE] == 0 && found[CLOCK_WARP_TARGET] == 0)
            return round == 0 ? CLOCK_WARP_NONE : CLOCK_WARP_ADJUSTED;
        if (found[CLOCK_WARP_SOURCE] != 0 && found[CLOCK_WARP_TARGET] != 0)
            return CLOCK_WARP_UNSTEADY;
        if (offset)
            *offset += (int64_t)(found[CLOCK_WARP_TARGET] - found[CLOCK_WARP_SOURCE]);
    }
    return CLOCK_WARP_UNSTEADY;
}

enum clock_warp_result clock_warp_source(struct clock_warp *warp, uint64_t (*read)(void))
{
    return run(warp, CLOCK_WARP_SOURCE, read, NULL);
}

enum clock_warp_result clock_warp_target(struct clock_warp *warp, uint64_t (*read)(void),
                                         int64_t *offset)
{
    return run(warp, CLOCK_WARP_TARGET, read, offset);
}
