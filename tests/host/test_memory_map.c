/*
 * The memory map's parser: a table of bad maps, random maps against a model with one byte for each page, and random
 * claims. Raw maps lie in blocks of their exact size at unaligned addresses.
 */
#include "host_test.h"
#include "lib/memory_map.h"

#define WB      UINT64_C(8)
#define RT      (UINT64_C(1) << 63)
#define PAGE(n) ((n)*PAGE_SIZE)
#define TOP     (0 - PAGE_SIZE)
#define ENTRIES 6

#define STRIDE_0 SIZE_MAX /* cannot be laid out, only claimed */

/* EFI_MEMORY_TYPE */
/* clang-format off */
enum { T_RESERVED, T_LOADER_CODE, T_LOADER, T_BOOT_CODE, T_BOOT, T_RUN_CODE, T_RUN_DATA, T_FREE,
       T_UNUSABLE, T_ACPI, T_NVS, T_MMIO, T_PORT, T_PAL, T_PERSISTENT, T_UNACCEPTED };
/* clang-format on */

/* EFI_MEMORY_DESCRIPTOR, written down independently of the parser. */
struct raw_entry {
    uint32_t type;
    uint64_t start, pages, attributes;
};

struct raw_map {
    uint8_t *block;
    struct memory_map_raw raw;
};

static void store(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* `size_change` bytes are missing from (or added to) the end; what no field occupies is rubbish. */
static struct raw_map make_raw(const struct raw_entry *entries, size_t count, size_t stride,
                               int size_change)
{
    size_t size = (size_t)((int64_t)(count * stride) + size_change);
    uint8_t *bytes = malloc(count * stride + 64);
    struct raw_map map = {.raw = {.size_bytes = size, .stride_bytes = stride, .version = 1}};

    memset(bytes, 0xcc, count * stride + 64);
    for (size_t i = 0; i < count && stride >= 40; i++) {
        store(bytes + i * stride, entries[i].type, 4);
        store(bytes + i * stride + 8, entries[i].start, 8);
        store(bytes + i * stride + 24, entries[i].pages, 8);
        store(bytes + i * stride + 32, entries[i].attributes, 8);
    }
    map.raw.descriptors = guarded_copy(&map.block, bytes, size, 3);
    free(bytes);
    return map;
}

static void assert_sound(const struct memory_map *map)
{
    assert_true(map->count <= map->capacity);
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];

        assert_true(range->start < range->end);
        assert_int_equal(range->start % PAGE_SIZE, 0);
        assert_int_equal(range->end % PAGE_SIZE, 0);
        assert_true((unsigned)range->kind < MEMORY_KIND_COUNT);
        assert_true(range->runtime <= 1);
        if (i == 0)
            continue;
        assert_true(range[-1].end <= range->start);
        if (range[-1].end == range->start)
            assert_true(range[-1].kind != range->kind || range[-1].runtime != range->runtime);
    }
}

/* ---- a table of bad maps ---- */

struct bad_map {
    const char *name;
    struct raw_entry entries[ENTRIES]; /* up to the first with type 0 and 0 pages */
    size_t stride;                     /* not given: 48 */
    int size_change;
    uint32_t version; /* 0: 1 */
    size_t capacity;  /* 0: plenty */
    bool unreadable;
    struct memory_range expected[ENTRIES]; /* up to the first that is empty */
    const char *warning;                   /* NULL: there must be none */
};

/* clang-format off */
#define FREE_1_3 {T_FREE, PAGE(1), 2, WB}
#define GOOD_1_3 {PAGE(1), PAGE(3), MEMORY_FREE, 0}

