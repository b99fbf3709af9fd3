/*
 * Sorts the entries of a memory map and resolves their overlaps, in n log n and without memory of
 * its own.
 *
 * The sweep walks the address space upwards. Ranges of one kind merge, so all it needs to know is
 * how far each kind reaches from here: one address for each kind, not a queue of open entries. At
 * each boundary the most restrictive kind that still reaches counts.
 *
 * The sorted entries lie at the end of the array, the result grows from its start. k entries have k
 * starts and k ends, so they make at most 2k - 1 ranges and cannot meet the entries not yet
 * consumed if the capacity is twice their number. If it is less, they may meet: then the highest
 * entry gives way.
 */
#include "memory_map_internal.h"

#include "lib/string.h"

struct sweep {
    struct memory_map_build *build;
    size_t next;      /* entries [next, capacity) are still to come */
    paddr_t position; /* the result is complete below */
    uint32_t active;  /* a bit for each kind that may reach beyond position; cleared late */
    paddr_t reach[MEMORY_KIND_COUNT];
    paddr_t runtime_reach;
};

_Static_assert(MEMORY_KIND_COUNT <= 32, "struct sweep has one bit for each kind");

static void swap(struct memory_range *a, struct memory_range *b)
{
    struct memory_range kept = *a;

    *a = *b;
    *b = kept;
}

/* Restores the heap (highest start at the root) below `root`. */
static void sift_down(struct memory_range *heap, size_t count, size_t root)
{
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && heap[child + 1].start > heap[child].start)
            child++;
        if (heap[root].start >= heap[child].start)
            return;
        swap(&heap[root], &heap[child]);
        root = child;
    }
}

static void make_heap(struct memory_range *ranges, size_t count)
{
    for (size_t root = count / 2; root-- > 0;)
        sift_down(ranges, count, root);
}

/* Heapsort: in place, and n log n on every input; firmware decides what the input looks like. */
static void sort_heap(struct memory_range *heap, size_t count)
{
    while (count > 1) {
        count--;
        swap(&heap[0], &heap[count]);
        sift_down(heap, count, 0);
    }
}

static void leave_out_from(struct memory_map_build *build, paddr_t start)
{
    if (start < build->limit)
        build->limit = start;
}

static bool continues(const struct memory_range *last, const struct memory_range *next)
{
    return last->end == next->start && last->kind == next->kind &&
           (last->runtime & 1) == (next->runtime & 1);
}

/* False when there is no room, and the new entry does not continue the last one either. */
static bool keep_at_end(struct memory_map_build *build, const struct memory_range *entry)
{
    struct memory_map *map = build->map;
    struct memory_range *last = map->count > 0 ? &map->ranges[map->count - 1] : NULL;

    if (last && continues(last, entry)) {
        last->end = entry->end;
        return true;
    }
    if (map->count == map->capacity)
        return false;
    if (last && last->start > entry->start)
        build->sorted = false;
    map->ranges[map->count++] = *entry;
    return true;
}

void memory_map_keep(struct memory_map_build *build, const struct memory_range *entry)
{
    struct memory_map *map = build->map;

    if (keep_at_end(build, entry))
        return;
    if (!build->heaped)
        make_heap(map->ranges, map->count);
    build->heaped = true;
    if (map->count == 0 || entry->start >= map->ranges[0].start) {
        leave_out_from(build, entry->start);
        return;
    }
    leave_out_from(build, map->ranges[0].start);
    map->ranges[0] = *entry;
    sift_down(map->ranges, map->count, 0);
}

/* The most restrictive of `kinds` that reaches beyond the position, or -1. */
static int reaching_kind(struct sweep *sweep, uint32_t kinds)
{
    for (kinds &= sweep->active; kinds != 0; kinds &= sweep->active) {
        int kind = 31 - __builtin_clz(kinds);

        if (sweep->reach[kind] > sweep->position)
            return kind;
        sweep->active &= ~(UINT32_C(1) << kind);
    }
    return -1;
}

/*
 * Makes room for one more range by dropping the highest entry; false when there is none left to
 * drop.
 */
static bool drop_highest_entry(struct sweep *sweep)
{
    struct memory_map *map = sweep->build->map;
    struct memory_range *next = &map->ranges[sweep->next];

    if (sweep->next == map->capacity)
        return false;
    leave_out_from(sweep->build, map->ranges[map->capacity - 1].start);
    sweep->next++;
    memmove(next + 1, next, (map->capacity - sweep->next) * sizeof(*next));
    return true;
}

static void append(struct sweep *sweep, const struct memory_range *range)
{
    struct memory_map *map = sweep->build->map;
    struct memory_range *last = map->count > 0 ? &map->ranges[map->count - 1] : NULL;

    if (last && continues(last, range))
        last->end = range->end;
    else if (map->count < sweep->next || drop_highest_entry(sweep))
        map->ranges[map->count++] = *range;
    else
        leave_out_from(sweep->build, range->start);
}

static paddr_t lower(paddr_t a, paddr_t b) { return a < b ? a : b; }

/* Completes the result up to `to`. No entry that is still to come starts below it. */
static void advance(struct sweep *sweep, paddr_t to)
{
    int kind;

    while (sweep->position < lower(to, sweep->build->limit) &&
           (kind = reaching_kind(sweep, UINT32_MAX)) >= 0) {
        bool runtime = sweep->runtime_reach > sweep->position;
        struct memory_range range = {
            .start = sweep->position,
            .end = lower(sweep->reach[kind], lower(to, sweep->build->limit)),
            .kind = (enum memory_kind)kind,
            .runtime = runtime,
        };

        if (runtime)
            range.end = lower(range.end, sweep->runtime_reach);
        append(sweep, &range);
        sweep->position = range.end;
    }
    sweep->position = to;
}

static void consume(struct sweep *sweep, const struct memory_range *entry)
{
    struct memory_map_build *build = sweep->build;
    uint32_t bit = UINT32_C(1) << entry->kind;

    advance(sweep, entry->start);
    int other = reaching_kind(sweep, ~bit);
    if (other >= 0 && memory_map_may_warn(build, MEMORY_ENTRY_OVERLAP))
        diagnostics_warn(build->diagnostics,
                         "entry %u (%s, 0x%lx to 0x%lx) overlaps %s: the more restrictive counts",
                         memory_entry_number(entry), memory_kind_name(entry->kind),
                         (unsigned long)entry->start, (unsigned long)entry->end,
                         memory_kind_name((enum memory_kind)other));
    if (sweep->reach[entry->kind] < entry->end)
        sweep->reach[entry->kind] = entry->end;
    sweep->active |= bit;
    if (memory_entry_runtime(entry) && sweep->runtime_reach < entry->end)
        sweep->runtime_reach = entry->end;
}

void memory_map_sweep(struct memory_map_build *build)
{
    struct memory_map *map = build->map;
    struct sweep sweep = {.build = build, .next = map->capacity - map->count};

    if (!build->sorted && !build->heaped)
        make_heap(map->ranges, map->count);
    if (!build->sorted || build->heaped)
        sort_heap(map->ranges, map->count);
    memmove(&map->ranges[sweep.next], map->ranges, map->count * sizeof(*map->ranges));
    map->count = 0;
    while (sweep.next < map->capacity) {
        /* Copied: from now on its place may be taken by the result. */
        struct memory_range entry = map->ranges[sweep.next++];

        consume(&sweep, &entry);
    }
    advance(&sweep, build->limit);
}
