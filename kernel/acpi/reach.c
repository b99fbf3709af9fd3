/*
 * See reach.h. RAM is read through the direct map, in which text is read-only: a window over it would be a second, writable
 * mapping. What is no RAM gets a window of its own, write-back as firmware had it; few tables are there, so it stays.
 */
#include "reach.h"

#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/mm/vmap.h"

/* Where a BIOS keeps its tables; memory maps do not have it (ACPI 6.5, 5.2.5.1). */
#define BIOS_START 0xe0000
#define BIOS_END   0x100000

static struct memory_range range_at(const struct memory_map *memory, paddr_t at)
{
    const struct memory_range *range = memory_map_find(memory, at);

    if (range)
        return *range;
    if (at >= BIOS_START && at < BIOS_END)
        return (struct memory_range){BIOS_START, BIOS_END, MEMORY_RESERVED, 0};
    return (struct memory_range){.kind = MEMORY_MMIO}; /* for all that is known */
}

/* Reading these can change a device, or fault. */
static bool is_readable(enum memory_kind kind)
{
    switch (kind) {
    case MEMORY_UNACCEPTED:
    case MEMORY_UNUSABLE:
    case MEMORY_MMIO:
    case MEMORY_MMIO_PORT:
    case MEMORY_FRAMEBUFFER:
        return false;
    default:
        return true;
    }
}

const void *acpi_reach_map(void *reach, paddr_t at, uint64_t bytes)
{
    const struct memory_map *memory = ((const struct acpi_reach *)reach)->memory;
    bool ram = memory_kind_is_ram(range_at(memory, at).kind);

    for (paddr_t next = at; next < at + bytes;) {
        struct memory_range range = range_at(memory, next);

        if (!is_readable(range.kind) || memory_kind_is_ram(range.kind) != ram)
            return NULL;
        next = range.end;
    }
    if (ram && at + bytes > DIRECT_MAP_BYTES)
        return NULL;
    return ram ? phys_to_virt(at) : vmap_device(at, bytes, MMU_WRITE_BACK);
}
