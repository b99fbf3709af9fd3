/* Page tables: built and read back through the walker, which knows nothing of how they were built. */
#include "lib/page_table.h"

#include <stdlib.h>

#include "host_test.h"
#include "lib/align.h"
#include "lib/compiler.h"

#define FRAMES     64
#define FRAME_BASE 0x100000

struct memory {
    uint64_t frames[FRAMES][PAGE_TABLE_ENTRIES] ALIGNED(4096);
    unsigned used, limit;
};

static uint64_t alloc_frame(void *context)
{
    struct memory *memory = context;

    return memory->used < memory->limit ? FRAME_BASE + PAGE_SIZE * memory->used++ : 0;
}

static bool is_readable(void *context, paddr_t table)
{
    (void)context;
    return table >= FRAME_BASE && table < FRAME_BASE + FRAMES * PAGE_SIZE;
}

static uint64_t *root_of(const struct page_tables *tables)
{
    return (uint64_t *)(tables->offset + tables->root);
}

static struct page_tables make_tables(unsigned levels, bool gib_pages, unsigned limit)
{
    struct memory *memory = aligned_alloc(4096, sizeof(*memory));
    struct page_tables tables = {.levels = levels,
                                 .gib_pages = gib_pages,
                                 .alloc_frame = alloc_frame,
                                 .is_readable = is_readable,
                                 .context = memory};

    tables.offset = (vaddr_t)memory->frames - FRAME_BASE;

    memset(memory, 0, sizeof(*memory));
    memory->limit = limit;
    tables.root = alloc_frame(memory);
    return tables;
}

static status_t map(struct page_tables *tables, vaddr_t virt, paddr_t phys, uint64_t bytes,
                    uint64_t flags)
{
    return page_tables_map(
        tables,
        &(struct page_mapping){
            .virt = virt, .phys = phys, .bytes = bytes, .flags = flags, .page_bytes_max = GIB});
}

static void assert_maps(const struct page_tables *tables, vaddr_t virt, paddr_t phys,
                        unsigned level)
{
    struct page_walk walk;

    page_tables_walk(tables, virt, &walk);
    assert_true(walk.present);
    assert_int_equal(walk.phys, phys);
    assert_int_equal(walk.level, level);
}

static void assert_unmapped(const struct page_tables *tables, vaddr_t virt)
{
    struct page_walk walk;

    page_tables_walk(tables, virt, &walk);
    assert_false(walk.present);
    assert_false(walk.unreadable);
}

static void uses_the_largest_pages_that_fit(void **state)
{
    struct page_tables tables = make_tables(4, true, FRAMES);

    (void)state;
    /* 4 KiB before a 2 MiB border, then 2 MiB pages up to a GiB, one GiB, and a tail */
    assert_int_equal(map(&tables, GIB - 2 * MIB - PAGE_SIZE, GIB - 2 * MIB - PAGE_SIZE,
                         GIB + 2 * MIB + 3 * PAGE_SIZE, PTE_WRITABLE),
                     STATUS_OK);
    assert_unmapped(&tables, GIB - 2 * MIB - PAGE_SIZE - 1);
    assert_maps(&tables, GIB - 2 * MIB - 1, GIB - 2 * MIB - 1, 1);
    assert_maps(&tables, GIB - 2 * MIB, GIB - 2 * MIB, 2);
    assert_maps(&tables, GIB + 12345, GIB + 12345, 3);
    assert_maps(&tables, 2 * GIB + 2 * PAGE_SIZE - 1, 2 * GIB + 2 * PAGE_SIZE - 1, 1);
    assert_unmapped(&tables, 2 * GIB + 2 * PAGE_SIZE);
    free(tables.context);
}

static void without_gib_pages_none_is_made(void **state)
{
    struct page_tables tables = make_tables(4, false, FRAMES);

    (void)state;
    assert_int_equal(map(&tables, 0xffff800000000000, 0, 2 * GIB, 0), STATUS_OK);
    assert_maps(&tables, 0xffff800000000000 + GIB, GIB, 2);
    free(tables.context);
}

