/*
 * The second page-table root: the firmware's runtime memory at its physical addresses, and the kernel's half as everywhere.
 * Built at boot, because after a fault nothing is sure any more, and audited there: what the tables map is what the
 * firmware's own tables of memory say, each page with just those rights, and nothing that is executable there is a page
 * that the kernel can write.
 */
#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/log.h"
#include "kernel/mm/memory.h"
#include "lib/bits.h"
#include "x86/firmware.h"
#include "x86/paging.h"

#define IDENTITY_MAX     BIT(47)   /* the user half with 4 levels */
#define FIXED_MTRR_LIMIT (2 * MIB) /* no large page spans two memory types */

static struct address_space space READ_ONLY_AFTER_INIT;

paddr_t x86_firmware_root(void) { return space.tables.root; }

/* Not global: other roots must not see it in the TLB. */
static uint64_t flags_of(const struct runtime_range *range)
{
    return ((range->writable ? PTE_WRITABLE : 0) | (range->executable ? 0 : PTE_NX) |
            (range->device ? PTE_PWT | PTE_PCD : 0)) &
           x86_leaf_flags;
}

/* Page 0 stays unmapped here too. */
static status_t map_range(const struct runtime_range *range)
{
    paddr_t start = range->start ? range->start : PAGE_SIZE;
    struct page_mapping mapping = {.virt = start,
                                   .phys = start,
                                   .bytes = range->end - start,
                                   .flags = flags_of(range),
                                   .page_bytes_max =
                                       start < FIXED_MTRR_LIMIT ? PAGE_SIZE : 2 * MIB};

    if (range->end > IDENTITY_MAX)
        return ERR_BAD_ADDRESS;
    return start < range->end ? page_tables_map(&space.tables, &mapping) : STATUS_OK;
}

static status_t build(const struct runtime_map *map)
{
    status_t status = arch_mmu_space_create(&space);

    for (size_t i = 0; i < map->count && status == STATUS_OK; i++)
        status = map_range(&map->ranges[i]);
    return status;
}

/* What can be executed here must not be written through the direct map, which every root has. Where the firmware's own
 * variables lie in its code that would be for nothing. */
static status_t protect_code(const struct runtime_map *map)
{
    status_t status = STATUS_OK;

    for (size_t i = 0; i < map->count && status == STATUS_OK; i++) {
        const struct runtime_range *range = &map->ranges[i];

        if (range->executable && !range->writable && memory_is_ram(range->start))
            status = arch_mmu_protect(&kernel_space, DIRECT_MAP_START + range->start,
                                      range->end - range->start, 0, MMU_WRITE_BACK);
    }
    return status;
}

/* ---- the audit ---- */

static bool kernel_can_write(paddr_t phys)
{
    struct page_walk walk;

    page_tables_walk(&kernel_space.tables, DIRECT_MAP_START + phys, &walk);
    return walk.present && walk.entries[walk.level] & PTE_WRITABLE;
}

struct auditor {
    const struct runtime_map *map;
    size_t next;               /* range after the one that the leaf before lay in: both ascend */
    struct page_leaf expected; /* that one, as if it were a leaf */
    bool is_protected;         /* the kernel must not be able to write it */
    uint64_t bytes, broken, executable, writable_too;
};

/* The range that an address lies in, or the one above it. */
static void next_range(struct auditor *auditor, vaddr_t virt)
{
    const struct runtime_map *map = auditor->map;
    const struct runtime_range *range = NULL;

    while (auditor->next < map->count && (!range || range->end <= virt))
        range = &map->ranges[auditor->next++];
    if (!range || range->end <= virt)
        return; /* beyond the last: what was expected is behind */
    auditor->expected =
        (struct page_leaf){.virt = range->start ? range->start : PAGE_SIZE,
                           .bytes = range->end - range->start,
                           .writable = range->writable,
                           .executable = range->executable || !(x86_leaf_flags & PTE_NX)};
    auditor->is_protected = range->executable && !range->writable;
    auditor->executable += range->executable ? range->end - range->start : 0;
    auditor->writable_too += range->executable && range->writable ? range->end - range->start : 0;
}

static bool look_at_leaf(void *context, const struct page_leaf *leaf)
{
    struct auditor *auditor = context;
    const struct page_leaf *expected = &auditor->expected;

    if (leaf->virt >= IDENTITY_MAX)
        return false; /* the kernel's half, which has an audit of its own */
    if (leaf->virt - expected->virt >= expected->bytes)
        next_range(auditor, leaf->virt);
    auditor->bytes += leaf->bytes;
    if (leaf->virt != leaf->phys || leaf->user ||
        leaf->virt - expected->virt + leaf->bytes > expected->bytes ||
        leaf->writable != expected->writable || leaf->executable != expected->executable ||
        (auditor->is_protected && kernel_can_write(leaf->phys)))
        auditor->broken++;
    return true;
}

static uint64_t bytes_told(const struct runtime_map *map)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < map->count; i++)
        bytes +=
            map->ranges[i].end - map->ranges[i].start - (map->ranges[i].start == 0 ? PAGE_SIZE : 0);
    return bytes;
}

static bool audit(const struct runtime_map *map)
{
    struct auditor auditor = {.map = map};

    page_tables_visit(&space.tables, look_at_leaf, &auditor);
    if (auditor.broken > 0 || auditor.bytes != bytes_told(map)) {
        log_error("firmware: its page tables are BROKEN: %lu pages are not as told, %lu KiB are "
                  "mapped of %lu",
                  auditor.broken, auditor.bytes / KIB, bytes_told(map) / KIB);
        return false;
    }
    log_debug("firmware: %lu KiB for its runtime services, %lu executable, %lu of them writable",
              auditor.bytes / KIB, auditor.executable / KIB, auditor.writable_too / KIB);
    return true;
}

bool x86_firmware_space_init(const struct runtime_map *map)
{
    status_t status = build(map);

    if (status == STATUS_OK)
        status = protect_code(map);
    if (status == STATUS_OK)
        return audit(map);
    log_warn("firmware: no page tables for its runtime services: %s", status_text(status));
    return false;
}
