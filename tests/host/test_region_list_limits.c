/* Regions of an address space: ranges that no region can be, and the largest that one can. */
#include "lib/region_list.h"

#include "host_test.h"

#define READ      1u
#define BASE      UINT64_C(0x7fff00000000)
#define HALF      (UINT64_C(1) << 63)
#define LAST_PAGE (0 - PAGE_SIZE)

static const struct {
    vaddr_t start;
    uint64_t bytes;
} impossible[] = {
    {0, 0},
    {BASE, 0},
    {BASE, 1},
    {BASE + 1, PAGE_SIZE},
    {BASE, PAGE_SIZE + 1},
    {BASE + 1, PAGE_SIZE - 1},
    {LAST_PAGE, PAGE_SIZE},
    {LAST_PAGE, 2 * PAGE_SIZE},
    {LAST_PAGE, LAST_PAGE},
    {PAGE_SIZE, LAST_PAGE},
    {HALF, HALF},
    {HALF, HALF + PAGE_SIZE},
    {UINT64_MAX, UINT64_MAX},
};

/* With regions at both ends of the address space: a range that went around would meet them. */
static void impossible_ranges_are_refused(void **state)
{
    struct region_list *list, before;

    (void)state;
    list = calloc(1, sizeof(*list));
    assert_int_equal(region_list_add(list, 0, 4 * PAGE_SIZE, READ), STATUS_OK);
    assert_int_equal(region_list_add(list, LAST_PAGE - 4 * PAGE_SIZE, 4 * PAGE_SIZE, READ),
                     STATUS_OK);
    before = *list;
    for (size_t i = 0; i < ARRAY_COUNT(impossible); i++) {
        vaddr_t at = impossible[i].start;
        uint64_t bytes = impossible[i].bytes;

        assert_int_equal(region_list_add(list, at, bytes, READ), ERR_BAD_ARGUMENT);
        assert_int_equal(region_list_remove(list, at, bytes), ERR_BAD_ARGUMENT);
        assert_int_equal(region_list_set_rights(list, at, bytes, READ), ERR_BAD_ARGUMENT);
        assert_true(region_list_covers(list, at, bytes, 0) == (bytes == 0));
    }
    assert_memory_equal(list, &before, sizeof(before));
    free(list);
}

/* The lowest page there is, the highest, and everything. */
static void all_of_memory_can_be_had(void **state)
{
    struct region_list *list = calloc(1, sizeof(*list));

    (void)state;
    assert_int_equal(region_list_add(list, 0, LAST_PAGE, READ), STATUS_OK);
    assert_non_null(region_list_find(list, 0));
    assert_non_null(region_list_find(list, LAST_PAGE - 1));
    assert_null(region_list_find(list, LAST_PAGE));
    assert_null(region_list_find(list, UINT64_MAX));
    assert_true(region_list_covers(list, 0, LAST_PAGE, READ));
    assert_false(region_list_covers(list, 0, UINT64_MAX, READ));
    assert_false(region_list_covers(list, 1, UINT64_MAX, READ));
    assert_int_equal(region_list_remove(list, PAGE_SIZE, LAST_PAGE - 2 * PAGE_SIZE), STATUS_OK);
    assert_int_equal(list->count, 2);
    assert_non_null(region_list_find(list, PAGE_SIZE - 1));
    assert_null(region_list_find(list, PAGE_SIZE));
    assert_null(region_list_find(list, LAST_PAGE - PAGE_SIZE - 1));
    assert_non_null(region_list_find(list, LAST_PAGE - PAGE_SIZE));
    free(list);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, impossible_ranges_are_refused);
    HOST_ADD(&tests, all_of_memory_can_be_had);
    return host_tests_run(&tests, "regions at the limits");
}