static void misaligned_physical_addresses_get_small_pages(void **state)
{
    struct page_tables tables = make_tables(4, true, FRAMES);

    (void)state;
    assert_int_equal(map(&tables, GIB, 2 * GIB + PAGE_SIZE, 4 * MIB, 0), STATUS_OK);
    assert_maps(&tables, GIB, 2 * GIB + PAGE_SIZE, 1);
    assert_maps(&tables, GIB + 4 * MIB - 1, 2 * GIB + PAGE_SIZE + 4 * MIB - 1, 1);
    free(tables.context);
}

static void crosses_tables_of_every_level(void **state)
{
    for (unsigned levels = 4; levels <= 5; levels++) {
        struct page_tables tables = make_tables(levels, false, FRAMES);
        vaddr_t border = UINT64_C(512) * GIB; /* the end of a PDPT */

        assert_int_equal(map(&tables, border - 2 * PAGE_SIZE, 0, 4 * PAGE_SIZE, 0), STATUS_OK);
        for (unsigned page = 0; page < 4; page++)
            assert_maps(&tables, border - 2 * PAGE_SIZE + page * PAGE_SIZE, page * PAGE_SIZE, 1);
        assert_unmapped(&tables, border + 2 * PAGE_SIZE);
        free(tables.context);
    }
    (void)state;
}

static void the_last_page_of_the_address_space_can_be_mapped(void **state)
{
    for (unsigned levels = 4; levels <= 5; levels++) {
        struct page_tables tables = make_tables(levels, false, FRAMES);

        assert_int_equal(map(&tables, -PAGE_SIZE, 0x5000, PAGE_SIZE, 0), STATUS_OK);
        assert_maps(&tables, UINT64_MAX, 0x5fff, 1);
        free(tables.context);
    }
    (void)state;
}

static void what_is_mapped_is_not_mapped_again(void **state)
{
    struct page_tables tables = make_tables(4, true, FRAMES);

    (void)state;
    assert_int_equal(map(&tables, 2 * MIB, 0, 2 * MIB, 0), STATUS_OK);
    assert_int_equal(map(&tables, 2 * MIB, 0, PAGE_SIZE, 0), ERR_ALREADY_MAPPED);
    assert_int_equal(map(&tables, 0, 0, 4 * MIB, 0), ERR_ALREADY_MAPPED);
    assert_int_equal(map(&tables, 8 * MIB, 0, PAGE_SIZE, 0), STATUS_OK);
    assert_int_equal(map(&tables, 8 * MIB, 0, PAGE_SIZE, 0), ERR_ALREADY_MAPPED);
    free(tables.context);
}

