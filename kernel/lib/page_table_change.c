/*
 * Mapping, unmapping and changing rights. Nothing is left half-done: a mapping that fails is taken
 * out again, and large leaves are split before anything is changed.
 *
 * The table of the last 4 KiB page is remembered, because the next page is mostly in the same one;
 * it is forgotten when any table is taken out (page_tables_last_entry()).
 */
#include "page_table_internal.h"

static bool leaf_fits(const struct page_tables *tables, const struct page_mapping *rest,
                      unsigned level)
{
    uint64_t bytes = page_level_bytes(level);

    if (level > 3 || (level == 3 && !tables->gib_pages) || bytes > rest->page_bytes_max)
        return false;
    return rest->bytes >= bytes && is_aligned(rest->virt | rest->phys, bytes);
}

static uint64_t table_entry(const struct page_tables *tables, paddr_t frame, uint64_t flags)
{
    return frame | PTE_PRESENT | PTE_WRITABLE | (flags & PTE_USER) |
           (tables->keep_tables ? PTE_KEPT : 0);
}

/* An empty table below the entry; false when there is no frame for it. */
static bool make_table(struct page_tables *tables, uint64_t *entry, uint64_t flags)
{
    paddr_t frame = tables->alloc_frame(tables->context);

    if (frame != 0)
        *entry = table_entry(tables, frame, flags);
    return frame != 0;
}

static void remember(struct page_tables *tables, vaddr_t virt, uint64_t *table)
{
    tables->last_table = table;
    tables->last_virt = align_down(virt, page_level_bytes(2));
}

/* Fills entries of one table from `entry` on, as far as leaves of this size go. */
static status_t fill_run(uint64_t *entry, unsigned level, struct page_mapping *rest)
{
    uint64_t bytes = page_level_bytes(level);
    unsigned index = page_index(rest->virt, level);
    uint64_t flags = rest->flags | PTE_PRESENT | (level > 1 ? PTE_LARGE : 0);

    do {
        if (*entry & PTE_PRESENT)
            return level > 1 && !(*entry & PTE_LARGE) ? STATUS_OK : ERR_ALREADY_MAPPED;
        *entry++ = rest->phys | flags;
        rest->virt += bytes;
        rest->phys += bytes;
        rest->bytes -= bytes;
    } while (++index < PAGE_TABLE_ENTRIES && rest->bytes >= bytes);
    return STATUS_OK;
}

/* Maps a first part of what is left, as much as lies in one table. */
static status_t map_run(struct page_tables *tables, struct page_mapping *rest)
{
    uint64_t *table = page_table_at(tables, tables->root);

    for (unsigned level = tables->levels;; level--) {
        uint64_t *entry = &table[page_index(rest->virt, level)];

        if (level == 1)
            remember(tables, rest->virt, table);
        if (level == 1 || (!(*entry & PTE_PRESENT) && leaf_fits(tables, rest, level)))
            return fill_run(entry, level, rest);
        if ((*entry & PTE_PRESENT) && page_is_leaf(*entry, level))
            return ERR_ALREADY_MAPPED;
        if (!(*entry & PTE_PRESENT) && !make_table(tables, entry, rest->flags))
            return ERR_NO_MEMORY;
        table = page_table_at(tables, *entry & PTE_ADDRESS);
    }
}

status_t page_tables_map(struct page_tables *tables, const struct page_mapping *mapping)
{
    struct page_mapping rest = *mapping;
    status_t status = STATUS_OK;

    if (mapping->bytes == 0 ||
        !is_aligned(mapping->virt | mapping->phys | mapping->bytes, PAGE_SIZE))
        return ERR_BAD_ARGUMENT;
    while (rest.bytes != 0 && status == STATUS_OK)
        status = map_run(tables, &rest);
    /* Where a table could not be made nothing is mapped, but those above it may be new and empty. */
    if (status != STATUS_OK)
        page_tables_unmap(tables, mapping->virt,
                          rest.virt - mapping->virt + (status == ERR_NO_MEMORY ? PAGE_SIZE : 0),
                          NULL);
    return status;
}

/* The entries that lead to `virt`, down to the one that is a leaf or not present; its level. */
static unsigned descend(struct page_tables *tables, vaddr_t virt,
                        uint64_t *entries[PAGE_LEVELS_MAX + 1])
{
    uint64_t *table = page_table_at(tables, tables->root);

    for (unsigned level = tables->levels;; level--) {
        uint64_t *entry = entries[level] = &table[page_index(virt, level)];

        if (level == 1)
            remember(tables, virt, table);
        if (!(*entry & PTE_PRESENT) || page_is_leaf(*entry, level))
            return level;
        table = page_table_at(tables, *entry & PTE_ADDRESS);
    }
}

/* One large leaf becomes 512 leaves of the next size, the same memory with the same flags. The table
 * is complete before the CPU can see it. */
