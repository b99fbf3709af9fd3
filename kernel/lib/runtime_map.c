/* See lib/runtime_map.h. The memory map and the table are gone through side by side: both ascend. */
#include "lib/runtime_map.h"

#include "lib/align.h"
#include "lib/bits.h"
#include "lib/bytes.h"

/* The table and its entries, which are EFI_MEMORY_DESCRIPTORs (UEFI 2.10, 4.6.4 and 7.2.3). */
#define TABLE_VERSION     0
#define TABLE_COUNT       4
#define TABLE_STRIDE      8
#define VERSION_MAX       2
#define ENTRIES_MAX       4096
#define STRIDE_MAX        256
#define ATTRIBUTE_XP      BIT(14)
#define ATTRIBUTE_RO      BIT(17)
#define ENTRY_ADDRESS_MAX BIT(52)

/* An entry of the table. */
struct descriptor {
    uint32_t type, padding;
    uint64_t start, virtual_start, page_count, attributes;
};

struct entry {
    paddr_t start, end;
    uint64_t attributes;
};

struct builder {
    struct runtime_map *map;
    const uint8_t *table; /* NULL: there is none that can be used */
    uint32_t next, count, stride;
};

uint64_t runtime_table_bytes(const uint8_t *header)
{
    uint32_t version = bytes_read32(header + TABLE_VERSION);
    uint32_t count = bytes_read32(header + TABLE_COUNT);
    uint32_t stride = bytes_read32(header + TABLE_STRIDE);

    if (version == 0 || version > VERSION_MAX || count > ENTRIES_MAX ||
        stride < sizeof(struct descriptor) || stride > STRIDE_MAX)
        return 0;
    return RUNTIME_TABLE_HEADER + (uint64_t)count * stride;
}

static struct entry read_entry(const struct builder *builder, uint32_t index)
{
    struct descriptor descriptor;

    /* five moves instead of a call */
    __builtin_memcpy(&descriptor,
                     builder->table + RUNTIME_TABLE_HEADER + (size_t)index * builder->stride,
                     sizeof(descriptor));
    return (struct entry){.start = descriptor.start,
                          .end = descriptor.start + descriptor.page_count * PAGE_SIZE,
                          .attributes = descriptor.attributes};
}

uint32_t runtime_table_count_open(const uint8_t *table)
{
    struct builder builder = {.table = table,
                              .count = bytes_read32(table + TABLE_COUNT),
                              .stride = bytes_read32(table + TABLE_STRIDE)};
    uint32_t open = 0;

    for (uint32_t i = 0; runtime_table_bytes(table) != 0 && i < builder.count; i++)
        open += !(read_entry(&builder, i).attributes & (ATTRIBUTE_XP | ATTRIBUTE_RO));
    return open;
}

/* NULL when every entry is a range, and begins where the one before ended or later. */
static const char *check_table(const struct builder *builder)
{
    paddr_t at = 0;

    for (uint32_t i = 0; i < builder->count; i++) {
        struct entry entry = read_entry(builder, i);

        if (entry.start >= entry.end || entry.end > ENTRY_ADDRESS_MAX ||
            !is_aligned(entry.start, PAGE_SIZE))
            return "an entry is no range of pages";
        if (entry.start < at)
            return "its entries overlap or do not ascend";
        at = entry.end;
    }
    return NULL;
}

static bool append(struct runtime_map *map, const struct runtime_range *range)
{
    struct runtime_range *last = map->count ? &map->ranges[map->count - 1] : NULL;

    if (last && last->end == range->start && last->writable == range->writable &&
        last->executable == range->executable && last->device == range->device) {
        last->end = range->end;
        return true;
    }
    if (map->count == RUNTIME_RANGES_MAX)
        return false;
    map->ranges[map->count++] = *range;
    return true;
}

static struct runtime_range default_rights(const struct builder *builder,
                                           const struct memory_range *range)
{
    bool is_code = range->kind == MEMORY_RUNTIME_CODE;

    return (struct runtime_range){.start = range->start,
                                  .end = range->end,
                                  .writable = !is_code || !builder->table,
                                  .executable = is_code,
                                  .device = range->kind == MEMORY_MMIO ||
                                            range->kind == MEMORY_MMIO_PORT};
}

/* Cuts *piece to the part whose rights are the same, and gives it those of the entry that it lies in. */
static void take_entry(struct builder *builder, struct runtime_range *piece)
{
    struct entry entry;

    while (builder->next < builder->count && read_entry(builder, builder->next).end <= piece->start)
        builder->next++;
    if (builder->next == builder->count)
        return;
    entry = read_entry(builder, builder->next);
    if (entry.start >= piece->end)
        return;
    if (entry.start > piece->start) {
        piece->end = entry.start;
        return;
    }
    piece->end = entry.end < piece->end ? entry.end : piece->end;
    piece->writable = !(entry.attributes & ATTRIBUTE_RO);
    piece->executable = !(entry.attributes & ATTRIBUTE_XP);
}

static bool add_range(struct builder *builder, const struct memory_range *range)
{
    for (paddr_t at = range->start; at < range->end;) {
        struct runtime_range piece = default_rights(builder, range);

        piece.start = at;
        take_entry(builder, &piece);
        if (!append(builder->map, &piece))
            return false;
        at = piece.end;
    }
    return true;
}

/* After this there is no table that cannot be used. */
static void begin_table(struct builder *builder, const struct diagnostics *diagnostics)
{
    const char *problem;

    if (!builder->table)
        return;
    builder->count = bytes_read32(builder->table + TABLE_COUNT);
    builder->stride = bytes_read32(builder->table + TABLE_STRIDE);
    problem = check_table(builder);
    if (!problem)
        return;
    diagnostics_warn(diagnostics, "the memory attributes table is not used: %s", problem);
    builder->table = NULL;
    builder->count = 0;
}

bool runtime_map_build(struct runtime_map *out, const struct memory_map *map, const uint8_t *table,
                       const struct diagnostics *diagnostics)
{
    struct builder builder = {.map = out, .table = table};

    out->count = 0;
    begin_table(&builder, diagnostics);
    for (size_t i = 0; i < map->count; i++) {
        if (!map->ranges[i].runtime || add_range(&builder, &map->ranges[i]))
            continue;
        diagnostics_warn(diagnostics, "the firmware's runtime services need more than %u ranges",
                         RUNTIME_RANGES_MAX);
        return false;
    }
    return true;
}
