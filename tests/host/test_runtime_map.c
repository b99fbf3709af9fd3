/* What the runtime services are given of a memory map, with memory attributes tables good, absent and bad. */
#include "host_test.h"
#include "lib/runtime_map.h"

#define ENTRY_BYTES 48
#define RO          (UINT64_C(1) << 17)
#define XP          (UINT64_C(1) << 14)

struct table_entry {
    uint64_t start, pages, attributes;
};

/* A row: the table's entries up to one of 0 pages, and what must come of them and the map below. */
struct row {
    const char *name;
    struct table_entry entries[6];
    struct runtime_range expected[12];
    const char *warning;
};

/* Holes, memory that is nobody's of the firmware's, and each kind that is. */
static struct memory_range map_ranges[] = {
    {0x1000, 0x9000, MEMORY_FREE, 0},           {0x10000, 0x14000, MEMORY_RUNTIME_DATA, 1},
    {0x14000, 0x18000, MEMORY_RUNTIME_CODE, 1}, {0x18000, 0x19000, MEMORY_RUNTIME_CODE, 0},
    {0x19000, 0x1a000, MEMORY_RESERVED, 1},     {0xffc00000, 0x100000000, MEMORY_MMIO, 1},
};

#define DATA(from, to)                                                                             \
    {                                                                                              \
        from, to, true, false, false                                                               \
    }
#define CODE(from, to)                                                                             \
    {                                                                                              \
        from, to, false, true, false                                                               \
    }
#define BOTH(from, to)                                                                             \
    {                                                                                              \
        from, to, true, true, false                                                                \
    }
#define NONE(from, to)                                                                             \
    {                                                                                              \
        from, to, false, false, false                                                              \
    }
#define DEVICE(from, to)                                                                           \
    {                                                                                              \
        from, to, true, false, true                                                                \
    }
#define REST DATA(0x19000, 0x1a000), DEVICE(0xffc00000, 0x100000000)

/* clang-format off */
static struct row rows[] = {
    {"the table says nothing of them", {{0x50000, 1, RO}},
     {DATA(0x10000, 0x14000), CODE(0x14000, 0x18000), REST}, NULL},
    {"code with data in it", {{0x10000, 4, XP}, {0x14000, 1, RO | XP}, {0x15000, 2, RO}, {0x17000, 1, XP}},
     {DATA(0x10000, 0x14000), NONE(0x14000, 0x15000), CODE(0x15000, 0x17000), DATA(0x17000, 0x18000), REST}, NULL},
    {"what touches is one", {{0x10000, 4, XP}, {0x14000, 4, XP}},
     {DATA(0x10000, 0x18000), REST}, NULL},
    {"gaps have the usual rights", {{0x11000, 1, RO}, {0x15000, 1, XP}},
     {DATA(0x10000, 0x11000), CODE(0x11000, 0x12000), DATA(0x12000, 0x14000), CODE(0x14000, 0x15000),
      DATA(0x15000, 0x16000), CODE(0x16000, 0x18000), REST}, NULL},
    {"an entry over two ranges", {{0x13000, 2, RO}},
     {DATA(0x10000, 0x13000), CODE(0x13000, 0x18000), REST}, NULL},
    {"an entry without rights lets all be done", {{0x14000, 1, 0}},
     {DATA(0x10000, 0x14000), BOTH(0x14000, 0x15000), CODE(0x15000, 0x18000), REST}, NULL},
    {"other memory is not the table's to give", {{0x1000, 8, RO}, {0x18000, 1, RO}},
     {DATA(0x10000, 0x14000), CODE(0x14000, 0x18000), REST}, NULL},
    {"devices stay devices", {{0xffc00000, 0x400, XP | RO}},
     {DATA(0x10000, 0x14000), CODE(0x14000, 0x18000), DATA(0x19000, 0x1a000),
      {0xffc00000, 0x100000000, false, false, true}}, NULL},
    {"overlap", {{0x14000, 2, RO}, {0x15000, 1, XP}},
     {DATA(0x10000, 0x14000), BOTH(0x14000, 0x18000), REST}, "its entries overlap or do not ascend"},
    {"descent", {{0x15000, 1, RO}, {0x14000, 1, XP}},
     {DATA(0x10000, 0x14000), BOTH(0x14000, 0x18000), REST}, "its entries overlap or do not ascend"},
    {"not aligned", {{0x14001, 1, RO}},
     {DATA(0x10000, 0x14000), BOTH(0x14000, 0x18000), REST}, "an entry is no range of pages"},
    {"wraps", {{0x14000, UINT64_MAX / 0x1000, RO}},
     {DATA(0x10000, 0x14000), BOTH(0x14000, 0x18000), REST}, "an entry is no range of pages"},
    {"ends beyond all memory", {{0x14000, UINT64_C(1) << 40, RO}},
     {DATA(0x10000, 0x14000), BOTH(0x14000, 0x18000), REST}, "an entry is no range of pages"},
};
/* clang-format on */

