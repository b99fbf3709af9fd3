/*
 * Changes and questions on a finished memory map. Invariant: ranges are sorted, not empty,
 * page-aligned, do not overlap, and two that touch differ in kind or in runtime.
 */
#include "lib/align.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "memory_map_internal.h"

static const char *const kind_names[MEMORY_KIND_COUNT] = {
    [MEMORY_FREE] = "free",
    [MEMORY_BOOT_SERVICES] = "boot services",
    [MEMORY_LOADER] = "loader",
    [MEMORY_LOW] = "first MiB",
    [MEMORY_KERNEL] = "kernel",
    [MEMORY_PROGRAMS] = "programs",
    [MEMORY_ACPI_RECLAIM] = "ACPI tables",
    [MEMORY_ACPI_NVS] = "ACPI NVS",
    [MEMORY_RUNTIME_DATA] = "runtime data",
    [MEMORY_RUNTIME_CODE] = "runtime code",
    [MEMORY_PERSISTENT] = "persistent",
    [MEMORY_UNACCEPTED] = "unaccepted",
    [MEMORY_UNKNOWN] = "unknown type",
    [MEMORY_RESERVED] = "reserved",
    [MEMORY_UNUSABLE] = "unusable",
    [MEMORY_PAL] = "PAL code",
    [MEMORY_MMIO] = "MMIO",
    [MEMORY_MMIO_PORT] = "MMIO port space",
    [MEMORY_FRAMEBUFFER] = "framebuffer",
};

const char *memory_kind_name(enum memory_kind kind)
{
    return (unsigned)kind < MEMORY_KIND_COUNT ? kind_names[kind] : "no such kind";
}

bool memory_kind_is_ram(enum memory_kind kind)
{
    switch (kind) {
    case MEMORY_FREE:
    case MEMORY_BOOT_SERVICES:
    case MEMORY_LOADER:
    case MEMORY_LOW:
    case MEMORY_KERNEL:
    case MEMORY_PROGRAMS:
    case MEMORY_ACPI_RECLAIM:
    case MEMORY_ACPI_NVS:
    case MEMORY_RUNTIME_DATA:
    case MEMORY_RUNTIME_CODE:
        return true;
    default:
        return false; /* persistent memory is not ordinary, unaccepted memory faults when touched */
    }
}

/* Index of the first range that ends above address (map->count when none does). */
static size_t first_ending_above(const struct memory_map *map, paddr_t address)
{
    size_t low = 0, high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (map->ranges[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const struct memory_range *memory_map_find(const struct memory_map *map, paddr_t address)
{
    size_t index = first_ending_above(map, address);

    return index < map->count && map->ranges[index].start <= address ? &map->ranges[index] : NULL;
}

static bool same_nature(const struct memory_range *a, const struct memory_range *b)
{
    return a->kind == b->kind && a->runtime == b->runtime;
}

/*
 * What becomes of the range that the claim begins in or touches from above: it goes into the claim
 * when it is of the same nature, else its part below stays. Returns how many pieces were written.
 */
static size_t keep_below(struct memory_range *piece, struct memory_range *claim,
                         const struct memory_range *old)
{
    if (old->start >= claim->start)
        return 0;
    if (same_nature(old, claim)) {
        claim->start = old->start;
        return 0;
    }
    *piece = *old;
    piece->end = claim->start;
    return 1;
}

static size_t keep_above(struct memory_range *piece, struct memory_range *claim,
                         const struct memory_range *old)
{
    if (old->end <= claim->end)
        return 0;
    if (same_nature(old, claim)) {
        claim->end = old->end;
        return 0;
    }
    *piece = *old;
    piece->start = claim->end;
    return 1;
}

/* Puts `count` ranges in the place of those in [first, behind). */
static bool replace(struct memory_map *map, size_t first, size_t behind,
                    const struct memory_range *with, size_t count)
{
    struct memory_range *place = &map->ranges[first];

    if (map->count - (behind - first) + count > map->capacity)
        return false;
    memmove(place + count, &map->ranges[behind], (map->count - behind) * sizeof(*place));
    memcpy(place, with, count * sizeof(*place));
    map->count = map->count - (behind - first) + count;
    return true;
}

bool memory_map_claim(struct memory_map *map, paddr_t start, paddr_t end, enum memory_kind kind)
{
    struct memory_range claim = {.start = align_down(start, PAGE_SIZE), .kind = kind};
    struct memory_range pieces[3];
    size_t count = 0, first, behind;

    claim.end = end > MEMORY_END_MAX ? MEMORY_END_MAX : align_up(end, PAGE_SIZE);
    if (start >= end || claim.start >= claim.end)
        return true;
    /*
     * All ranges that the claim covers or touches; a neighbour that merely touches may have to
     * merge.
     */
    first = claim.start > 0 ? first_ending_above(map, claim.start - 1) : 0;
    for (behind = first; behind < map->count && map->ranges[behind].start <= claim.end;)
        behind++;
    if (behind > first)
        count += keep_below(&pieces[count], &claim, &map->ranges[first]);
    size_t claim_place = count++;
    if (behind > first)
        count += keep_above(&pieces[count], &claim, &map->ranges[behind - 1]);
    pieces[claim_place] = claim;
    return replace(map, first, behind, pieces, count);
}

void memory_map_convert(struct memory_map *map, enum memory_kind from, enum memory_kind to)
{
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++) {
        struct memory_range range = map->ranges[i];
        struct memory_range *last = kept > 0 ? &map->ranges[kept - 1] : NULL;

        if (range.kind == from)
            range.kind = to;
        if (last && last->end == range.start && same_nature(last, &range))
            last->end = range.end;
        else
            map->ranges[kept++] = range;
    }
    map->count = kept;
}
