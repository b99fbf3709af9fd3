/*
 * The memory map's parser: random maps against a model with one byte for each page, and random
 * claims. Maps that are written down, with what must become of them, are in maps/.
 */
#include "raw_map.h"

#define FREE_1_3                                                                                   \
    {                                                                                              \
        T_FREE, PAGE(1), 2, WB                                                                     \
    }

/* ---- random maps against a model ---- */

#define MODEL_PAGES 512
#define HOLE        0xff

struct model {
    uint8_t kind[MODEL_PAGES];
    uint8_t runtime[MODEL_PAGES];
};

static uint64_t seed;

static int model_kind(const struct raw_entry *entry)
{
    static const uint8_t kinds[] = {
        MEMORY_RESERVED,      MEMORY_LOADER,       MEMORY_LOADER,       MEMORY_BOOT_SERVICES,
        MEMORY_BOOT_SERVICES, MEMORY_RUNTIME_CODE, MEMORY_RUNTIME_DATA, MEMORY_FREE,
        MEMORY_UNUSABLE,      MEMORY_ACPI_RECLAIM, MEMORY_ACPI_NVS,     MEMORY_MMIO,
        MEMORY_MMIO_PORT,     MEMORY_PAL,          MEMORY_PERSISTENT,   MEMORY_UNACCEPTED};
    int kind = entry->type < 16 ? kinds[entry->type] : MEMORY_UNKNOWN;

    if (kind > MEMORY_LOADER)
        return kind;
    if (entry->attributes & RT)
        return MEMORY_RUNTIME_DATA;
    return entry->attributes & WB ? kind : MEMORY_RESERVED;
}

static void model_add(struct model *model, const struct raw_entry *entry)
{
    int kind = model_kind(entry);

    if (entry->pages > MODEL_PAGES)
        return;
    for (uint64_t page = 0; page < MODEL_PAGES; page++) {
        uint64_t low = PAGE(page), high = PAGE(page + 1), end = entry->start + PAGE(entry->pages);
        bool inside = kind <= MEMORY_LOADER ? low >= entry->start && high <= end
                                            : high > entry->start && low < end;

        if (!inside || entry->pages == 0)
            continue;
        if (model->kind[page] == HOLE || model->kind[page] < kind)
            model->kind[page] = (uint8_t)kind;
        if (entry->attributes & RT)
            model->runtime[page] = 1;
    }
}

static struct raw_entry random_entry(uint64_t pages_most)
{
    struct raw_entry entry = {
        .type = (uint32_t)random_below(&seed, 18),
        .start = PAGE(random_below(&seed, MODEL_PAGES - pages_most)),
        .pages = random_below(&seed, pages_most),
        .attributes = (random_below(&seed, 8) ? WB : 7) | (random_below(&seed, 6) ? 0 : RT),
    };

    if (random_below(&seed, 12) == 0)
        entry.start += random_below(&seed, PAGE_SIZE);
    if (random_below(&seed, 20) == 0)
        entry.pages = UINT64_MAX - random_below(&seed, 1000);
    if (random_below(&seed, 3) == 0)
        entry.type = T_FREE;
    return entry;
}

static int compare_starts(const void *a, const void *b)
{
    const struct raw_entry *left = a, *right = b;

    return (left->start > right->start) - (left->start < right->start);
}

/* Pages that the map has right, counted from 0; behind them it must have none. */
static void assert_like_model(const struct memory_map *map, const struct model *model,
                              uint64_t pages)
{
    for (uint64_t page = 0; page < MODEL_PAGES; page++) {
        const struct memory_range *range =
            memory_map_find(map, PAGE(page) + random_below(&seed, PAGE_SIZE));
        int expected = page < pages ? model->kind[page] : HOLE;

        if ((range ? (int)range->kind : HOLE) != expected)
            fail_msg("page %u is %s", (unsigned)page,
                     range ? memory_kind_name(range->kind) : "a hole");
        if (range)
            assert_int_equal(range->runtime, model->runtime[page]);
    }
}