static void refuses_what_is_not_made_of_pages(void **state)
{
    struct page_tables tables = make_tables(4, true, FRAMES);

    (void)state;
    assert_int_equal(map(&tables, 1, 0, PAGE_SIZE, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(map(&tables, 0, 1, PAGE_SIZE, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(map(&tables, 0, 0, 1, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(map(&tables, 0, 0, 0, 0), ERR_BAD_ARGUMENT);
    free(tables.context);
}

static void says_when_frames_run_out(void **state)
{
    (void)state;
    for (unsigned limit = 1; limit <= 4; limit++) {
        struct page_tables tables = make_tables(4, false, limit);

        assert_int_equal(map(&tables, 0, 0, PAGE_SIZE, 0), limit == 4 ? STATUS_OK : ERR_NO_MEMORY);
        free(tables.context);
    }
}

static void walk_of_an_unreadable_table_says_so(void **state)
{
    struct page_tables tables = make_tables(4, false, FRAMES);
    struct page_walk walk;

    (void)state;
    root_of(&tables)[0] = 0xdead000 | PTE_PRESENT;
    page_tables_walk(&tables, 0, &walk);
    assert_true(walk.unreadable);
    assert_false(walk.present);
    assert_int_equal(walk.level, 3);
    free(tables.context);
}

struct seen {
    struct page_leaf leaves[8];
    unsigned count;
};

static bool remember(void *context, const struct page_leaf *leaf)
{
    struct seen *seen = context;

    assert_true(seen->count < ARRAY_COUNT(seen->leaves));
    seen->leaves[seen->count++] = *leaf;
    return seen->count < 3;
}

static void visit_sees_each_leaf_with_the_rights_of_all_levels(void **state)
{
    (void)state;
    for (unsigned levels = 4; levels <= 5; levels++) {
        struct page_tables tables = make_tables(levels, true, FRAMES);
        struct seen seen = {.count = 0};

        map(&tables, 0x1000, 0x7000, PAGE_SIZE, PTE_USER | PTE_NX);
        map(&tables, 0xffffffff80000000, GIB, GIB, 0);
        map(&tables, 0xffff800000000000, 2 * MIB, 2 * MIB, PTE_WRITABLE | PTE_NX);
        page_tables_visit(&tables, remember, &seen);
        assert_int_equal(seen.count, 3);
        assert_int_equal(seen.leaves[0].virt, 0x1000);
        assert_true(seen.leaves[0].user && !seen.leaves[0].writable && !seen.leaves[0].executable);
        assert_int_equal(seen.leaves[1].virt, 0xffff800000000000);
        assert_int_equal(seen.leaves[1].phys, 2 * MIB);
        assert_true(seen.leaves[1].writable && !seen.leaves[1].user && !seen.leaves[1].executable);
        assert_int_equal(seen.leaves[2].virt, 0xffffffff80000000);
        assert_int_equal(seen.leaves[2].bytes, GIB);
        assert_true(seen.leaves[2].executable && !seen.leaves[2].writable && !seen.leaves[2].user);
        free(tables.context);
    }
}

static void a_table_that_forbids_writing_or_allows_no_code_counts(void **state)
{
    struct page_tables tables = make_tables(4, true, FRAMES);
    struct seen seen = {.count = 0};

    (void)state;
    map(&tables, 0, 0, PAGE_SIZE, PTE_WRITABLE | PTE_USER);
    root_of(&tables)[0] &= ~PTE_WRITABLE;
    root_of(&tables)[0] |= PTE_NX;
    page_tables_visit(&tables, remember, &seen);
    assert_int_equal(seen.count, 1);
    assert_false(seen.leaves[0].writable);
    assert_false(seen.leaves[0].executable);
    assert_true(seen.leaves[0].user);
    free(tables.context);
}

/* Random mappings against a list of what was mapped. */
static void random_mappings_agree_with_the_walker(void **state)
{
    (void)state;
    srand(1);
    for (unsigned round = 0; round < 300; round++) {
        struct page_tables tables = make_tables(4 + round % 2, round & 2, FRAMES);
        vaddr_t virt =
            align_down((uint64_t)rand() << 12, PAGE_SIZE) | (round & 4 ? 0xffff900000000000 : 0);
        paddr_t phys = round & 8 ? (uint64_t)rand() << 12 : virt & 0xffffffffff;
        uint64_t bytes = ((uint64_t)rand() % 3000 + 1) * PAGE_SIZE;

        assert_int_equal(map(&tables, virt, phys, bytes, PTE_WRITABLE), STATUS_OK);
        assert_unmapped(&tables, virt - 1);
        assert_unmapped(&tables, virt + bytes);
        for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) {
            struct page_walk walk;

            page_tables_walk(&tables, virt + at, &walk);
            assert_true(walk.present && walk.phys == phys + at);
        }
        free(tables.context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uses_the_largest_pages_that_fit),
        cmocka_unit_test(without_gib_pages_none_is_made),
        cmocka_unit_test(misaligned_physical_addresses_get_small_pages),
        cmocka_unit_test(crosses_tables_of_every_level),
        cmocka_unit_test(the_last_page_of_the_address_space_can_be_mapped),
        cmocka_unit_test(what_is_mapped_is_not_mapped_again),
        cmocka_unit_test(refuses_what_is_not_made_of_pages),
        cmocka_unit_test(says_when_frames_run_out),
        cmocka_unit_test(walk_of_an_unreadable_table_says_so),
        cmocka_unit_test(visit_sees_each_leaf_with_the_rights_of_all_levels),
        cmocka_unit_test(a_table_that_forbids_writing_or_allows_no_code_counts),
        cmocka_unit_test(random_mappings_agree_with_the_walker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
