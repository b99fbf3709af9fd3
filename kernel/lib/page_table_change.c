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

/* Tables that are taken out form a list through their first entry, which is the address of the next: bit 0 is clear, so
 * a CPU that still knows the table sees nothing present. */
static void take_table_out(struct page_tables *tables, uint64_t *above)
{
    paddr_t table = *above & PTE_ADDRESS;

    *page_table_at(tables, table) = tables->emptied;
    tables->emptied = table;
    *above = 0;
    tables->last_table = NULL;
}

static bool is_empty(const uint64_t *table)
{
    for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
        if (table[i] != 0)
            return false;
    return true;
}

static void clear_leaf(uint64_t *entry, unsigned level, const struct page_removal *removal)
{
    uint64_t leaf = *entry;

    *entry = 0;
    if (removal && !(leaf & PTE_SHARED))
        removal->removed(removal->context, page_leaf_address(leaf, level), page_level_bytes(level));
}

static bool unmap_in(struct page_tables *tables, uint64_t *table, unsigned level, vaddr_t first,
                     vaddr_t last, const struct page_removal *removal);

/* Returns whether the entry is 0 afterwards. */
static bool unmap_below(struct page_tables *tables, uint64_t *entry, unsigned level, vaddr_t first,
                        vaddr_t last, const struct page_removal *removal)
{
    uint64_t *table = page_table_at(tables, *entry & PTE_ADDRESS);
    bool is_whole = last - first == page_level_bytes(level) - 1;
    bool cleared = unmap_in(tables, table, level - 1, first, last, removal);

    if (*entry & PTE_KEPT || !cleared || (!is_whole && !is_empty(table)))
        return false;
    take_table_out(tables, entry);
    return true;
}

/* Clears what `table` maps of [first, last], and takes out the tables below it that are empty then. Returns whether it
 * maps nothing of that any more: false when a table below it is to stay. */
static bool unmap_in(struct page_tables *tables, uint64_t *table, unsigned level, vaddr_t first,
                     vaddr_t last, const struct page_removal *removal)
{
    uint64_t bytes = page_level_bytes(level);
    unsigned start = page_index(first, level), end = page_index(last, level);
    bool cleared = true;

    for (unsigned i = start; i <= end; i++) {
        vaddr_t virt, virt_last;

        if (!(table[i] & PTE_PRESENT))
            continue;
        if (page_is_leaf(table[i], level)) {
            clear_leaf(&table[i], level, removal);
            continue;
        }
        virt = i == start ? first : align_down(first, bytes) + (i - start) * bytes;
        virt_last = i == end ? last : align_down(virt, bytes) + (bytes - 1);
        cleared = unmap_below(tables, &table[i], level, virt, virt_last, removal) && cleared;
    }
    return cleared;
}

status_t page_tables_unmap(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                           const struct page_removal *removal)
{
    status_t status;

    if (!is_aligned(virt | bytes, PAGE_SIZE))
        return ERR_BAD_ARGUMENT;
    if (bytes == 0)
        return STATUS_OK;
    status = split_at(tables, virt);
    if (status == STATUS_OK)
        status = split_at(tables, virt + bytes);
    if (status == STATUS_OK)
        unmap_in(tables, page_table_at(tables, tables->root), tables->levels, virt,
                 virt + (bytes - 1), removal);
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

void page_tables_protect_pages(struct page_tables *tables, vaddr_t virt, uint64_t bytes,
                               uint64_t flags)
{
    uint64_t *entries[PAGE_LEVELS_MAX + 1];

    for (vaddr_t at = virt; at - virt < bytes;) {
        unsigned level = descend(tables, at, entries);

        if (*entries[level] & PTE_PRESENT)
            *entries[level] = (*entries[level] & ~PTE_FLAGS) | flags;
        at = align_down(at, page_level_bytes(level)) + page_level_bytes(level);
    }
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
