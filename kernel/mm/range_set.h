/*
 * Which ranges of a stretch of address space are taken. Pure. The taken ranges are a sorted array
 * that the caller gives and replaces by a larger one when it is full. New ranges are looked for
 * behind the last one, so that an address that was given back stays unused for as long as possible:
 * whoever still uses it is found out.
 */
#ifndef KERNEL_MM_RANGE_SET_H
#define KERNEL_MM_RANGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

struct range {
    vaddr_t start, end;
    uint64_t note; /* the owner's */
};

struct range_set {
    struct range *ranges; /* sorted, apart from one another or touching */
    size_t count, capacity;
    vaddr_t start, end; /* the stretch */
    vaddr_t next;    /* where the search begins; below it addresses may have been in use before */
    vaddr_t highest; /* no address from here on was ever taken */
};

/* What is asked for: `bytes` at an address that is `offset` above a multiple of `align` (a power of
 * two, at most the stretch's own alignment). */
struct range_request {
    uint64_t bytes;
    uint64_t align;
    uint64_t offset;
    uint64_t note;
};

/* Takes a range; NULL when none is free, or when the array is full. The pointer holds until the next
 * change. */
struct range *range_set_take(struct range_set *set, const struct range_request *request);

/* Gives back what range_set_take() or range_set_find() returned. */
void range_set_give(struct range_set *set, struct range *range);

/* The taken range that holds an address, or NULL. */
struct range *range_set_find(const struct range_set *set, vaddr_t address);

static inline bool range_set_is_full(const struct range_set *set)
{
    return set->count == set->capacity;
}

/* Goes on in another array with room enough, into which the ranges are copied; returns the old one. */
struct range *range_set_move(struct range_set *set, struct range *ranges, size_t capacity);

#endif