/* The first page that the warning says is left out. */
static uint64_t pages_kept(const struct findings *findings)
{
    const char *where = strstr(findings->text, "memory at 0x");

    return where ? strtoull(where + strlen("memory at 0x"), NULL, 16) / PAGE_SIZE : MODEL_PAGES;
}

static void random_round(size_t entries_most, uint64_t pages_most, size_t capacity)
{
    static const size_t strides[] = {40, 48, 56, 304};
    static struct raw_entry entries[600];
    struct memory_range *ranges = malloc(capacity * sizeof(*ranges));
    struct memory_map map = {.ranges = ranges, .capacity = capacity};
    struct model model;
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);
    size_t count = 1 + random_below(&seed, entries_most);

    memset(model.kind, HOLE, sizeof(model.kind));
    memset(model.runtime, 0, sizeof(model.runtime));
    for (size_t i = 0; i < count; i++) {
        entries[i] = random_entry(pages_most);
        model_add(&model, &entries[i]);
    }
    if (random_below(&seed, 3) == 0)
        qsort(entries, count, sizeof(entries[0]), compare_starts);

    struct raw_map raw = make_raw(entries, count, strides[random_below(&seed, 4)], 0);

    assert_true(memory_map_build(&map, &raw.raw, &diagnostics));
    assert_sound(&map);
    if (capacity >= 2 * count)
        assert_int_equal(pages_kept(&findings), MODEL_PAGES);
    assert_like_model(&map, &model, pages_kept(&findings));
    free(raw.block);
    free(ranges);
}

static void random_maps_match_the_model(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++)
        random_round(12, 60, 24);
    for (int round = 0; round < 300; round++)
        random_round(600, 20, 1200);
    for (int round = 0; round < 300; round++)
        random_round(100, 300, 200);
}

static void random_maps_without_room_keep_the_lowest(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++)
        random_round(24, 40, 1 + random_below(&seed, 30));
    for (int round = 0; round < 200; round++)
        random_round(600, 20, 1 + random_below(&seed, 700));
}

/* ---- many entries ---- */

enum order { ASCENDING, DESCENDING, SHUFFLED };

/* Two pages each, every second a hole, kinds alternating. */
static void many(size_t count, enum order order, size_t capacity, size_t expected,
                 const char *warning)
{
    struct raw_entry *entries = calloc(count, sizeof(*entries));
    struct memory_range *ranges = malloc(capacity * sizeof(*ranges));
    struct memory_map map = {.ranges = ranges, .capacity = capacity};
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);

    for (size_t i = 0; i < count; i++) {
        size_t place = order == DESCENDING ? count - 1 - i : i;

        entries[place] = (struct raw_entry){i % 2 ? T_FREE : T_NVS, PAGE(4 * i), 2, WB};
    }
    for (size_t i = count - 1; order == SHUFFLED && i > 0; i--) {
        size_t other = random_below(&seed, i + 1);
        struct raw_entry kept = entries[i];

        entries[i] = entries[other];
        entries[other] = kept;
    }

    struct raw_map raw = make_raw(entries, count, 48, 0);

    assert_true(memory_map_build(&map, &raw.raw, &diagnostics));
    assert_contains(findings.text, warning);
    assert_sound(&map);
    assert_int_equal(map.count, expected);
    for (size_t i = 0; i < expected && count <= MEMORY_MAP_MAX_ENTRIES; i++) {
        assert_int_equal(ranges[i].start, PAGE(4 * i));
        assert_int_equal(ranges[i].kind, i % 2 ? MEMORY_FREE : MEMORY_ACPI_NVS);
    }
    free(raw.block);
    free(ranges);
    free(entries);
}

