/*
 * Reads the firmware's memory map entry by entry. Every entry that is kept is page-aligned, not
 * empty, ends below 2^64 and has a kind; memory_map_sweep.c makes a map of them.
 *
 * In doubt memory is not handed out: an unaligned entry shrinks when it would be handed out and
 * grows when it would not; memory that the firmware still needs, or that cannot be cached, is not
 * free whatever its type says. An entry whose numbers cannot be true is dropped whole: believed in
 * part, one absurd length could cover all of RAM.
 */
#include "lib/memory_map.h"

#include "lib/align.h"
#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "memory_map_internal.h"

/*
 * EFI_MEMORY_DESCRIPTOR (UEFI 2.10, 7.2.3). Entries lie at any stride, so each is copied out before
 * it is read.
 */
struct descriptor {
    uint32_t type;
    uint32_t padding;
    uint64_t start;
    uint64_t virtual_start;
    uint64_t page_count;
    uint64_t attributes;
};

_Static_assert(sizeof(struct descriptor) == 40, "UEFI 2.10, 7.2.3");

#define DESCRIPTOR_VERSION   1
#define ATTRIBUTE_WRITE_BACK BIT(3)
#define ATTRIBUTE_RUNTIME    BIT(63)

/* Shown one by one; with more, the map is rubbish and the log has better uses. */
#define FINDINGS_SHOWN 64

/* Indexed by EFI_MEMORY_TYPE. */
static const uint8_t kind_of_type[] = {
    MEMORY_RESERVED,      /* EfiReservedMemoryType */
    MEMORY_LOADER,        /* EfiLoaderCode */
    MEMORY_LOADER,        /* EfiLoaderData */
    MEMORY_BOOT_SERVICES, /* EfiBootServicesCode */
    MEMORY_BOOT_SERVICES, /* EfiBootServicesData */
    MEMORY_RUNTIME_CODE,  /* EfiRuntimeServicesCode */
    MEMORY_RUNTIME_DATA,  /* EfiRuntimeServicesData */
    MEMORY_FREE,          /* EfiConventionalMemory */
    MEMORY_UNUSABLE,      /* EfiUnusableMemory */
    MEMORY_ACPI_RECLAIM,  /* EfiACPIReclaimMemory */
    MEMORY_ACPI_NVS,      /* EfiACPIMemoryNVS */
    MEMORY_MMIO,          /* EfiMemoryMappedIO */
    MEMORY_MMIO_PORT,     /* EfiMemoryMappedIOPortSpace */
    MEMORY_PAL,           /* EfiPalCode */
    MEMORY_PERSISTENT,    /* EfiPersistentMemory */
    MEMORY_UNACCEPTED,    /* EfiUnacceptedMemoryType */
};

static const char *const finding_texts[MEMORY_MAP_FINDING_COUNT] = {
    [MEMORY_ENTRY_EMPTY] = "0 pages, ignored",
    [MEMORY_ENTRY_PAST_END] = "ends past 2^64, ignored",
    [MEMORY_ENTRY_AT_END] = "reaches the end of the address space, its last page is cut off",
    [MEMORY_ENTRY_UNALIGNED] = "not page-aligned, rounded to be safe",
    [MEMORY_ENTRY_TYPE] = "unknown type, left alone",
    [MEMORY_ENTRY_RUNTIME] = "claimed by the firmware for run time, left to it",
    [MEMORY_ENTRY_UNCACHED] = "cannot be cached (no write-back), not used",
};

bool memory_map_may_warn(struct memory_map_build *build, enum memory_map_finding finding)
{
    build->map->findings[finding]++;
    return build->findings++ < FINDINGS_SHOWN;
}

static void warn_entry(struct memory_map_build *build, uint32_t number,
                       const struct descriptor *entry, enum memory_map_finding finding)
{
    if (memory_map_may_warn(build, finding))
        diagnostics_warn(build->diagnostics,
                         "entry %u (type 0x%x, start 0x%lx, 0x%lx pages, attributes 0x%lx): %s",
                         number, entry->type, (unsigned long)entry->start,
                         (unsigned long)entry->page_count, (unsigned long)entry->attributes,
                         finding_texts[finding]);
}

static bool is_handed_out(enum memory_kind kind) { return kind < MEMORY_LOW; }

static enum memory_kind decode_kind(struct memory_map_build *build, uint32_t number,
                                    const struct descriptor *entry)
{
    if (entry->type >= ARRAY_COUNT(kind_of_type)) {
        warn_entry(build, number, entry, MEMORY_ENTRY_TYPE);
        return MEMORY_UNKNOWN;
    }

    enum memory_kind kind = kind_of_type[entry->type];

    if (is_handed_out(kind) && (entry->attributes & ATTRIBUTE_RUNTIME)) {
        warn_entry(build, number, entry, MEMORY_ENTRY_RUNTIME);
        return MEMORY_RUNTIME_DATA;
    }
    if (is_handed_out(kind) && !(entry->attributes & ATTRIBUTE_WRITE_BACK)) {
        warn_entry(build, number, entry, MEMORY_ENTRY_UNCACHED);
        return MEMORY_RESERVED;
    }
    return kind;
}