static struct bad_map bad_maps[] = {
    /* the structure */
    {.name = "descriptor size 0", .entries = {FREE_1_3}, .stride = STRIDE_0, .unreadable = true,
     .warning = "under 40"},
    {.name = "descriptor size 8", .entries = {FREE_1_3}, .stride = 8, .unreadable = true, .warning = "under 40"},
    {.name = "descriptor size 32", .entries = {FREE_1_3}, .stride = 32, .unreadable = true, .warning = "under 40"},
    {.name = "descriptor size 41", .entries = {FREE_1_3}, .stride = 41, .unreadable = true, .warning = "multiple of 8"},
    {.name = "descriptor size 44", .entries = {FREE_1_3}, .stride = 44, .unreadable = true, .warning = "multiple of 8"},
    {.name = "descriptor size 40", .entries = {FREE_1_3, {T_RESERVED, PAGE(5), 1, 0}}, .stride = 40,
     .expected = {GOOD_1_3, {PAGE(5), PAGE(6), MEMORY_RESERVED, 0}}},
    {.name = "descriptor size 56", .entries = {FREE_1_3, {T_RESERVED, PAGE(5), 1, 0}}, .stride = 56,
     .expected = {GOOD_1_3, {PAGE(5), PAGE(6), MEMORY_RESERVED, 0}}},
    {.name = "descriptor size 304", .entries = {FREE_1_3, {T_RESERVED, PAGE(5), 1, 0}}, .stride = 304,
     .expected = {GOOD_1_3, {PAGE(5), PAGE(6), MEMORY_RESERVED, 0}}},
    {.name = "version 2", .entries = {FREE_1_3}, .version = 2, .unreadable = true, .warning = "version"},
    {.name = "no entry at all", .unreadable = true, .warning = "not one entry"},
    {.name = "less than one entry", .entries = {FREE_1_3}, .size_change = -1, .unreadable = true,
     .warning = "not one entry"},
    {.name = "a few bytes too many", .entries = {FREE_1_3}, .size_change = 7, .expected = {GOOD_1_3},
     .warning = "not a multiple"},
    {.name = "the last entry cut", .entries = {FREE_1_3, {T_FREE, PAGE(5), 1, WB}}, .size_change = -1,
     .expected = {GOOD_1_3}, .warning = "not a multiple"},
    /* single entries */
    {.name = "one entry", .entries = {FREE_1_3}, .expected = {GOOD_1_3}},
    {.name = "0 pages", .entries = {FREE_1_3, {T_FREE, PAGE(5), 0, WB}}, .expected = {GOOD_1_3}, .warning = "0 pages"},
    {.name = "only 0 pages", .entries = {{T_FREE, PAGE(5), 0, WB}}, .warning = "0 pages"},
    {.name = "2^64 - 1 pages", .entries = {FREE_1_3, {T_FREE, PAGE(5), UINT64_MAX, WB}}, .expected = {GOOD_1_3},
     .warning = "past 2^64"},
    {.name = "2^52 pages from 0", .entries = {FREE_1_3, {T_MMIO, 0, UINT64_C(1) << 52, 0}}, .expected = {GOOD_1_3},
     .warning = "past 2^64"},
    {.name = "2^52 + 1 pages wrap to one", .entries = {FREE_1_3, {T_FREE, PAGE(5), (UINT64_C(1) << 52) + 1, WB}},
     .expected = {GOOD_1_3}, .warning = "past 2^64"},
    {.name = "end one page past 2^64", .entries = {FREE_1_3, {T_MMIO, TOP, 2, 0}}, .expected = {GOOD_1_3},
     .warning = "past 2^64"},
    {.name = "end at 2^64", .entries = {{T_MMIO, TOP - PAGE(1), 2, 0}},
     .expected = {{TOP - PAGE(1), TOP, MEMORY_MMIO, 0}}, .warning = "last page is cut off"},
    {.name = "only the last page", .entries = {FREE_1_3, {T_MMIO, TOP, 1, 0}}, .expected = {GOOD_1_3},
     .warning = "last page is cut off"},
    {.name = "free in the last page, unaligned", .entries = {FREE_1_3, {T_FREE, TOP + 8, 1, WB}},
     .expected = {GOOD_1_3},
     .warning = "past 2^64"},
    {.name = "end one page below 2^64", .entries = {{T_MMIO, TOP - PAGE(2), 2, 0}},
     .expected = {{TOP - PAGE(2), TOP, MEMORY_MMIO, 0}}},
    {.name = "unaligned end near 2^64", .entries = {{T_MMIO, TOP - PAGE(1) + 8, 1, 0}},
     .expected = {{TOP - PAGE(1), TOP, MEMORY_MMIO, 0}}, .warning = "last page is cut off"},
    {.name = "free, unaligned: shrinks", .entries = {{T_FREE, PAGE(1) + 1, 3, WB}},
     .expected = {{PAGE(2), PAGE(4), MEMORY_FREE, 0}}, .warning = "not page-aligned"},
    {.name = "boot services, unaligned: shrink", .entries = {{T_BOOT, PAGE(2) - 1, 3, WB}},
     .expected = {{PAGE(2), PAGE(4), MEMORY_BOOT_SERVICES, 0}}, .warning = "not page-aligned"},
    {.name = "free, unaligned, one page: nothing left", .entries = {{T_FREE, PAGE(1) + 8, 1, WB}},
     .warning = "not page-aligned"},
    {.name = "reserved, unaligned: grows", .entries = {{T_RESERVED, PAGE(1) + 1, 3, 0}},
     .expected = {{PAGE(1), PAGE(5), MEMORY_RESERVED, 0}}, .warning = "not page-aligned"},
    {.name = "unaligned runtime next to free",
     .entries = {{T_RUN_DATA, PAGE(4) + 1, 1, WB | RT}, {T_FREE, PAGE(2), 4, WB}},
     .expected = {{PAGE(2), PAGE(4), MEMORY_FREE, 0}, {PAGE(4), PAGE(6), MEMORY_RUNTIME_DATA, 1}},
     .warning = "overlaps"},
    /* order and overlap */
    {.name = "unsorted", .entries = {{T_NVS, PAGE(9), 1, 0}, {T_ACPI, PAGE(5), 1, WB}, FREE_1_3},
     .expected = {GOOD_1_3, {PAGE(5), PAGE(6), MEMORY_ACPI_RECLAIM, 0}, {PAGE(9), PAGE(10), MEMORY_ACPI_NVS, 0}}},
    {.name = "adjacent of one kind: merged", .entries = {{T_FREE, PAGE(3), 2, WB}, FREE_1_3},
     .expected = {{PAGE(1), PAGE(5), MEMORY_FREE, 0}}},
    {.name = "adjacent of one kind, two types: merged",
     .entries = {{T_BOOT, PAGE(3), 2, WB}, {T_BOOT_CODE, PAGE(1), 2, WB}},
     .expected = {{PAGE(1), PAGE(5), MEMORY_BOOT_SERVICES, 0}}},
    {.name = "adjacent of two kinds: apart", .entries = {FREE_1_3, {T_BOOT, PAGE(3), 2, WB}},
     .expected = {GOOD_1_3, {PAGE(3), PAGE(5), MEMORY_BOOT_SERVICES, 0}}},
    {.name = "adjacent, one with runtime: apart", .entries = {{T_MMIO, PAGE(1), 1, 0}, {T_MMIO, PAGE(2), 1, RT}},
     .expected = {{PAGE(1), PAGE(2), MEMORY_MMIO, 0}, {PAGE(2), PAGE(3), MEMORY_MMIO, 1}}},
    {.name = "twice the same", .entries = {FREE_1_3, FREE_1_3}, .expected = {GOOD_1_3}},
    {.name = "overlap of one type", .entries = {FREE_1_3, {T_FREE, PAGE(2), 4, WB}},
     .expected = {{PAGE(1), PAGE(6), MEMORY_FREE, 0}}},
    {.name = "same place, two types", .entries = {FREE_1_3, {T_RESERVED, PAGE(1), 2, 0}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_RESERVED, 0}}, .warning = "overlaps"},
    {.name = "reserved inside free", .entries = {{T_FREE, PAGE(1), 8, WB}, {T_RESERVED, PAGE(3), 2, 0}},
     .expected = {GOOD_1_3, {PAGE(3), PAGE(5), MEMORY_RESERVED, 0}, {PAGE(5), PAGE(9), MEMORY_FREE, 0}},
     .warning = "entry 1 (reserved, 0x3000 to 0x5000) overlaps free"},
    {.name = "free inside reserved", .entries = {{T_RESERVED, PAGE(1), 8, 0}, {T_FREE, PAGE(3), 2, WB}},
     .expected = {{PAGE(1), PAGE(9), MEMORY_RESERVED, 0}},
     .warning = "entry 1 (free, 0x3000 to 0x5000) overlaps reserved"},
    {.name = "free and reserved cross", .entries = {{T_FREE, PAGE(3), 4, WB}, {T_RESERVED, PAGE(1), 4, 0}},
     .expected = {{PAGE(1), PAGE(5), MEMORY_RESERVED, 0}, {PAGE(5), PAGE(7), MEMORY_FREE, 0}}, .warning = "overlaps"},
    {.name = "loader under boot services", .entries = {{T_BOOT, PAGE(1), 4, WB}, {T_LOADER, PAGE(2), 1, WB}},
     .expected = {{PAGE(1), PAGE(2), MEMORY_BOOT_SERVICES, 0}, {PAGE(2), PAGE(3), MEMORY_LOADER, 0},
                  {PAGE(3), PAGE(5), MEMORY_BOOT_SERVICES, 0}}, .warning = "overlaps"},
    {.name = "runtime need survives an overlap",
     .entries = {{T_MMIO, PAGE(1), 4, 0}, {T_RUN_DATA, PAGE(2), 1, WB | RT}},
     .expected = {{PAGE(1), PAGE(2), MEMORY_MMIO, 0}, {PAGE(2), PAGE(3), MEMORY_MMIO, 1},
     {PAGE(3), PAGE(5), MEMORY_MMIO, 0}},
     .warning = "overlaps"},
    /* types */
    {.name = "every kind of RAM", .entries = {{T_RUN_CODE, PAGE(1), 1, WB | RT}, {T_RUN_DATA, PAGE(2), 1, WB | RT},
                                              {T_ACPI, PAGE(3), 1, WB}, {T_NVS, PAGE(4), 1, WB},
     {T_LOADER_CODE, PAGE(5), 1, WB}},
     .expected = {{PAGE(1), PAGE(2), MEMORY_RUNTIME_CODE, 1}, {PAGE(2), PAGE(3), MEMORY_RUNTIME_DATA, 1},
                  {PAGE(3), PAGE(4), MEMORY_ACPI_RECLAIM, 0}, {PAGE(4), PAGE(5), MEMORY_ACPI_NVS, 0},
                  {PAGE(5), PAGE(6), MEMORY_LOADER, 0}}},
    {.name = "every kind of no RAM",
     .entries = {{T_UNUSABLE, PAGE(1), 1, 0}, {T_MMIO, PAGE(2), 1, 0}, {T_PORT, PAGE(3), 1, 0},
                                                 {T_PAL, PAGE(4), 1, 0}, {T_RESERVED, PAGE(5), 1, 0}},
     .expected = {{PAGE(1), PAGE(2), MEMORY_UNUSABLE, 0}, {PAGE(2), PAGE(3), MEMORY_MMIO, 0},
                  {PAGE(3), PAGE(4), MEMORY_MMIO_PORT, 0}, {PAGE(4), PAGE(5), MEMORY_PAL, 0},
                  {PAGE(5), PAGE(6), MEMORY_RESERVED, 0}}},
    {.name = "persistent", .entries = {{T_PERSISTENT, PAGE(1), 2, WB}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_PERSISTENT, 0}}},
    {.name = "unaccepted", .entries = {{T_UNACCEPTED, PAGE(1), 2, WB}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_UNACCEPTED, 0}}},
    {.name = "type 16", .entries = {{16, PAGE(1), 2, WB}}, .expected = {{PAGE(1), PAGE(3), MEMORY_UNKNOWN, 0}},
     .warning = "type 0x10, start 0x1000, 0x2 pages, attributes 0x8): unknown type"},
    {.name = "OEM type", .entries = {{0x70000000, PAGE(1), 2, WB}}, .expected = {{PAGE(1), PAGE(3), MEMORY_UNKNOWN, 0}},
     .warning = "unknown type"},
    {.name = "OS type", .entries = {{0x80000000, PAGE(1), 2, WB}}, .expected = {{PAGE(1), PAGE(3), MEMORY_UNKNOWN, 0}},
     .warning = "unknown type"},
    {.name = "type 2^32 - 1", .entries = {{UINT32_MAX, PAGE(1), 2, WB}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_UNKNOWN, 0}},
     .warning = "unknown type"},
    {.name = "unknown type over free", .entries = {{T_FREE, PAGE(1), 3, WB}, {17, PAGE(3), 2, WB}},
     .expected = {GOOD_1_3, {PAGE(3), PAGE(5), MEMORY_UNKNOWN, 0}}, .warning = "unknown type"},
    {.name = "free without write-back", .entries = {{T_FREE, PAGE(1), 2, 7}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_RESERVED, 0}}, .warning = "no write-back"},
    {.name = "boot services without any attribute", .entries = {{T_BOOT, PAGE(1), 2, 0}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_RESERVED, 0}}, .warning = "no write-back"},
    {.name = "free, but needed at run time", .entries = {{T_FREE, PAGE(1), 2, WB | RT}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_RUNTIME_DATA, 1}}, .warning = "run time"},
    {.name = "loader, but needed at run time", .entries = {{T_LOADER, PAGE(1), 2, RT}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_RUNTIME_DATA, 1}}, .warning = "run time"},
    /* places */
    {.name = "page 0", .entries = {{T_FREE, 0, 1, WB}}, .expected = {{0, PAGE(1), MEMORY_FREE, 0}}},
    {.name = "only above 4 GiB", .entries = {{T_FREE, 4 * GIB, 2, WB}},
     .expected = {{4 * GIB, 4 * GIB + PAGE(2), MEMORY_FREE, 0}}},
    {.name = "no conventional memory", .entries = {{T_RESERVED, PAGE(1), 2, 0}},
     .expected = {{PAGE(1), PAGE(3), MEMORY_RESERVED, 0}}},
    {.name = "nearly the whole address space",
     .entries = {{T_FREE, 0, (UINT64_C(1) << 52) - 1, WB}, {T_MMIO, PAGE(7), 1, 0}},
     .expected = {{0, PAGE(7), MEMORY_FREE, 0}, {PAGE(7), PAGE(8), MEMORY_MMIO, 0}, {PAGE(8), TOP, MEMORY_FREE, 0}},
     .warning = "overlaps"},
    /* room */
    {.name = "room for the lowest two of three", .capacity = 2,
     .entries = {{T_FREE, PAGE(9), 1, WB}, FREE_1_3, {T_NVS, PAGE(5), 1, 0}},
     .expected = {GOOD_1_3, {PAGE(5), PAGE(6), MEMORY_ACPI_NVS, 0}},
     .warning = "memory at 0x9000 and above is left out"},
    {.name = "room for two, sorted", .capacity = 2,
     .entries = {FREE_1_3, {T_NVS, PAGE(5), 1, 0}, {T_FREE, PAGE(9), 1, WB}, {T_FREE, PAGE(8), 1, WB}},
     .expected = {GOOD_1_3, {PAGE(5), PAGE(6), MEMORY_ACPI_NVS, 0}},
     .warning = "memory at 0x8000 and above is left out"},
    {.name = "what was left out might have covered the rest", .capacity = 1,
     .entries = {{T_FREE, PAGE(1), 8, WB}, {T_RESERVED, PAGE(3), 1, 0}}, .expected = {GOOD_1_3},
     .warning = "memory at 0x3000 and above is left out"},
    {.name = "an overlap needs more room than there is", .capacity = 2,
     .entries = {{T_FREE, PAGE(1), 8, WB}, {T_RESERVED, PAGE(3), 1, 0}},
     .expected = {GOOD_1_3, {PAGE(3), PAGE(4), MEMORY_RESERVED, 0}},
     .warning = "memory at 0x4000 and above is left out"},
    {.name = "an overlap pushes the highest entry out", .capacity = 3,
     .entries = {{T_FREE, PAGE(1), 8, WB}, {T_RESERVED, PAGE(3), 1, 0}, {T_NVS, PAGE(20), 1, 0}},
     .expected = {GOOD_1_3, {PAGE(3), PAGE(4), MEMORY_RESERVED, 0}, {PAGE(4), PAGE(9), MEMORY_FREE, 0}},
     .warning = "memory at 0x14000 and above is left out"},
    {.name = "overlaps push the highest entries out", .capacity = 5,
     .entries = {{T_FREE, PAGE(1), 8, WB}, {T_RESERVED, PAGE(3), 1, 0}, {T_RESERVED, PAGE(5), 1, 0},
     {T_NVS, PAGE(20), 1, 0},
                 {T_NVS, PAGE(30), 1, 0}},
     .expected = {GOOD_1_3, {PAGE(3), PAGE(4), MEMORY_RESERVED, 0}, {PAGE(4), PAGE(5), MEMORY_FREE, 0},
                  {PAGE(5), PAGE(6), MEMORY_RESERVED, 0}, {PAGE(6), PAGE(9), MEMORY_FREE, 0}},
     .warning = "memory at 0x14000 and above is left out"},
    {.name = "more entries than room, but they merge", .capacity = 1,
     .entries = {FREE_1_3, {T_FREE, PAGE(3), 1, WB}, {T_FREE, PAGE(4), 1, WB}},
     .expected = {{PAGE(1), PAGE(5), MEMORY_FREE, 0}}},
};
/* clang-format on */