static void write_table(uint8_t *table, const struct table_entry *entries, uint32_t count)
{
    const uint32_t header[4] = {1, count, ENTRY_BYTES, 0};

    memcpy(table, header, sizeof(header));
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *at = table + RUNTIME_TABLE_HEADER + (size_t)i * ENTRY_BYTES;

        memset(at, 0xee, ENTRY_BYTES);
        memcpy(at + 8, &entries[i].start, 8);
        memcpy(at + 24, &entries[i].pages, 8);
        memcpy(at + 32, &entries[i].attributes, 8);
    }
}

static const struct memory_map memory = {
    .ranges = map_ranges, .count = ARRAY_COUNT(map_ranges), .capacity = ARRAY_COUNT(map_ranges)};

static void assert_ranges(const struct runtime_map *map, const struct runtime_range *expected)
{
    size_t count = 0;

    while (expected[count].end != 0)
        count++;
    assert_int_equal(map->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(map->ranges[i].start, expected[i].start);
        assert_int_equal(map->ranges[i].end, expected[i].end);
        assert_int_equal(map->ranges[i].writable, expected[i].writable);
        assert_int_equal(map->ranges[i].executable, expected[i].executable);
        assert_int_equal(map->ranges[i].device, expected[i].device);
    }
}

static void with_a_table(void **state)
{
    const struct row *row = *state;
    uint8_t table[RUNTIME_TABLE_HEADER + 6 * ENTRY_BYTES], *block, *copy;
    struct runtime_map map;
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);
    uint32_t count = 0;

    while (row->entries[count].pages != 0)
        count++;
    write_table(table, row->entries, count);
    copy = guarded_copy(&block, table, runtime_table_bytes(table), 1);
    assert_true(runtime_map_build(&map, &memory, copy, &diagnostics));
    assert_ranges(&map, row->expected);
    assert_contains(findings.text, row->warning);
    free(block);
}

static void without_a_table(void **state)
{
    static const struct runtime_range expected[8] = {DATA(0x10000, 0x14000), BOTH(0x14000, 0x18000),
                                                     REST};
    struct runtime_map map;
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);

    (void)state;
    assert_true(runtime_map_build(&map, &memory, NULL, &diagnostics));
    assert_ranges(&map, expected);
    assert_contains(findings.text, NULL);
}

static void headers(void **state)
{
    uint32_t header[4] = {1, 3, 40, 0};

    (void)state;
#define BYTES(index, value) (header[index] = (value), runtime_table_bytes((uint8_t *)header))
    assert_int_equal(BYTES(0, 2), 16 + 3 * 40);
    assert_int_equal(BYTES(0, 0), 0);
    assert_int_equal(BYTES(0, 3), 0);
    header[0] = 1;
    assert_int_equal(BYTES(1, 4096), 16 + 4096 * 40);
    assert_int_equal(BYTES(1, 4097), 0);
    header[1] = 0;
    assert_int_equal(BYTES(2, 256), 16);
    assert_int_equal(BYTES(2, 257), 0);
    assert_int_equal(BYTES(2, 39), 0);
}

static void open_entries_are_counted(void **state)
{
    static const struct table_entry entries[] = {{0x10000, 1, 0},
                                                 {0x11000, 1, RO},
                                                 {0x12000, 1, XP},
                                                 {0x13000, 1, RO | XP},
                                                 {0x14000, 1, 1}};
    uint8_t table[RUNTIME_TABLE_HEADER + 6 * ENTRY_BYTES], *block, *copy;

    (void)state;
    write_table(table, entries, ARRAY_COUNT(entries));
    copy = guarded_copy(&block, table, runtime_table_bytes(table), 1);
    assert_int_equal(runtime_table_count_open(copy), 2);
    copy[0] = 99; /* its version: it is no table then */
    assert_int_equal(runtime_table_count_open(copy), 0);
    free(block);
}

static void too_many_ranges_are_refused(void **state)
{
    static struct memory_range ranges[RUNTIME_RANGES_MAX + 1];
    struct memory_map many = {
        .ranges = ranges, .count = RUNTIME_RANGES_MAX, .capacity = RUNTIME_RANGES_MAX + 1};
    struct runtime_map map;
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);

    (void)state;
    for (size_t i = 0; i <= RUNTIME_RANGES_MAX; i++)
        ranges[i] = (struct memory_range){i * 0x2000, i * 0x2000 + 0x1000, MEMORY_RUNTIME_DATA, 1};
    assert_true(runtime_map_build(&map, &many, NULL, &diagnostics));
    assert_int_equal(map.count, RUNTIME_RANGES_MAX);
    many.count++;
    assert_false(runtime_map_build(&map, &many, NULL, &diagnostics));
    assert_contains(findings.text, "need more than 256 ranges");
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, with_a_table, rows);
    HOST_ADD(&tests, without_a_table);
    HOST_ADD(&tests, headers);
    HOST_ADD(&tests, open_entries_are_counted);
    HOST_ADD(&tests, too_many_ranges_are_refused);
    return host_tests_run(&tests, "runtime map");
}
