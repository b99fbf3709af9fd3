/*
 * The firmware's memory map made trustworthy: any stride, order, overlap, hole or rubbish in, a sorted list of ranges
 * that neither overlap nor touch with the same kind out. Pure parser: bytes in, ranges out, findings as warnings.
 *
 * Where descriptors overlap the most restrictive kind wins; `enum memory_kind` is in that order, least restrictive
 * first. Source: UEFI 2.10, 7.2.3 (GetMemoryMap, EFI_MEMORY_DESCRIPTOR).
 */
#ifndef LIB_MEMORY_MAP_H
#define LIB_MEMORY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/diagnostics.h"
#include "lib/types.h"

enum memory_kind {
    MEMORY_FREE,          /* conventional memory */
    MEMORY_BOOT_SERVICES, /* free once nothing of the firmware's is used any more */
    MEMORY_LOADER,        /* the loader's code and data (EfiLoaderCode, EfiLoaderData) */
    MEMORY_LOW,           /* first MiB: firmware writes there, and CPUs start there */
    MEMORY_KERNEL,        /* the kernel's image */
    MEMORY_PROGRAMS,      /* files of programs, as the loader read them */
    MEMORY_ACPI_RECLAIM,
    MEMORY_ACPI_NVS,
    MEMORY_RUNTIME_DATA,
    MEMORY_RUNTIME_CODE,
    MEMORY_PERSISTENT,
    MEMORY_UNACCEPTED,
    MEMORY_UNKNOWN, /* types that the specification does not define, OEM and OS types */
    MEMORY_RESERVED,
    MEMORY_UNUSABLE,
    MEMORY_PAL,
    MEMORY_MMIO,
    MEMORY_MMIO_PORT,
    MEMORY_FRAMEBUFFER,
    MEMORY_KIND_COUNT
};

struct memory_range {
    paddr_t start; /* page-aligned */
    paddr_t end;   /* exclusive, page-aligned, > start */
    enum memory_kind kind;
    uint32_t runtime; /* 1 for EFI_MEMORY_RUNTIME: the firmware needs it after ExitBootServices */
};

#define MEMORY_MAP_MAX_ENTRIES 4096
#define MEMORY_MAP_MAX_RANGES  (2 * MEMORY_MAP_MAX_ENTRIES)

/* What the firmware's map can have wrong. */
enum memory_map_finding {
    MEMORY_ENTRY_EMPTY,
    MEMORY_ENTRY_PAST_END,
    MEMORY_ENTRY_AT_END,
    MEMORY_ENTRY_UNALIGNED,
    MEMORY_ENTRY_TYPE,
    MEMORY_ENTRY_RUNTIME,  /* free by its type, and claimed for run time */
    MEMORY_ENTRY_UNCACHED, /* free by its type, without EFI_MEMORY_WB */
    MEMORY_ENTRY_OVERLAP,
    MEMORY_MAP_ODD_SIZE,
    MEMORY_MAP_TOO_LONG,
    MEMORY_MAP_FINDING_COUNT
};

struct memory_map {
    struct memory_range *ranges; /* sorted by start */
    size_t count;
    size_t capacity;
    /* Of the map as it came, by memory_map_build(): */
    uint32_t findings[MEMORY_MAP_FINDING_COUNT]; /* how often, warned about or not */
    bool was_sorted;
};

/* The raw map as GetMemoryMap returned it. */
struct memory_map_raw {
    const void *descriptors;
    uint64_t size_bytes;
    uint64_t stride_bytes; /* DescriptorSize: at least 40, a multiple of 8 */
    uint32_t version;      /* 1 */
};

/*
 * Fills map (whose ranges and capacity the caller gives) from raw. Every descriptor that cannot be used, or only in
 * part, is warned about with its number (0 pages, end past 2^64, start not page-aligned, unknown type, overlap with
 * another kind ...) and skipped or clipped. Returns false, with map empty and one warning that says why, when the map as
 * a whole cannot be read: stride under 40 or not a multiple of 8, version other than 1, size 0. A size that is no
 * multiple of the stride and more than MEMORY_MAP_MAX_ENTRIES entries are warned about and the rest is used. After 64
 * warnings about single entries the others are only counted.
 *
 * In doubt nothing is handed out: FREE, BOOT_SERVICES and LOADER become RUNTIME_DATA with EFI_MEMORY_RUNTIME and
 * RESERVED without EFI_MEMORY_WB; unaligned they shrink, every other kind grows. `runtime` survives an overlap.
 *
 * When the capacity does not suffice, everything from some address on is left out, and a warning names it. Twice the
 * number of entries always suffices. Costs about 250 instructions an entry for a map that is sorted already, 600 for a
 * shuffled one, n log n at most (with too little capacity: n times the entries pushed out). Boot CPU.
 */
bool memory_map_build(struct memory_map *map, const struct memory_map_raw *raw,
                      const struct diagnostics *diagnostics);

/*
 * Marks [start, end) as `kind`, whatever it was before (also where the map has a hole), splitting and merging ranges.
 * start and end are rounded outwards to pages; start >= end changes nothing. The last page of the address space, whose
 * end is no number, is left out. Returns false, with map unchanged, when the capacity does not suffice.
 */
bool memory_map_claim(struct memory_map *map, paddr_t start, paddr_t end, enum memory_kind kind);

/* Every range of one kind becomes another, in one pass: an owner is done with all it had. */
void memory_map_convert(struct memory_map *map, enum memory_kind from, enum memory_kind to);

/* The range that holds address, or NULL. */
const struct memory_range *memory_map_find(const struct memory_map *map, paddr_t address);

/* Ordinary RAM, whoever owns it: the kinds that the direct map covers. */
bool memory_kind_is_ram(enum memory_kind kind);

/* "free", "boot services", "ACPI NVS", ...: for logs, never NULL. */
const char *memory_kind_name(enum memory_kind kind);

#endif