static bool split(struct page_tables *tables, uint64_t *entry, unsigned level)
{
    uint64_t flags = *entry & ~(PTE_ADDRESS | (level == 2 ? PTE_LARGE : 0)), *below;
    paddr_t phys = page_leaf_address(*entry, level);
    paddr_t frame = tables->alloc_frame(tables->context);

    if (frame == 0)
        return false;
    below = page_table_at(tables, frame);
    for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
        below[i] = (phys + i * page_level_bytes(level - 1)) | flags;
    *entry = table_entry(tables, frame, flags);
    return true;
}

/* Makes a boundary between leaves of `virt`, if it lies within a large one. */
static status_t split_at(struct page_tables *tables, vaddr_t virt)
{
    uint64_t *entries[PAGE_LEVELS_MAX + 1];

    for (;;) {
        unsigned level = descend(tables, virt, entries);

        if (!(*entries[level] & PTE_PRESENT) || is_aligned(virt, page_level_bytes(level)))
            return STATUS_OK;
        if (!split(tables, entries[level], level))
            return ERR_NO_MEMORY;
    }
}

/* Takes out the tables that are empty from `level` upwards. They form a list through their first
 * entry, which is the address of the next: bit 0 is clear, so a CPU that still knows the table sees
 * nothing present. */
static void prune(struct page_tables *tables, uint64_t *entries[], unsigned level)
{
    for (; level < tables->levels && *entries[level] == 0 && !page_table_is_shared(entries[level]);
         level++) {
        uint64_t *above = entries[level + 1];

        if (*above & PTE_KEPT)
            return;
        *page_table_at(tables, *above & PTE_ADDRESS) = tables->emptied;
        tables->emptied = *above & PTE_ADDRESS;
        *above = 0;
        tables->last_table = NULL;
    }
}

/* Clears leaves of one size, as far as one table goes. Returns the bytes cleared. */
static uint64_t clear_run(uint64_t *entry, unsigned level, uint64_t bytes,
                          const struct page_removal *removal)
{
    uint64_t page = page_level_bytes(level), cleared = 0;
    const uint64_t *end = (const uint64_t *)align_up((uintptr_t)(entry + 1), PAGE_SIZE);

    for (; entry < end && cleared + page <= bytes; cleared += page, entry++) {
        if (!(*entry & PTE_PRESENT) || !page_is_leaf(*entry, level))
            break;
        paddr_t phys = page_leaf_address(*entry, level);
        bool shared = *entry & PTE_SHARED;

        *entry = 0;
        if (removal && !shared)
            removal->removed(removal->context, phys, page);
    }
    return cleared;
}

static void unmap_range(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                        const struct page_removal *removal)
{
    uint64_t *entries[PAGE_LEVELS_MAX + 1];

    while (bytes > 0) {
        unsigned level = descend(tables, virt, entries);
        uint64_t page = page_level_bytes(level), step;

        step = clear_run(entries[level], level, bytes, removal);
        if (step == 0)
            step = page - (virt & (page - 1));
        prune(tables, entries, level);
        virt += step;
        bytes -= step < bytes ? step : bytes;
    }
}

status_t page_tables_unmap(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                           const struct page_removal *removal)
{
    status_t status;

    if (!is_aligned(virt | bytes, PAGE_SIZE))
        return ERR_BAD_ARGUMENT;
    status = split_at(tables, virt);
    if (status == STATUS_OK)
        status = split_at(tables, virt + bytes);
    if (status == STATUS_OK)
        unmap_range(tables, virt, bytes, removal);
    return status;
}

static bool all_mapped(struct page_tables *tables, vaddr_t virt, uint64_t bytes)
{
    uint64_t *entries[PAGE_LEVELS_MAX + 1];

    for (uint64_t done = 0; done < bytes;) {
        unsigned level = descend(tables, virt + done, entries);
        uint64_t page = page_level_bytes(level);

        if (!(*entries[level] & PTE_PRESENT))
            return false;
        done += page - ((virt + done) & (page - 1));
    }
    return true;
}

status_t page_tables_protect(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                             uint64_t flags)
{
    uint64_t *entries[PAGE_LEVELS_MAX + 1];
    status_t status;

    if (!is_aligned(virt | bytes, PAGE_SIZE))
        return ERR_BAD_ARGUMENT;
    if (!all_mapped(tables, virt, bytes))
        return ERR_NOT_FOUND;
    status = split_at(tables, virt);
    if (status == STATUS_OK)
        status = split_at(tables, virt + bytes);
    for (uint64_t done = 0; status == STATUS_OK && done < bytes;) {
        unsigned level = descend(tables, virt + done, entries);

        *entries[level] = (*entries[level] & ~PTE_FLAGS) | flags;
        done += page_level_bytes(level);
    }
    return status;
}

paddr_t page_tables_take_emptied(struct page_tables *tables)
{
    paddr_t table = tables->emptied;

    if (table)
        tables->emptied = *page_table_at(tables, table);
    return table;
}

status_t page_tables_fill_top(struct page_tables *tables, vaddr_t virt)
{
    uint64_t *entry = &page_table_at(tables, tables->root)[page_index(virt, tables->levels)];

    if (!(*entry & PTE_PRESENT) && !make_table(tables, entry, 0))
        return ERR_NO_MEMORY;
    *entry |= PTE_KEPT;
    return STATUS_OK;
}
