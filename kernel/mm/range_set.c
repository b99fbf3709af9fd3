/* See range_set.h. */
#include "range_set.h"

#include "lib/align.h"
#include "lib/string.h"

/* Index of the first range that ends above the address. */
static size_t first_ending_above(const struct range_set *set, vaddr_t address)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->ranges[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct range *range_set_find(const struct range_set *set, vaddr_t address)
{
    size_t index = first_ending_above(set, address);

    return index < set->count && set->ranges[index].start <= address ? &set->ranges[index] : NULL;
}

/* The lowest address from `at` on that the request's alignment allows. */
static vaddr_t fit(const struct range_request *request, vaddr_t at)
{
    vaddr_t candidate = align_down(at, request->align) + request->offset;

    return candidate < at ? candidate + request->align : candidate;
}

/* Looks in the gaps from [from, ...) to `to`; the index at which the range would stand, or count + 1. */
static size_t find_gap(const struct range_set *set, const struct range_request *request,
                       vaddr_t from, vaddr_t to, vaddr_t *start)
{
    size_t index = first_ending_above(set, from);

    if (index < set->count && set->ranges[index].start <= from)
        from = set->ranges[index++].end;
    for (;; index++) {
        vaddr_t gap_end = index < set->count ? set->ranges[index].start : set->end;

        gap_end = gap_end < to ? gap_end : to;
        *start = fit(request, from);
        if (*start < gap_end && request->bytes <= gap_end - *start)
            return index;
        if (index >= set->count || set->ranges[index].start >= to)
            return set->count + 1;
        from = set->ranges[index].end;
    }
}

struct range *range_set_take(struct range_set *set, const struct range_request *request)
{
    vaddr_t start;
    size_t index;

    if (range_set_is_full(set) || request->bytes == 0 || request->bytes > set->end - set->start)
        return NULL;
    index = find_gap(set, request, set->next, set->end, &start);
    if (index > set->count)
        index = find_gap(set, request, set->start, set->end, &start);
    if (index > set->count)
        return NULL;
    memmove(&set->ranges[index + 1], &set->ranges[index],
            (set->count - index) * sizeof(set->ranges[0]));
    set->ranges[index] =
        (struct range){.start = start, .end = start + request->bytes, .note = request->note};
    set->count++;
    set->next = start + request->bytes;
    if (set->highest < set->next)
        set->highest = set->next;
    return &set->ranges[index];
}

void range_set_give(struct range_set *set, struct range *range)
{
    size_t index = (size_t)(range - set->ranges);

    set->count--;
    memmove(range, range + 1, (set->count - index) * sizeof(*range));
}

struct range *range_set_move(struct range_set *set, struct range *ranges, size_t capacity)
{
    struct range *old = set->ranges;

    memcpy(ranges, old, set->count * sizeof(*ranges));
    set->ranges = ranges;
    set->capacity = capacity;
    return old;
}
