/* Walking and visiting page tables. Recursion follows the levels, so it is five deep at most. */
#include "page_table_internal.h"

static const uint64_t *readable_table(const struct page_tables *tables, paddr_t table)
{
    if (tables->is_readable && !tables->is_readable(tables->context, table))
        return NULL;
    return page_table_at(tables, table);
}

void page_tables_walk(const struct page_tables *tables, vaddr_t virt, struct page_walk *walk)
{
    paddr_t frame = tables->root;
    unsigned level = tables->levels == 5 ? 5 : 4;

    *walk = (struct page_walk){.level = level};
    for (; level >= 1; level--) {
        const uint64_t *table = readable_table(tables, frame);
        uint64_t entry;

        walk->level = level;
        walk->unreadable = !table;
        if (!table)
            return;
        walk->index[level] = page_index(virt, level);
        entry = walk->entries[level] = table[walk->index[level]];
        if (!(entry & PTE_PRESENT))
            return;
        if (page_is_leaf(entry, level)) {
            walk->present = true;
            walk->phys = page_leaf_address(entry, level) + (virt & (page_level_bytes(level) - 1));
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
    const uint64_t *table = readable_table(visitor->tables, frame);

    for (unsigned index = 0; table && index < PAGE_TABLE_ENTRIES; index++) {
        uint64_t entry = table[index], left;
        vaddr_t at;

        if (!(entry & PTE_PRESENT))
            continue; /* most are not */
        left = rights & (entry ^ PTE_NX);
        at = virt + index * page_level_bytes(level);
        if (level == visitor->tables->levels && index >= PAGE_TABLE_ENTRIES / 2)
            at |= UINT64_MAX << (12 + 9 * level); /* the upper half is sign-extended */
        if (!page_is_leaf(entry, level)) {
            if (!visit_table(visitor, entry & PTE_ADDRESS, level - 1, at, left))
                return false;
            continue;
        }
        if (!visitor->visit(visitor->context,
                            &(struct page_leaf){.virt = at,
                                                .phys = page_leaf_address(entry, level),
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