/* The pages of an entry into range; false when nothing of it can be used. */
static bool decode_range(struct memory_map_build *build, uint32_t number,
                         const struct descriptor *entry, struct memory_range *range)
{
    uint64_t bytes = entry->page_count * PAGE_SIZE;

    if (entry->page_count == 0) {
        warn_entry(build, number, entry, MEMORY_ENTRY_EMPTY);
        return false;
    }
    /* Ending exactly at 2^64 is true, if unlikely; anything beyond wraps. */
    if (entry->page_count > UINT64_MAX / PAGE_SIZE || bytes - 1 > UINT64_MAX - entry->start) {
        warn_entry(build, number, entry, MEMORY_ENTRY_PAST_END);
        return false;
    }
    range->kind = decode_kind(build, number, entry);
    range->start = entry->start;
    range->end = entry->start + bytes;
    if (range->end == 0 || range->end > MEMORY_END_MAX) {
        warn_entry(build, number, entry, MEMORY_ENTRY_AT_END);
        range->end = MEMORY_END_MAX;
    }
    if (!is_aligned(entry->start, PAGE_SIZE)) {
        warn_entry(build, number, entry, MEMORY_ENTRY_UNALIGNED);
        bool shrink = is_handed_out(range->kind);
        range->start =
            shrink ? align_up(range->start, PAGE_SIZE) : align_down(range->start, PAGE_SIZE);
        range->end = shrink ? align_down(range->end, PAGE_SIZE) : align_up(range->end, PAGE_SIZE);
    }
    /* Not by order of size: rounding up may have wrapped the start to 0, with the end below it. */
    return range->start < range->end && range->start >= align_down(entry->start, PAGE_SIZE);
}

static void read_entry(struct memory_map_build *build, uint32_t number, const void *bytes)
{
    struct descriptor entry;
    struct memory_range range;

    __builtin_memcpy(&entry, bytes, sizeof(entry)); /* five moves instead of a call */
    if (!decode_range(build, number, &entry, &range))
        return;
    range.runtime = memory_entry_tag(number, (entry.attributes & ATTRIBUTE_RUNTIME) != 0);
    memory_map_keep(build, &range);
}

/* Why the map as a whole cannot be read, or NULL. */
static const char *check_structure(const struct memory_map_raw *raw)
{
    if (raw->version != DESCRIPTOR_VERSION)
        return "the descriptor version is not 1";
    if (raw->stride_bytes < sizeof(struct descriptor))
        return "the descriptor size is under 40 bytes";
    if (raw->stride_bytes % 8 != 0)
        return "the descriptor size is not a multiple of 8";
    if (raw->descriptors == NULL || raw->size_bytes < raw->stride_bytes)
        return "there is not one entry";
    return NULL;
}

static size_t count_entries(struct memory_map *map, const struct memory_map_raw *raw,
                            const struct diagnostics *diagnostics)
{
    uint64_t count = raw->size_bytes / raw->stride_bytes;

    map->findings[MEMORY_MAP_ODD_SIZE] = raw->size_bytes % raw->stride_bytes != 0;
    if (map->findings[MEMORY_MAP_ODD_SIZE])
        diagnostics_warn(
            diagnostics,
            "0x%lx bytes are not a multiple of the descriptor size %lu, the last ones are ignored",
            (unsigned long)raw->size_bytes, (unsigned long)raw->stride_bytes);
    map->findings[MEMORY_MAP_TOO_LONG] = count > MEMORY_MAP_MAX_ENTRIES;
    if (!map->findings[MEMORY_MAP_TOO_LONG])
        return (size_t)count;
    diagnostics_warn(diagnostics, "%lu entries, those from %u on are ignored", (unsigned long)count,
                     MEMORY_MAP_MAX_ENTRIES);
    return MEMORY_MAP_MAX_ENTRIES;
}

bool memory_map_build(struct memory_map *map, const struct memory_map_raw *raw,
                      const struct diagnostics *diagnostics)
{
    struct memory_map_build build = {
        .map = map, .diagnostics = diagnostics, .sorted = true, .limit = MEMORY_END_MAX};
    const char *problem = check_structure(raw);

    map->count = 0;
    memset(map->findings, 0, sizeof(map->findings));
    if (problem) {
        diagnostics_warn(diagnostics, "unreadable: %s (%lu bytes, descriptor size %lu, version %u)",
                         problem, (unsigned long)raw->size_bytes, (unsigned long)raw->stride_bytes,
                         raw->version);
        return false;
    }

    size_t count = count_entries(map, raw, diagnostics);

    for (size_t i = 0; i < count; i++)
        read_entry(&build, (uint32_t)i, (const uint8_t *)raw->descriptors + i * raw->stride_bytes);
    map->was_sorted = build.sorted;
    memory_map_sweep(&build);
    if (build.findings > FINDINGS_SHOWN)
        diagnostics_warn(diagnostics, "%zu more findings not shown",
                         build.findings - FINDINGS_SHOWN);
    if (build.limit != MEMORY_END_MAX)
        diagnostics_warn(diagnostics, "more than %zu ranges, memory at 0x%lx and above is left out",
                         map->capacity, (unsigned long)build.limit);
    return true;
}
