/* Building, walking and visiting page tables. Recursion follows the levels, so it is five deep at
 * most. */
#include "lib/page_table.h"

#include "lib/align.h"

static unsigned index_at(vaddr_t virt, unsigned level)
{
    return (unsigned)(virt >> (12 + 9 * (level - 1))) % PAGE_TABLE_ENTRIES;
}

static bool is_leaf(uint64_t entry, unsigned level)
{
    return level == 1 || ((level == 2 || level == 3) && (entry & PTE_LARGE));
}

/* Bits 12 (PAT of a large leaf) and above of a large leaf's address are cut to the page's
 * alignment. */
static paddr_t leaf_address(uint64_t entry, unsigned level)
{
    return align_down(entry & PTE_ADDRESS, page_level_bytes(level));
}

static bool leaf_fits(const struct page_tables *tables, const struct page_mapping *rest,
                      unsigned level)
{
    uint64_t bytes = page_level_bytes(level);

    if (level > 3 || (level == 3 && !tables->gib_pages) || bytes > rest->page_bytes_max)
        return false;
    return rest->bytes >= bytes && is_aligned(rest->virt | rest->phys, bytes);
}

/* The table below an entry, made when there is none. */
static status_t table_below(struct page_tables *tables, uint64_t *entry, uint64_t user,
                            uint64_t **below)
{
    if (!(*entry & PTE_PRESENT)) {
        paddr_t frame = tables->alloc_frame(tables->context);

        if (frame == 0)
            return ERR_NO_MEMORY;
        *entry = frame | PTE_PRESENT | PTE_WRITABLE | user;
    }
    *below = tables->table_at(tables->context, *entry & PTE_ADDRESS);
    return *below ? STATUS_OK : ERR_BAD_ADDRESS;
}

static void map_leaf(struct page_mapping *rest, uint64_t *entry, unsigned level)
{
    uint64_t bytes = page_level_bytes(level);

    *entry = rest->phys | rest->flags | PTE_PRESENT | (level > 1 ? PTE_LARGE : 0);
    rest->virt += bytes;
    rest->phys += bytes;
    rest->bytes -= bytes;
}

static status_t map_in_table(struct page_tables *tables, uint64_t *table, unsigned level,
                             struct page_mapping *rest)
{
    unsigned index = index_at(rest->virt, level);

    for (; rest->bytes != 0 && index < PAGE_TABLE_ENTRIES; index++) {
        uint64_t *entry = &table[index], *below;
        status_t status;

        if ((*entry & PTE_PRESENT) && is_leaf(*entry, level))
            return ERR_ALREADY_MAPPED;
        if (!(*entry & PTE_PRESENT) && leaf_fits(tables, rest, level)) {
            map_leaf(rest, entry, level);
            continue;
        }
        status = table_below(tables, entry, rest->flags & PTE_USER, &below);
        if (status == STATUS_OK)
            status = map_in_table(tables, below, level - 1, rest);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

status_t page_tables_map(struct page_tables *tables, const struct page_mapping *mapping)
{
    struct page_mapping rest = *mapping;

    if (mapping->bytes == 0 ||
        !is_aligned(mapping->virt | mapping->phys | mapping->bytes, PAGE_SIZE))
        return ERR_BAD_ARGUMENT;
    return map_in_table(tables, tables->table_at(tables->context, tables->root), tables->levels,
                        &rest);
}

void page_tables_walk(const struct page_tables *tables, vaddr_t virt, struct page_walk *walk)
{
    paddr_t frame = tables->root;
    unsigned level = tables->levels == 5 ? 5 : 4;

    *walk = (struct page_walk){.level = level};
    for (; level >= 1; level--) {
        const uint64_t *table = tables->table_at(tables->context, frame);
        uint64_t entry;

        walk->level = level;
        walk->unreadable = !table;
        if (!table)
            return;
        walk->index[level] = index_at(virt, level);
        entry = walk->entries[level] = table[walk->index[level]];
        if (!(entry & PTE_PRESENT))
            return;
        if (is_leaf(entry, level)) {
            walk->present = true;
            walk->phys = leaf_address(entry, level) + (virt & (page_level_bytes(level) - 1));
            return;
        }
        frame = entry & PTE_ADDRESS;
    }
}

struct visitor {
    const struct page_tables *tables;
    bool (*visit)(void *context, const struct page_leaf *leaf);
    void *context;
};

/* `rights` gathers what the levels above allow: the bits of PTE_WRITABLE, PTE_USER and, inverted,
 * PTE_NX. */
static bool visit_table(const struct visitor *visitor, paddr_t frame, unsigned level, vaddr_t virt,
                        uint64_t rights)
{
    const uint64_t *table = visitor->tables->table_at(visitor->tables->context, frame);

    for (unsigned index = 0; table && index < PAGE_TABLE_ENTRIES; index++) {
        uint64_t entry = table[index];
        uint64_t left = rights & (entry ^ PTE_NX);
        vaddr_t at = virt + index * page_level_bytes(level);

        if (!(entry & PTE_PRESENT))
            continue;
        if (level == visitor->tables->levels && index >= PAGE_TABLE_ENTRIES / 2)
            at |= UINT64_MAX << (12 + 9 * level); /* the upper half is sign-extended */
        if (!is_leaf(entry, level)) {
            if (!visit_table(visitor, entry & PTE_ADDRESS, level - 1, at, left))
                return false;
            continue;
        }
        if (!visitor->visit(visitor->context,
                            &(struct page_leaf){.virt = at,
                                                .phys = leaf_address(entry, level),
                                                .bytes = page_level_bytes(level),
                                                .writable = left & PTE_WRITABLE,
                                                .user = left & PTE_USER,
                                                .executable = left & PTE_NX}))
            return false;
    }
    return true;
}

void page_tables_visit(const struct page_tables *tables,
                       bool (*visit)(void *context, const struct page_leaf *leaf), void *context)
{
    struct visitor visitor = {.tables = tables, .visit = visit, .context = context};

    visit_table(&visitor, tables->root, tables->levels, 0, PTE_WRITABLE | PTE_USER | PTE_NX);
}
