/* Room for the arrays of range sets. All functions are called under the lock of the set's owner. */
#ifndef KERNEL_MM_RANGE_MEMORY_H
#define KERNEL_MM_RANGE_MEMORY_H

#include "range_set.h"

/* The array that a set begins with. */
struct range_home {
    struct range *ranges;
    size_t capacity;
};

/* A set that is full goes on in an array of twice the size, from the frame allocator, if there is
 * memory for it. */
void range_set_make_room(struct range_set *set, const struct range_home *home);

/* A set that would fit twice into its first array goes back there, so that what was allocated for
 * it goes back too. */
void range_set_give_room(struct range_set *set, const struct range_home *home);

/* Moves a set into the least room that holds it: what was allocated then follows from how many ranges there are, and not
 * from how many there were. */
void range_set_trim(struct range_set *set, const struct range_home *home);

#endif
