/* Mapping, unmapping and changing rights against a model of every page, with a pool of frames that may
 * run out. What the walker sees counts, and every frame must come back. */
#include "lib/page_table.h"

#include "host_test.h"
#include "lib/align.h"
#include "operations.h"

#define FRAMES     700
#define FRAME_BASE 0x100000
#define PAGES      (264 * 1024 + 2048) /* 4 MiB, 1 GiB, 4 MiB */
#define BASE       (0xffff900000000000 + GIB - 4 * MIB)

static uint64_t seed;

struct pool {
    uint64_t frames[FRAMES][PAGE_TABLE_ENTRIES] ALIGNED(4096);
    unsigned free[FRAMES], free_count;
    unsigned fail_in; /* the allocation that fails, counted down; 0: none */
};

static struct pool *pool;
static uint64_t mapped[PAGES]; /* 0, or the physical page and the flags */

static paddr_t alloc_frame(void *context)
{
    unsigned frame;

    (void)context;
    if (pool->fail_in > 0 && --pool->fail_in == 0)
        return 0;
    if (pool->free_count == 0)
        return 0;
    frame = pool->free[--pool->free_count];
    memset(pool->frames[frame], 0, PAGE_SIZE);
    return FRAME_BASE + frame * PAGE_SIZE;
}

static void free_frame(paddr_t frame)
{
    memset(pool->frames[(frame - FRAME_BASE) / PAGE_SIZE], 0xcc, PAGE_SIZE);
    pool->free[pool->free_count++] = (unsigned)((frame - FRAME_BASE) / PAGE_SIZE);
}

static void free_emptied(struct page_tables *tables)
{
    paddr_t table;

    while ((table = page_tables_take_emptied(tables)) != 0)
        free_frame(table);
}

static struct page_tables start(unsigned levels, bool gib_pages)
{
    struct page_tables tables = {
        .levels = levels, .gib_pages = gib_pages, .alloc_frame = alloc_frame};

    if (!pool)
        pool = aligned_alloc(4096, sizeof(*pool));
    memset(pool, 0xcc, sizeof(*pool));
    pool->free_count = pool->fail_in = 0;
    for (unsigned i = 0; i < FRAMES; i++)
        pool->free[pool->free_count++] = i;
    memset(mapped, 0, sizeof(mapped));
    tables.offset = (vaddr_t)pool->frames - FRAME_BASE;
    tables.root = alloc_frame(NULL);
    return tables;
}

static vaddr_t virt_of(uint64_t page) { return BASE + page * PAGE_SIZE; }

static void check_page(const struct page_tables *tables, uint64_t page)
{
    struct page_walk walk;

    page_tables_walk(tables, virt_of(page), &walk);
    if (walk.present != (mapped[page] != 0))
        fail_msg("page %u is %smapped", (unsigned)page, walk.present ? "" : "not ");
    if (!walk.present)
        return;
    assert_int_equal(walk.phys, mapped[page] & PTE_ADDRESS);
    assert_int_equal(walk.entries[walk.level] & PTE_FLAGS, mapped[page] & PTE_FLAGS);
}

static void check_around(const struct page_tables *tables, uint64_t page, uint64_t count)
{
    const uint64_t edges[] = {page - 1,         page,         page + 1,
                              page + count - 1, page + count, page + count + 1};

    for (unsigned i = 0; i < ARRAY_COUNT(edges); i++)
        if (edges[i] < PAGES)
            check_page(tables, edges[i]);
    for (unsigned i = 0; i < 8; i++)
        check_page(tables, random_below(&seed, PAGES));
    if (count > 0)
        check_page(tables, page + random_below(&seed, count));
}

static uint64_t random_flags(void)
{
    return random_next(&seed) & (PTE_WRITABLE | PTE_USER | PTE_PWT | PTE_NX | PTE_GLOBAL);
}

/* Mostly small, sometimes of large pages and aligned, seldom nearly everything. */
static void random_range(uint64_t *page, uint64_t *count)
{
    uint64_t large = 512, kind = random_below(&seed, 100);

    *page = random_below(&seed, PAGES);
    *count = 1 + random_below(&seed, kind < 60 ? 4 : 700);
    if (kind >= 85) {
        *page = align_down(*page, large);
        *count = large * (1 + random_below(&seed, 4));
    }
    if (kind == 99) {
        *page = 1024;
        *count = PAGES - 2048;
    }
    if (*count > PAGES - *page)
        *count = PAGES - *page;
}

