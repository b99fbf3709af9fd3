/* The memory that ACPI tables may lie in, as the parsers want it (lib/acpi_table.h). */
#ifndef KERNEL_ACPI_REACH_H
#define KERNEL_ACPI_REACH_H

#include "lib/acpi_table.h"
#include "lib/memory_map.h"

struct acpi_reach {
    const struct memory_map *memory;
};

/*
 * For struct acpi_memory, with a struct acpi_reach as context. Tables may lie in any kind of memory that can be read without
 * harm, also in what the direct map does not have; nothing is read where the map has nothing, or a device. NULL too
 * when the range begins in RAM and ends outside it, or the other way round. Boot CPU, after arch_mmu_map_ram().
 */
const void *acpi_reach_map(void *reach, paddr_t at, uint64_t bytes);

#endif
