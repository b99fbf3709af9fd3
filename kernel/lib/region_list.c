/*
 * Every change is one replacement: the regions that touch a range are taken out, and what is left of the highest, the
 * range itself and what is left of the lowest are put in, joined where they can be. So it is known before anything
 * changes how many regions there will be, and neighbours are joined in one place.
 *
 * The highest region is the first, so that the zeroes behind the last one sort where they stand: the search goes over
 * the whole array in steps that are constants, and needs neither the count nor a case for the list's end.
 */
#include "lib/region_list.h"

#include <assert.h>

#include "lib/align.h"
#include "lib/string.h"

#define PIECES_MAX 3

/* What a replacement puts in, the highest first. */
struct pieces {
    size_t count;
    struct region regions[PIECES_MAX];
};

/* False when it cannot be a region. */
static bool make_range(struct region *range, vaddr_t start, uint64_t bytes, unsigned rights)
{
    if (bytes == 0 || !is_aligned(start | bytes, PAGE_SIZE) || bytes > UINT64_MAX - start)
        return false;
    *range = (struct region){start, start + bytes, rights};
    return true;
}

/* ---- Looking ---- */

static inline const struct region *step_over(const struct region *region, size_t count,
                                             vaddr_t address)
{
    return region[count - 1].start > address ? region + count : region;
}

/* The highest region that begins at the address or below, or zeroes; some other one when a full list has none. */
static inline const struct region *nearest(const struct region_list *list, vaddr_t address)
{
    const struct region *region = list->regions;

    static_assert(REGIONS_MAX == 64, "the steps add up to the last index");
    region = step_over(region, 32, address);
    region = step_over(region, 16, address);
    region = step_over(region, 8, address);
    region = step_over(region, 4, address);
    region = step_over(region, 2, address);
    return step_over(region, 1, address);
}

const struct region *region_list_find(const struct region_list *list, vaddr_t address)
{
    const struct region *region = nearest(list, address);

    return region->start <= address && address < region->end ? region : NULL;
}

bool region_list_covers(const struct region_list *list, vaddr_t start, uint64_t bytes,
                        unsigned rights)
{
    while (bytes > 0) {
        const struct region *region = region_list_find(list, start);

        if (!region || (region->rights & rights) != rights)
            return false;
        if (bytes <= region->end - start)
            return true;
        bytes -= region->end - start;
        start = region->end;
    }
    return true;
}

/* ---- Changing ---- */

static void push(struct pieces *pieces, struct region piece)
{
    struct region *above = &pieces->regions[pieces->count];

    if (piece.start >= piece.end)
        return;
    if (pieces->count > 0 && above[-1].start == piece.end && above[-1].rights == piece.rights) {
        above[-1].start = piece.start;
        return;
    }
    *above = piece;
    pieces->count++;
}

/* What takes the place of the regions from `first` to before `end`, all of which touch the range. */
static struct pieces make_pieces(const struct region *first, const struct region *end,
                                 const struct region *range, bool is_kept)
{
    struct pieces pieces = {.count = 0};

    if (first < end)
        push(&pieces, (struct region){range->end, first->end, first->rights});
    if (is_kept)
        push(&pieces, *range);
    if (first < end)
        push(&pieces, (struct region){end[-1].start, range->start, end[-1].rights});
    return pieces;
}

/* Makes the range what it says, or nothing when it is not kept. */
static status_t replace(struct region_list *list, const struct region *range, bool is_kept)
{
    struct region *regions = list->regions;
    size_t first = 0, end, count;
    struct pieces pieces;

    while (first < list->count && regions[first].start > range->end)
        first++;
    for (end = first; end < list->count && regions[end].end >= range->start; end++)
        ;
    pieces = make_pieces(&regions[first], &regions[end], range, is_kept);
    count = list->count - (end - first) + pieces.count;
    if (count > REGIONS_MAX)
        return ERR_TOO_MANY;
    memmove(&regions[first + pieces.count], &regions[end],
            (list->count - end) * sizeof(struct region));
    memcpy(&regions[first], pieces.regions, pieces.count * sizeof(struct region));
    if (count < list->count)
        memset(&regions[count], 0, (list->count - count) * sizeof(struct region));
    list->count = count;
    return STATUS_OK;
}

status_t region_list_add(struct region_list *list, vaddr_t start, uint64_t bytes, unsigned rights)
{
    const struct region *region;
    struct region range;

    if (!make_range(&range, start, bytes, rights))
        return ERR_BAD_ARGUMENT;
    region = nearest(list, range.end - 1);
    if (region->start < range.end && region->end > range.start)
        return ERR_ALREADY_MAPPED;
    return replace(list, &range, true);
}

status_t region_list_remove(struct region_list *list, vaddr_t start, uint64_t bytes)
{
    struct region range;

    if (!make_range(&range, start, bytes, 0))
        return ERR_BAD_ARGUMENT;
    return replace(list, &range, false);
}

status_t region_list_set_rights(struct region_list *list, vaddr_t start, uint64_t bytes,
                                unsigned rights)
{
    struct region range;

    if (!make_range(&range, start, bytes, rights))
        return ERR_BAD_ARGUMENT;
    if (!region_list_covers(list, start, bytes, 0))
        return ERR_NOT_FOUND;
    return replace(list, &range, true);
}