static bool any_mapped(uint64_t page, uint64_t count)
{
    for (uint64_t i = page; i < page + count; i++)
        if (mapped[i])
            return true;
    return false;
}

static bool all_mapped(uint64_t page, uint64_t count)
{
    for (uint64_t i = page; i < page + count; i++)
        if (!mapped[i])
            return false;
    return true;
}

static void map_range(struct page_tables *tables, uint64_t page, uint64_t count)
{
    static const uint64_t sizes[] = {PAGE_SIZE, 2 * MIB, GIB};
    uint64_t flags = random_flags();
    struct page_mapping mapping = {.virt = virt_of(page),
                                   .phys = random_below(&seed, 3)
                                               ? virt_of(page) & (64 * GIB - 1)
                                               : random_below(&seed, 1 << 20) * PAGE_SIZE,
                                   .bytes = count * PAGE_SIZE,
                                   .flags = flags,
                                   .page_bytes_max = sizes[random_below(&seed, 3)]};
    bool taken = any_mapped(page, count);
    status_t status = page_tables_map(tables, &mapping);

    if (status == ERR_ALREADY_MAPPED)
        assert_true(taken);
    else if (status != ERR_NO_MEMORY)
        assert_int_equal(status, taken ? ERR_ALREADY_MAPPED : STATUS_OK);
    for (uint64_t i = 0; status == STATUS_OK && i < count; i++)
        mapped[page + i] = (mapping.phys + i * PAGE_SIZE) | flags | PTE_PRESENT;
}

static uint64_t removed_bytes;

static void count_removed(void *context, paddr_t phys, uint64_t bytes)
{
    (void)context;
    (void)phys;
    removed_bytes += bytes;
}

static void unmap_range(struct page_tables *tables, uint64_t page, uint64_t count)
{
    const struct page_removal removal = {.removed = count_removed};
    uint64_t were_mapped = 0;
    status_t status;

    removed_bytes = 0;
    for (uint64_t i = page; i < page + count; i++)
        were_mapped += mapped[i] != 0;
    status = page_tables_unmap(tables, virt_of(page), count * PAGE_SIZE, &removal);
    assert_int_equal(removed_bytes, status == STATUS_OK ? were_mapped * PAGE_SIZE : 0);
    if (status == STATUS_OK)
        memset(&mapped[page], 0, count * sizeof(mapped[0]));
    else
        assert_int_equal(status, ERR_NO_MEMORY);
}

static void protect_range(struct page_tables *tables, uint64_t page, uint64_t count)
{
    uint64_t flags = random_flags();
    status_t status = page_tables_protect(tables, virt_of(page), count * PAGE_SIZE, flags);

    if (status != ERR_NO_MEMORY)
        assert_int_equal(status, all_mapped(page, count) ? STATUS_OK : ERR_NOT_FOUND);
    for (uint64_t i = page; status == STATUS_OK && i < page + count; i++)
        mapped[i] = (mapped[i] & ~PTE_FLAGS) | flags;
}

static void random_operations(unsigned levels, bool gib_pages, uint64_t operations)
{
    struct page_tables tables = start(levels, gib_pages);

    for (uint64_t i = 0; i < operations; i++) {
        uint64_t page, count;

        random_range(&page, &count);
        pool->fail_in = random_below(&seed, 3) ? 0 : 1 + (unsigned)random_below(&seed, 4);
        switch (random_below(&seed, 5)) {
        case 0:
        case 1:
            map_range(&tables, page, count);
            break;
        case 2:
        case 3:
            unmap_range(&tables, page, count);
            break;
        default:
            protect_range(&tables, page, count);
        }
        free_emptied(&tables);
        check_around(&tables, page, count);
    }
    pool->fail_in = 0;
    unmap_range(&tables, 0, PAGES);
    free_emptied(&tables);
    assert_int_equal(pool->free_count, FRAMES - 1);
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++)
        random_operations(4 + kind % 2, kind / 2, host_operations() / 100);
}