static void thousands_of_entries_in_any_order(void **state)
{
    (void)state;
    for (enum order order = ASCENDING; order <= SHUFFLED; order++) {
        many(257, order, MEMORY_MAP_MAX_RANGES, 257, NULL);
        many(4096, order, MEMORY_MAP_MAX_RANGES, 4096, NULL);
        many(4096, order, 4096, 4096, NULL);
        many(4096, order, 2048, 2048, "memory at 0x2000000 and above is left out");
        many(4097, order, MEMORY_MAP_MAX_RANGES, 4096,
             "4097 entries, those from 4096 on are ignored");
        many(70000, order, MEMORY_MAP_MAX_RANGES, 4096, "70000 entries");
    }
}

static void no_room_at_all(void **state)
{
    struct raw_entry entry = FREE_1_3;
    struct raw_map raw = make_raw(&entry, 1, 48, 0);
    volatile size_t none = 0; /* compilers refuse a plain malloc(0) */
    struct memory_map map = {.ranges = malloc(none), .capacity = 0};
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);

    (void)state;
    assert_true(memory_map_build(&map, &raw.raw, &diagnostics));
    assert_int_equal(map.count, 0);
    assert_contains(findings.text, "memory at 0x1000 and above is left out");
    free(raw.block);
    free(map.ranges);
}

static void no_map_at_all(void **state)
{
    struct memory_map_raw raw = {NULL, 48, 48, 1};
    struct memory_range ranges[1];
    struct memory_map map = {.ranges = ranges, .count = 1, .capacity = 1};

    (void)state;
    assert_false(memory_map_build(&map, &raw, NULL));
    assert_int_equal(map.count, 0);
}

static void a_map_of_rubbish_does_not_flood_the_log(void **state)
{
    static struct raw_entry entries[1000];
    struct raw_map raw;
    struct memory_range ranges[8];
    struct memory_map map = {.ranges = ranges, .capacity = ARRAY_COUNT(ranges)};
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++)
        entries[i] = (struct raw_entry){T_FREE, PAGE(i), 0, WB};
    raw = make_raw(entries, ARRAY_COUNT(entries), 48, 0);
    assert_true(memory_map_build(&map, &raw.raw, &diagnostics));
    assert_int_equal(findings.count, 65);
    assert_contains(findings.text, "936 more findings not shown");
    diagnostics = findings_collect(&findings);
    raw.raw.size_bytes = (uint64_t)48 * 64;
    assert_true(memory_map_build(&map, &raw.raw, &diagnostics));
    assert_int_equal(findings.count, 64);
    free(raw.block);
}

/* Bytes that are no map at all must only ever produce a sound map. */
static void random_bytes_make_a_sound_map(void **state)
{
    struct memory_range ranges[64];
    struct memory_map map = {.ranges = ranges, .capacity = ARRAY_COUNT(ranges)};
    struct diagnostics silent = {0};

    (void)state;
    for (int round = 0; round < 5000; round++) {
        size_t size = random_below(&seed, 2000);
        uint8_t *bytes = malloc(size + 1);
        struct memory_map_raw raw = {bytes, size, 8 * random_below(&seed, 12), 1};

        for (size_t i = 0; i < size; i++)
            bytes[i] = random_below(&seed, 3) ? 0 : (uint8_t)random_next(&seed);
        memory_map_build(&map, &raw, &silent);
        assert_sound(&map);
        free(bytes);
    }
}

/* ---- claims ---- */

static void random_claims_match_the_model(void **state)
{
    struct memory_range ranges[40], before[40];
    struct memory_map map = {.ranges = ranges, .capacity = ARRAY_COUNT(ranges)};
    struct model model;
    size_t refused = 0;

    (void)state;
    memset(&model, 0, sizeof(model));
    memset(model.kind, HOLE, sizeof(model.kind));
    for (int round = 0; round < 20000; round++) {
        uint64_t start = PAGE(random_below(&seed, MODEL_PAGES)),
                 end = start + random_below(&seed, PAGE(20));
        enum memory_kind kind = (enum memory_kind)random_below(&seed, MEMORY_KIND_COUNT);
        size_t count = map.count;

        start += random_below(&seed, 3) ? 0 : random_below(&seed, PAGE_SIZE);
        end = end > PAGE(MODEL_PAGES) ? PAGE(MODEL_PAGES) : end;
        memcpy(before, ranges, sizeof(ranges));
        if (!memory_map_claim(&map, start, end, kind)) {
            refused++;
            assert_int_equal(map.count, count);
            assert_memory_equal(before, ranges, sizeof(ranges));
            assert_true(count + 2 > map.capacity);
            continue;
        }
        for (uint64_t page = start / PAGE_SIZE; start < end && PAGE(page) < end; page++)
            model.kind[page] = (uint8_t)kind;
        assert_sound(&map);
        assert_like_model(&map, &model, MODEL_PAGES);
    }
    assert_true(refused > 100);
}

