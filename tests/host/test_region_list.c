/*
 * Regions of an address space: each rule by hand, and full lists. The list stands alone in a memory block, so that the
 * sanitizer sees every step outside. Ranges that no region can be: test_region_list_limits.c; random operations:
 * test_region_list_model.c.
 */
#include "lib/region_list.h"

#include "host_test.h"

#define BASE    UINT64_C(0x7fff00000000)
#define READ    1u
#define WRITE   2u
#define EXECUTE 4u

static struct region_list *list;

static void start(void) { list = calloc(1, sizeof(*list)); }

static vaddr_t page_address(uint64_t page) { return BASE + page * PAGE_SIZE; }

static status_t add(uint64_t page, uint64_t pages, unsigned rights)
{
    return region_list_add(list, page_address(page), pages * PAGE_SIZE, rights);
}

static status_t take(uint64_t page, uint64_t pages)
{
    return region_list_remove(list, page_address(page), pages * PAGE_SIZE);
}

static status_t set(uint64_t page, uint64_t pages, unsigned rights)
{
    return region_list_set_rights(list, page_address(page), pages * PAGE_SIZE, rights);
}

static bool covers(uint64_t page, uint64_t pages, unsigned rights)
{
    return region_list_covers(list, page_address(page), pages * PAGE_SIZE, rights);
}

/* `4-8:3 1-2:1` in pages, the end excluded; the highest region first. */
static void assert_list(const char *wanted)
{
    char text[REGIONS_MAX * 24] = "";
    size_t length = 0;

    for (size_t i = 0; i < list->count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%d-%d:%x", i ? " " : "",
                                   (int)((int64_t)(list->regions[i].start - BASE) / 4096),
                                   (int)((int64_t)(list->regions[i].end - BASE) / 4096),
                                   list->regions[i].rights);
    assert_string_equal(text, wanted);
}

static void regions_are_added(void **state)
{
    (void)state;
    start();
    assert_list("");
    assert_int_equal(add(10, 4, READ), STATUS_OK);
    assert_int_equal(add(20, 4, READ), STATUS_OK);
    assert_int_equal(add(4, 1, READ), STATUS_OK);
    assert_list("20-24:1 10-14:1 4-5:1");
    assert_int_equal(add(13, 1, READ), ERR_ALREADY_MAPPED);
    assert_int_equal(add(9, 2, READ), ERR_ALREADY_MAPPED);
    assert_int_equal(add(0, 30, READ), ERR_ALREADY_MAPPED);
    assert_int_equal(add(11, 1, READ), ERR_ALREADY_MAPPED);
    assert_list("20-24:1 10-14:1 4-5:1");
    free(list);
}

static void equal_neighbours_are_one(void **state)
{
    (void)state;
    start();
    add(10, 2, READ);
    assert_int_equal(add(12, 2, READ), STATUS_OK);
    assert_list("10-14:1");
    assert_int_equal(add(8, 2, READ), STATUS_OK);
    assert_list("8-14:1");
    assert_int_equal(add(14, 1, WRITE), STATUS_OK);
    assert_int_equal(add(7, 1, WRITE), STATUS_OK);
    assert_list("14-15:2 8-14:1 7-8:2");
    assert_int_equal(set(8, 6, WRITE), STATUS_OK);
    assert_list("7-15:2");
    add(16, 1, WRITE);
    assert_list("16-17:2 7-15:2");
    assert_int_equal(add(15, 1, WRITE), STATUS_OK);
    assert_list("7-17:2");
    free(list);
}

static void parts_are_removed(void **state)
{
    (void)state;
    start();
    add(10, 10, READ);
    add(20, 10, WRITE);
    assert_int_equal(take(14, 2), STATUS_OK);
    assert_list("20-30:2 16-20:1 10-14:1");
    assert_int_equal(take(18, 4), STATUS_OK);
    assert_list("22-30:2 16-18:1 10-14:1");
    assert_int_equal(take(0, 11), STATUS_OK);
    assert_int_equal(take(29, 11), STATUS_OK);
    assert_list("22-29:2 16-18:1 11-14:1");
    assert_int_equal(take(14, 2), STATUS_OK); /* nothing is there */
    assert_int_equal(take(0, 11), STATUS_OK);
    assert_list("22-29:2 16-18:1 11-14:1");
    assert_int_equal(take(12, 16), STATUS_OK);
    assert_list("28-29:2 11-12:1");
    assert_int_equal(take(0, 40), STATUS_OK);
    assert_list("");
    free(list);
}

