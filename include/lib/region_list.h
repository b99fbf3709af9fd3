/*
 * Which parts of an address space may have memory, and with what rights: a sorted list of fixed size. Pure: no
 * allocation, no lock; whoever shares a list locks it. Regions are whole pages, do not overlap, and neighbours with
 * equal rights are one. A zeroed list is empty.
 *
 * A range is `bytes` (more than 0) from `start` on, both multiples of the page size, and ends below 2^64: any other
 * is ERR_BAD_ARGUMENT. Whatever fails changes nothing.
 */
#ifndef LIB_REGION_LIST_H
#define LIB_REGION_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/status.h"
#include "lib/types.h"

#define REGIONS_MAX 64

/* [start, end), page-aligned, not empty. */
struct region {
    vaddr_t start, end;
    unsigned rights; /* bits, whose meaning is the caller's */
};

struct region_list {
    size_t count;
    struct region regions[REGIONS_MAX]; /* the highest first; all zero behind the last */
};

/* ERR_ALREADY_MAPPED when any of the range is taken; ERR_TOO_MANY when there would be more than REGIONS_MAX regions. */
status_t region_list_add(struct region_list *list, vaddr_t start, uint64_t bytes, unsigned rights);

/* Takes away whatever of the range is there. ERR_TOO_MANY when that would split a region and there is no room. */
status_t region_list_remove(struct region_list *list, vaddr_t start, uint64_t bytes);

/* ERR_NOT_FOUND unless all of the range is there; ERR_TOO_MANY when there would be more than REGIONS_MAX regions. */
status_t region_list_set_rights(struct region_list *list, vaddr_t start, uint64_t bytes,
                                unsigned rights);

/*
 * The region that the address is in, NULL when there is none; good until the list changes. In the path of every page
 * fault: under 40 instructions, however long the list.
 */
const struct region *region_list_find(const struct region_list *list, vaddr_t address);

/* Whether all of the bytes are there, each with at least those rights; always when there are none. Neither number need
 * be a page's. */
bool region_list_covers(const struct region_list *list, vaddr_t start, uint64_t bytes,
                        unsigned rights);

#endif