static void claims_split_and_merge(void **state)
{
    struct memory_range ranges[4] = {{PAGE(1), PAGE(9), MEMORY_MMIO, 1}};
    struct memory_map map = {.ranges = ranges, .count = 1, .capacity = ARRAY_COUNT(ranges)};

    (void)state;
    /* Of the same kind, but not needed at run time. */
    assert_true(memory_map_claim(&map, PAGE(3), PAGE(4), MEMORY_MMIO));
    assert_int_equal(map.count, 3);
    assert_int_equal(ranges[1].runtime, 0);
    assert_int_equal(ranges[2].runtime, 1);
    assert_true(memory_map_claim(&map, PAGE(4), PAGE(9), MEMORY_MMIO));
    assert_int_equal(map.count, 2);
    assert_int_equal(ranges[1].end, PAGE(9));
    assert_true(memory_map_claim(&map, 0, PAGE(99), MEMORY_KERNEL));
    assert_int_equal(map.count, 1);
    /* Touches: one range still. */
    assert_true(memory_map_claim(&map, PAGE(99), PAGE(100), MEMORY_KERNEL));
    assert_int_equal(map.count, 1);
    assert_int_equal(ranges[0].end, PAGE(100));
}

static void claims_at_the_edges(void **state)
{
    struct memory_range ranges[3] = {{PAGE(1), PAGE(9), MEMORY_FREE, 0}};
    struct memory_map map = {.ranges = ranges, .count = 1, .capacity = ARRAY_COUNT(ranges)};

    (void)state;
    assert_true(memory_map_claim(&map, PAGE(5), PAGE(5), MEMORY_KERNEL));
    assert_true(memory_map_claim(&map, PAGE(5) + 8, PAGE(5) + 8, MEMORY_KERNEL));
    assert_true(memory_map_claim(&map, PAGE(6), PAGE(5), MEMORY_KERNEL));
    assert_true(memory_map_claim(&map, UINT64_MAX, UINT64_MAX, MEMORY_KERNEL));
    /* The page without an end. */
    assert_true(memory_map_claim(&map, TOP + 1, UINT64_MAX, MEMORY_KERNEL));
    assert_int_equal(map.count, 1);
    assert_true(memory_map_claim(&map, TOP - 1, UINT64_MAX, MEMORY_KERNEL));
    assert_int_equal(map.count, 2);
    assert_int_equal(ranges[1].end, TOP);
    assert_true(memory_map_claim(&map, 5, 6, MEMORY_LOW));
    assert_int_equal(map.count, 3);
    assert_int_equal(ranges[0].end, PAGE(1));
    assert_false(memory_map_claim(&map, PAGE(20), PAGE(21), MEMORY_KERNEL));
    assert_int_equal(map.count, 3);
    assert_true(memory_map_claim(&map, 0, UINT64_MAX, MEMORY_RESERVED));
    assert_int_equal(map.count, 1);
}