static void rights_are_set_of_what_is_there(void **state)
{
    (void)state;
    start();
    add(10, 4, READ);
    add(14, 4, WRITE);
    add(19, 1, READ);
    assert_int_equal(set(12, 4, EXECUTE), STATUS_OK);
    assert_list("19-20:1 16-18:2 12-16:4 10-12:1");
    assert_int_equal(set(17, 3, READ), ERR_NOT_FOUND);
    assert_int_equal(set(9, 2, READ), ERR_NOT_FOUND);
    assert_int_equal(set(0, 1, READ), ERR_NOT_FOUND);
    assert_int_equal(set(30, 1, READ), ERR_NOT_FOUND);
    assert_list("19-20:1 16-18:2 12-16:4 10-12:1");
    assert_int_equal(set(10, 8, READ), STATUS_OK);
    assert_list("19-20:1 10-18:1");
    assert_int_equal(set(12, 1, 0), STATUS_OK); /* no rights, and still there */
    assert_list("19-20:1 13-18:1 12-13:0 10-12:1");
    free(list);
}

static void a_part_is_covered_with_its_rights(void **state)
{
    (void)state;
    start();
    add(10, 2, READ);
    add(12, 2, READ | WRITE);
    add(15, 1, READ);
    assert_true(covers(10, 4, READ));
    assert_true(covers(12, 2, READ | WRITE));
    assert_true(covers(12, 2, 0));
    assert_false(covers(11, 2, WRITE));
    assert_false(covers(10, 4, READ | EXECUTE));
    assert_false(covers(13, 3, READ));
    assert_false(covers(9, 2, READ));
    assert_true(region_list_covers(list, page_address(10) + 1, 4 * PAGE_SIZE - 1, READ));
    assert_false(region_list_covers(list, page_address(10) + 1, 4 * PAGE_SIZE, READ));
    assert_false(region_list_covers(list, page_address(10) - 1, 2, READ));
    assert_true(region_list_covers(list, page_address(14) - 1, 1, WRITE));
    assert_true(region_list_covers(list, 5, 0, READ));
    free(list);
}

static void a_region_is_found(void **state)
{
    (void)state;
    start();
    assert_null(region_list_find(list, 0));
    assert_null(region_list_find(list, UINT64_MAX));
    add(10, 2, READ);
    add(12, 2, WRITE);
    assert_null(region_list_find(list, page_address(10) - 1));
    assert_ptr_equal(region_list_find(list, page_address(10)), &list->regions[1]);
    assert_ptr_equal(region_list_find(list, page_address(12) - 1), &list->regions[1]);
    assert_ptr_equal(region_list_find(list, page_address(12)), &list->regions[0]);
    assert_ptr_equal(region_list_find(list, page_address(14) - 1), &list->regions[0]);
    assert_null(region_list_find(list, page_address(14)));
    assert_null(region_list_find(list, 0));
    free(list);
}

/* Every second page, from page 1 on. */
static void fill(void)
{
    start();
    for (uint64_t i = 0; i < REGIONS_MAX; i++)
        assert_int_equal(add(1 + 2 * i, 1, READ), STATUS_OK);
}

static void a_full_list_takes_what_makes_no_more(void **state)
{
    struct region_list before;

    (void)state;
    fill();
    before = *list;
    for (uint64_t i = 0; i < REGIONS_MAX; i++)
        assert_ptr_equal(region_list_find(list, page_address(1 + 2 * i)),
                         &list->regions[REGIONS_MAX - 1 - i]);
    assert_null(region_list_find(list, page_address(0)));
    assert_null(region_list_find(list, page_address(2 * REGIONS_MAX)));
    assert_int_equal(add(2 * REGIONS_MAX + 1, 1, READ), ERR_TOO_MANY);
    assert_int_equal(add(0, 1, WRITE), ERR_TOO_MANY);
    assert_int_equal(add(0, 2, WRITE), ERR_ALREADY_MAPPED);
    assert_memory_equal(list, &before, sizeof(before));
    assert_int_equal(add(2 * REGIONS_MAX, 3, READ), STATUS_OK);
    before = *list;
    assert_int_equal(take(2 * REGIONS_MAX, 1), ERR_TOO_MANY);
    assert_int_equal(set(2 * REGIONS_MAX, 1, WRITE), ERR_TOO_MANY);
    assert_int_equal(set(2 * REGIONS_MAX, 3, WRITE), ERR_TOO_MANY);
    assert_memory_equal(list, &before, sizeof(before));
    assert_int_equal(set(2 * REGIONS_MAX - 1, 4, WRITE), STATUS_OK);
    assert_int_equal(add(2, 1, READ), STATUS_OK);
    assert_int_equal(list->count, REGIONS_MAX - 1);
    free(list);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, regions_are_added);
    HOST_ADD(&tests, equal_neighbours_are_one);
    HOST_ADD(&tests, parts_are_removed);
    HOST_ADD(&tests, rights_are_set_of_what_is_there);
    HOST_ADD(&tests, a_part_is_covered_with_its_rights);
    HOST_ADD(&tests, a_region_is_found);
    HOST_ADD(&tests, a_full_list_takes_what_makes_no_more);
    return host_tests_run(&tests, "regions");
}
