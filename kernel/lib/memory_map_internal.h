/*
 * What the parts of the memory map's parser share: memory_map.c reads the firmware's entries,
 * memory_map_sweep.c sorts them and resolves their overlaps, both in the array that the result will
 * occupy.
 */
#ifndef KERNEL_LIB_MEMORY_MAP_INTERNAL_H
#define KERNEL_LIB_MEMORY_MAP_INTERNAL_H

#include "lib/memory_map.h"

/*
 * The end of a range is exclusive and must be a number, so the last page of the address space is
 * out of reach.
 */
#define MEMORY_END_MAX (0 - PAGE_SIZE)

struct memory_map_build {
    struct memory_map *map;
    const struct diagnostics *diagnostics;
    size_t findings; /* warnings about single entries, also those that were not shown */
    bool sorted;     /* the entries read so far came in ascending order */
    bool heaped;     /* the entries form a heap: more came than the capacity holds */
    paddr_t limit;   /* what starts here or above was left out; MEMORY_END_MAX: nothing was */
};

/* Between reading and sweeping, `runtime` carries the entry's number too, for the warnings. */
static inline uint32_t memory_entry_tag(uint32_t number, bool runtime)
{
    return number << 1 | (runtime ? 1 : 0);
}

static inline uint32_t memory_entry_number(const struct memory_range *entry)
{
    return entry->runtime >> 1;
}

static inline bool memory_entry_runtime(const struct memory_range *entry)
{
    return (entry->runtime & 1) != 0;
}

/* Counts a finding about one entry; false when so many were shown that this one should not be. */
bool memory_map_may_warn(struct memory_map_build *build, enum memory_map_finding finding);

/*
 * Keeps one entry; when there is no room, the one that starts highest goes and build->limit sinks
 * to its start.
 */
void memory_map_keep(struct memory_map_build *build, const struct memory_range *entry);

/* Turns the kept entries into the finished map. */
void memory_map_sweep(struct memory_map_build *build);

#endif