/* Every table frame that a mapping made is given back when it fails, wherever it fails. */
static void a_mapping_that_fails_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned fail = 1; fail < 9; fail++) {
        struct page_tables tables = start(5, false);
        struct page_mapping mapping = {.virt = BASE, .bytes = 6 * MIB, .page_bytes_max = PAGE_SIZE};
        status_t status;

        pool->fail_in = fail;
        status = page_tables_map(&tables, &mapping);
        assert_int_equal(status, fail <= 7 ? ERR_NO_MEMORY : STATUS_OK);
        free_emptied(&tables);
        if (status != STATUS_OK)
            assert_int_equal(pool->free_count, FRAMES - 1);
    }
}

/* What lies before a page that is taken is taken out again, and the page itself stays. */
static void a_mapping_over_another_changes_nothing(void **state)
{
    struct page_tables tables = start(4, true);
    struct page_mapping one = {.virt = BASE + 8 * PAGE_SIZE,
                               .bytes = PAGE_SIZE,
                               .page_bytes_max = PAGE_SIZE},
                        over = {.virt = BASE, .bytes = 16 * PAGE_SIZE, .page_bytes_max = PAGE_SIZE};

    (void)state;
    assert_int_equal(page_tables_map(&tables, &one), STATUS_OK);
    mapped[8] = PTE_PRESENT;
    assert_int_equal(page_tables_map(&tables, &over), ERR_ALREADY_MAPPED);
    for (unsigned i = 0; i < 16; i++)
        check_page(&tables, i);
}

static void a_split_page_keeps_what_it_mapped(void **state)
{
    struct page_tables tables = start(4, true);
    struct page_mapping large = {.virt = GIB,
                                 .phys = 2 * GIB,
                                 .bytes = GIB,
                                 .flags = PTE_WRITABLE | PTE_PWT | PTE_NX,
                                 .page_bytes_max = GIB};
    struct page_walk walk;

    (void)state;
    assert_int_equal(page_tables_map(&tables, &large), STATUS_OK);
    assert_int_equal(page_tables_unmap(&tables, GIB + 5 * PAGE_SIZE, PAGE_SIZE, NULL), STATUS_OK);
    for (uint64_t at = 0; at < GIB; at += PAGE_SIZE) {
        page_tables_walk(&tables, GIB + at, &walk);
        assert_int_equal(walk.present, at != 5 * PAGE_SIZE);
        if (!walk.present)
            continue;
        assert_int_equal(walk.phys, 2 * GIB + at);
        assert_int_equal(walk.level, at < 2 * MIB ? 1 : 2);
        assert_int_equal(walk.entries[walk.level] & PTE_FLAGS, PTE_WRITABLE | PTE_PWT | PTE_NX);
        assert_int_equal((walk.entries[walk.level] & PTE_LARGE) != 0, walk.level > 1);
    }
}

/* A CPU that still has the table in its paging-structure cache sees nothing present in it. */
static void a_table_that_was_taken_out_has_no_present_entry(void **state)
{
    struct page_tables tables = start(4, true);
    struct page_mapping one = {.virt = BASE, .bytes = PAGE_SIZE, .page_bytes_max = PAGE_SIZE};
    paddr_t table;
    unsigned count = 0;

    (void)state;
    assert_int_equal(page_tables_map(&tables, &one), STATUS_OK);
    assert_int_equal(page_tables_unmap(&tables, BASE, PAGE_SIZE, NULL), STATUS_OK);
    while ((table = page_tables_take_emptied(&tables)) != 0) {
        for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
            assert_int_equal(((uint64_t *)(tables.offset + table))[i] & PTE_PRESENT, 0);
        count++;
    }
    assert_int_equal(count, 3);
}

static void kept_tables_stay(void **state)
{
    struct page_tables tables = start(4, true);
    struct page_mapping one = {.virt = BASE, .bytes = PAGE_SIZE, .page_bytes_max = PAGE_SIZE};

    (void)state;
    assert_int_equal(page_tables_fill_top(&tables, BASE), STATUS_OK);
    assert_int_equal(page_tables_map(&tables, &one), STATUS_OK);
    assert_int_equal(page_tables_unmap(&tables, BASE, PAGE_SIZE, NULL), STATUS_OK);
    free_emptied(&tables);
    assert_int_equal(pool->free_count, FRAMES - 2); /* the root and the one below it */
    tables.keep_tables = true;
    assert_int_equal(page_tables_map(&tables, &one), STATUS_OK);
    assert_int_equal(page_tables_unmap(&tables, BASE, PAGE_SIZE, NULL), STATUS_OK);
    free_emptied(&tables);
    assert_int_equal(pool->free_count, FRAMES - 4);
    pool->free_count = 0;
    assert_int_equal(page_tables_fill_top(&tables, 0), ERR_NO_MEMORY);
    assert_int_equal(page_tables_fill_top(&tables, BASE), STATUS_OK);
}

