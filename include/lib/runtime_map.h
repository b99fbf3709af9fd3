/*
 * What of the machine's memory the firmware's runtime services need, and with which rights: from the memory map, and from
 * the firmware's memory attributes table where it has one (UEFI 2.10, 4.6.4). Pure: bytes in, ranges out.
 */
#ifndef LIB_RUNTIME_MAP_H
#define LIB_RUNTIME_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/diagnostics.h"
#include "lib/memory_map.h"
#include "lib/types.h"

#define RUNTIME_RANGES_MAX 256

struct runtime_range {
    paddr_t start, end; /* page-aligned */
    bool writable, executable;
    bool device; /* registers or flash: not to be cached */
};

struct runtime_map {
    size_t count;
    struct runtime_range ranges[RUNTIME_RANGES_MAX]; /* ascending; neighbours differ */
};

/* Bytes of a memory attributes table by what its first RUNTIME_TABLE_HEADER bytes say, 0 when they are no such table's. */
#define RUNTIME_TABLE_HEADER 16
uint64_t runtime_table_bytes(const uint8_t *header);

/* How many of its entries can be both written and executed; 0 of what is no table. */
uint32_t runtime_table_count_open(const uint8_t *table);

/*
 * Fills *out. Code can be executed and not written, data written and not executed, unless the table, of
 * runtime_table_bytes(), says otherwise. Without a table (NULL), or with one that cannot be used, which is warned about,
 * the firmware's code is writable too: nobody says where in it its variables lie. False, after a warning, when there are
 * more than RUNTIME_RANGES_MAX ranges.
 */
bool runtime_map_build(struct runtime_map *out, const struct memory_map *map, const uint8_t *table,
                       const struct diagnostics *diagnostics);

#endif
