/* Which memory ACPI tables are read from, and how it is reached. The two ways to reach it are recorded, not gone. */
#include "../../kernel/acpi/reach.c"

#include "host_test.h"

#define DIRECT ((uint8_t *)0x10000000000)
#define WINDOW ((uint8_t *)0x20000000000)

void *phys_to_virt(paddr_t phys) { return DIRECT + phys; }

void *vmap_device(paddr_t phys, uint64_t bytes, enum mmu_cache cache)
{
    assert_true(bytes > 0);
    assert_int_equal(cache, MMU_WRITE_BACK);
    return WINDOW + phys;
}

static struct memory_range ranges[] = {
    {0x1000, 0xa0000, MEMORY_LOW, 0},
    {0x100000, 0x200000, MEMORY_FREE, 0},
    {0x200000, 0x201000, MEMORY_ACPI_RECLAIM, 0},
    {0x201000, 0x202000, MEMORY_ACPI_NVS, 0},
    {0x202000, 0x203000, MEMORY_RESERVED, 0},
    {0x203000, 0x204000, MEMORY_UNKNOWN, 0},
    {0x204000, 0x205000, MEMORY_MMIO, 0},
    {0x205000, 0x206000, MEMORY_UNUSABLE, 0},
    {0x206000, 0x207000, MEMORY_UNACCEPTED, 0},
    {0x207000, 0x208000, MEMORY_FRAMEBUFFER, 0},
    {0x208000, 0x209000, MEMORY_MMIO_PORT, 0},
    {0x20a000, 0x20b000, MEMORY_BOOT_SERVICES, 0},
    {DIRECT_MAP_BYTES - 0x1000, DIRECT_MAP_BYTES + 0x1000, MEMORY_FREE, 0},
};

static struct row {
    const char *name;
    paddr_t at;
    uint64_t bytes;
    uint8_t *where; /* NULL: not reached */
} rows[] = {
    {"ACPI memory", 0x200003, 36, DIRECT},
    {"all of it, and more RAM around", 0x1fffff, 0x1002, DIRECT},
    {"boot services", 0x20a000, 0x1000, DIRECT},
    {"first MiB", 0x1000, 36, DIRECT},
    {"reserved", 0x202ff0, 16, WINDOW},
    {"reserved and a kind that is unknown", 0x202ff0, 36, WINDOW},
    {"from RAM into reserved", 0x201ff0, 36, NULL},
    {"MMIO", 0x204000, 36, NULL},
    {"into MMIO", 0x203ff0, 17, NULL},
    {"up to MMIO", 0x203ff0, 16, WINDOW},
    {"unusable", 0x205000, 36, NULL},
    {"unaccepted", 0x206000, 36, NULL},
    {"framebuffer", 0x207000, 36, NULL},
    {"MMIO ports", 0x208000, 36, NULL},
    {"nothing", 0x209000, 36, NULL},
    {"into nothing", 0x20aff0, 17, NULL},
    {"page 0, of which the map has nothing", 0, 36, NULL},
    {"the BIOS's area", 0xe0000, 0x20000, WINDOW},
    {"before the BIOS's area", 0xdffff, 1, NULL},
    {"from the BIOS's area into RAM", 0xffff0, 17, NULL},
    {"the end of the direct map", DIRECT_MAP_BYTES - 36, 36, DIRECT},
    {"beyond the direct map", DIRECT_MAP_BYTES - 35, 36, NULL},
    {"the end of the address space", UINT64_MAX - 36, 36, NULL},
};

static void reached(void **state)
{
    static const struct memory_map memory = {.ranges = ranges, .count = ARRAY_COUNT(ranges)};
    struct acpi_reach reach = {.memory = &memory};
    const struct row *row = *state;
    const void *expected = row->where ? row->where + row->at : NULL;

    assert_ptr_equal(acpi_reach_map(&reach, row->at, row->bytes), expected);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, reached, rows);
    return host_tests_run(&tests, "reach");
}