static void the_short_way_is_offered_for_the_last_table_only(void **state)
{
    struct page_tables tables = start(4, true);
    struct page_mapping one = {.virt = BASE, .bytes = PAGE_SIZE, .page_bytes_max = PAGE_SIZE};

    (void)state;
    assert_null(page_tables_last_entry(&tables, BASE));
    assert_null(page_tables_last_entry(&tables, 0));
    assert_int_equal(page_tables_map(&tables, &one), STATUS_OK);
    assert_int_equal(*page_tables_last_entry(&tables, BASE), PTE_PRESENT);
    assert_int_equal(*page_tables_last_entry(&tables, BASE + PAGE_SIZE), 0);
    assert_null(page_tables_last_entry(&tables, BASE + 2 * MIB));
    assert_null(page_tables_last_entry(&tables, BASE - PAGE_SIZE));
    assert_false(page_table_is_shared(page_tables_last_entry(&tables, BASE)));
    assert_true(page_table_is_shared(page_tables_last_entry(&tables, BASE + 511 * PAGE_SIZE)));
    assert_int_equal(page_tables_unmap(&tables, BASE, PAGE_SIZE, NULL), STATUS_OK);
    assert_null(page_tables_last_entry(&tables, BASE));
}

static void refuses_what_is_not_made_of_pages(void **state)
{
    struct page_tables tables = start(4, true);

    (void)state;
    assert_int_equal(page_tables_unmap(&tables, BASE + 1, PAGE_SIZE, NULL), ERR_BAD_ARGUMENT);
    assert_int_equal(page_tables_unmap(&tables, BASE, 1, NULL), ERR_BAD_ARGUMENT);
    assert_int_equal(page_tables_protect(&tables, BASE, 1, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(page_tables_protect(&tables, BASE, PAGE_SIZE, 0), ERR_NOT_FOUND);
}

/* What is shared is taken out of the tables like all else, and never given back. */
static void shared_leaves_are_not_removed(void **state)
{
    const struct page_removal removal = {.removed = count_removed};
    struct page_tables tables = start(4, false);
    struct page_mapping page = {
        .virt = BASE, .phys = 0x5000, .bytes = PAGE_SIZE, .page_bytes_max = PAGE_SIZE};
    struct page_walk walk;

    (void)state;
    page.flags = PTE_USER | PTE_SHARED;
    assert_int_equal(page_tables_map(&tables, &page), STATUS_OK);
    page.virt += PAGE_SIZE;
    page.flags = PTE_USER;
    assert_int_equal(page_tables_map(&tables, &page), STATUS_OK);
    removed_bytes = 0;
    assert_int_equal(page_tables_unmap(&tables, BASE, 2 * PAGE_SIZE, &removal), STATUS_OK);
    assert_int_equal(removed_bytes, PAGE_SIZE);
    page_tables_walk(&tables, BASE, &walk);
    assert_false(walk.present);
    free_emptied(&tables);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, random_operations_match_the_model);
    HOST_ADD(&tests, a_mapping_that_fails_leaves_nothing);
    HOST_ADD(&tests, a_mapping_over_another_changes_nothing);
    HOST_ADD(&tests, a_split_page_keeps_what_it_mapped);
    HOST_ADD(&tests, a_table_that_was_taken_out_has_no_present_entry);
    HOST_ADD(&tests, kept_tables_stay);
    HOST_ADD(&tests, shared_leaves_are_not_removed);
    HOST_ADD(&tests, the_short_way_is_offered_for_the_last_table_only);
    HOST_ADD(&tests, refuses_what_is_not_made_of_pages);
    seed = UINT64_C(0x5eed0007);
    return host_tests_run(&tests, "page table changes");
}