static void converting_a_kind_joins_what_touches(void **state)
{
    struct memory_range ranges[] = {
        {PAGE(1), PAGE(2), MEMORY_FREE, 0},          {PAGE(2), PAGE(4), MEMORY_BOOT_SERVICES, 0},
        {PAGE(4), PAGE(5), MEMORY_FREE, 0},          {PAGE(6), PAGE(7), MEMORY_BOOT_SERVICES, 0},
        {PAGE(7), PAGE(8), MEMORY_BOOT_SERVICES, 1}, {PAGE(8), PAGE(9), MEMORY_LOADER, 0}};
    struct memory_map map = {.ranges = ranges, .count = 6, .capacity = 6};

    (void)state;
    memory_map_convert(&map, MEMORY_BOOT_SERVICES, MEMORY_FREE);
    assert_sound(&map);
    assert_int_equal(map.count, 4);
    assert_int_equal(ranges[0].end, PAGE(5));
    assert_int_equal(ranges[1].start, PAGE(6));
    assert_int_equal(ranges[2].runtime, 1);
    assert_int_equal(ranges[3].kind, MEMORY_LOADER);
    memory_map_convert(&map, MEMORY_BOOT_SERVICES, MEMORY_FREE);
    assert_int_equal(map.count, 4);
}

static void find_knows_its_edges(void **state)
{
    struct memory_range ranges[] = {{PAGE(1), PAGE(2), MEMORY_FREE, 0},
                                    {PAGE(5), PAGE(6), MEMORY_MMIO, 0}};
    struct memory_map map = {.ranges = ranges, .count = 2, .capacity = 2},
                      empty = {.ranges = ranges, .count = 0, .capacity = 2};

    (void)state;
    assert_null(memory_map_find(&map, PAGE(1) - 1));
    assert_ptr_equal(memory_map_find(&map, PAGE(1)), &ranges[0]);
    assert_ptr_equal(memory_map_find(&map, PAGE(2) - 1), &ranges[0]);
    assert_null(memory_map_find(&map, PAGE(2)));
    assert_ptr_equal(memory_map_find(&map, PAGE(6) - 1), &ranges[1]);
    assert_null(memory_map_find(&map, PAGE(6)));
    assert_null(memory_map_find(&map, UINT64_MAX));
    assert_null(memory_map_find(&empty, PAGE(1)));
}

static void every_kind_has_its_own_name(void **state)
{
    (void)state;
    for (int kind = 0; kind < MEMORY_KIND_COUNT; kind++) {
        assert_non_null(memory_kind_name((enum memory_kind)kind));
        for (int other = 0; other < kind; other++)
            assert_string_not_equal(memory_kind_name((enum memory_kind)kind),
                                    memory_kind_name((enum memory_kind)other));
    }
    assert_string_equal(memory_kind_name(MEMORY_KIND_COUNT), "no such kind");
    assert_string_equal(memory_kind_name((enum memory_kind) - 1), "no such kind");
}

static void ram_is_what_can_be_read_and_written(void **state)
{
    (void)state;
    for (int kind = 0; kind < MEMORY_KIND_COUNT; kind++)
        assert_int_equal(memory_kind_is_ram((enum memory_kind)kind), kind <= MEMORY_RUNTIME_CODE);
    assert_false(memory_kind_is_ram(MEMORY_KIND_COUNT));
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, random_maps_match_the_model);
    HOST_ADD(&tests, random_maps_without_room_keep_the_lowest);
    HOST_ADD(&tests, thousands_of_entries_in_any_order);
    HOST_ADD(&tests, no_room_at_all);
    HOST_ADD(&tests, no_map_at_all);
    HOST_ADD(&tests, a_map_of_rubbish_does_not_flood_the_log);
    HOST_ADD(&tests, random_bytes_make_a_sound_map);
    HOST_ADD(&tests, random_claims_match_the_model);
    HOST_ADD(&tests, claims_split_and_merge);
    HOST_ADD(&tests, claims_at_the_edges);
    HOST_ADD(&tests, converting_a_kind_joins_what_touches);
    HOST_ADD(&tests, find_knows_its_edges);
    HOST_ADD(&tests, every_kind_has_its_own_name);
    HOST_ADD(&tests, ram_is_what_can_be_read_and_written);
    seed = UINT64_C(0x5eed0003);
    return host_tests_run(&tests, "memory map");
}