static void bad_map(void **state)
{
    const struct bad_map *row = *state;
    struct memory_range ranges[16];
    struct memory_map map = {ranges, 99, row->capacity ? row->capacity : ARRAY_COUNT(ranges)};
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);
    size_t count = 0, expected = 0;

    while (count < ENTRIES && (row->entries[count].type || row->entries[count].pages))
        count++;
    while (expected < ENTRIES && row->expected[expected].end > 0)
        expected++;

    bool stride_given = row->stride != 0 && row->stride != STRIDE_0;
    struct raw_map raw =
        make_raw(row->entries, count, stride_given ? row->stride : 48, row->size_change);

    raw.raw.version = row->version ? row->version : 1;
    if (row->stride == STRIDE_0)
        raw.raw.stride_bytes = 0;
    assert_int_equal(memory_map_build(&map, &raw.raw, &diagnostics), !row->unreadable);
    assert_contains(findings.text, row->warning);
    assert_sound(&map);
    assert_int_equal(map.count, expected);
    for (size_t i = 0; i < expected; i++) {
        assert_int_equal(ranges[i].start, row->expected[i].start);
        assert_int_equal(ranges[i].end, row->expected[i].end);
        assert_int_equal(ranges[i].kind, row->expected[i].kind);
        assert_int_equal(ranges[i].runtime, row->expected[i].runtime);
    }
    free(raw.block);
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
    struct memory_map map = {ranges, 1, 1};

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
    struct memory_map map = {ranges, 1, ARRAY_COUNT(ranges)};

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
    struct memory_map map = {ranges, 1, ARRAY_COUNT(ranges)};

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
    struct memory_map map = {ranges, 6, 6};

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
    struct memory_map map = {ranges, 2, 2}, empty = {ranges, 0, 2};

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

    HOST_ADD_ROWS(&tests, bad_map, bad_maps);
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
