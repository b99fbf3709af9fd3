/* How far two names are apart, to guess what somebody meant. */
#ifndef LIB_EDIT_DISTANCE_H
#define LIB_EDIT_DISTANCE_H

#include <stddef.h>

#include "lib/slice.h"

#define EDIT_NAME_MAX 24 /* longer names are not compared */

/*
 * The number of mistakes that turn one name into the other: a character inserted, removed,
 * replaced, or swapped with its neighbour. Letters of either case count as equal. EDIT_NAME_MAX + 1
 * when a name is longer than EDIT_NAME_MAX. Any context.
 */
size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length);

/* The name that was probably meant, among those that are offered: at most a third of the wanted one is wrong. The
 * first of several that are equally near. */
struct nearest {
    struct slice wanted;
    const char *name; /* NULL: none so far */
    size_t distance;  /* a nearer one must be below this */
};

struct nearest nearest_begin(struct slice wanted);
void nearest_offer(struct nearest *nearest, const char *name);

#endif
