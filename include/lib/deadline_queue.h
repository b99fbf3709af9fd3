/*
 * Deadlines in order: a pairing heap (Fredman, Sedgewick, Sleator and Tarjan, 1986) of nodes that lie in their owners'
 * structures. Adding and looking at the first take constant time, removing takes O(log n) on average over a sequence.
 * Of equal deadlines the one that was added first comes first. No allocation, no recursion; the caller locks.
 */
#ifndef LIB_DEADLINE_QUEUE_H
#define LIB_DEADLINE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
    uint64_t at_ns;
    uint64_t number;           /* in the order of adding */
    struct deadline *child;    /* first of those that are not before this one */
    struct deadline *next;     /* sibling */
    struct deadline *previous; /* sibling, or the parent of a first child; NULL: the root */
    bool queued;
};

/* All zeros: empty. */
struct deadline_queue {
    struct deadline *first;
    uint64_t added;
};

/* `node` must not be in a queue. */
void deadline_queue_add(struct deadline_queue *queue, struct deadline *node, uint64_t at_ns);

/* `node` must be in this queue. */
void deadline_queue_remove(struct deadline_queue *queue, struct deadline *node);

/* DEADLINE_NEVER when empty. */
static inline uint64_t deadline_queue_first_ns(const struct deadline_queue *queue)
{
    return queue->first ? queue->first->at_ns : DEADLINE_NEVER;
}

#endif
