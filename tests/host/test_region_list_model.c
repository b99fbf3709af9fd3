/*
 * Regions of an address space against a model of every page, 32 to 128 of them, at the bottom, in the middle and at the
 * top of the address space. After each operation the list must be the very one that the model's runs of pages make;
 * what fails must do so for the model's reason, and change nothing.
 */
#include "lib/region_list.h"

#include "host_test.h"
#include "operations.h"

#define PAGES_MAX 128
#define NONE      (-1)
#define ROUND     2000 /* operations on one list */
#define STATUSES  (1 - ERR_TOO_MANY)

enum operation { ADD, REMOVE, SET_RIGHTS };

struct model {
    int rights[PAGES_MAX]; /* NONE: nothing is there */
};

static struct region_list *list;
static struct model model;
static vaddr_t base;
static uint64_t page_count;
static bool is_crowded; /* short ranges, and few are removed until the list is full */
static uint64_t seed, outcomes[SET_RIGHTS + 1][STATUSES];

static bool is_run_end(const struct model *pages, uint64_t page)
{
    return pages->rights[page] != NONE &&
           (page + 1 == page_count || pages->rights[page + 1] != pages->rights[page]);
}

static uint64_t runs(const struct model *pages)
{
    uint64_t count = 0;

    for (uint64_t page = 0; page < page_count; page++)
        count += is_run_end(pages, page);
    return count;
}

/* How many of the pages are there with at least those rights. */
static uint64_t present(uint64_t first, uint64_t pages, unsigned rights)
{
    uint64_t count = 0;

    for (uint64_t page = first; page < first + pages; page++)
        count += model.rights[page] != NONE && ((unsigned)model.rights[page] & rights) == rights;
    return count;
}

static void assert_same(void)
{
    const struct region *region = list->regions;

    for (uint64_t page = page_count; page-- > 0;) {
        if (!is_run_end(&model, page))
            continue;
        assert_true(region < list->regions + list->count);
        assert_int_equal(region->end, base + (page + 1) * PAGE_SIZE);
        while (page > 0 && model.rights[page - 1] == model.rights[page])
            page--;
        assert_int_equal(region->start, base + page * PAGE_SIZE);
        assert_int_equal(region->rights, model.rights[page]);
        region++;
    }
    assert_ptr_equal(region, list->regions + list->count);
    for (; region < list->regions + REGIONS_MAX; region++)
        assert_true(region->start == 0 && region->end == 0 && region->rights == 0);
}

/* What the operation must do, and does to the model unless it fails. */
static status_t expect(enum operation operation, uint64_t first, uint64_t pages, int rights)
{
    struct model after = model;

    if (operation == ADD && present(first, pages, 0) > 0)
        return ERR_ALREADY_MAPPED;
    if (operation == SET_RIGHTS && present(first, pages, 0) < pages)
        return ERR_NOT_FOUND;
    for (uint64_t page = first; page < first + pages; page++)
        after.rights[page] = operation == REMOVE ? NONE : rights;
    if (runs(&after) > REGIONS_MAX)
        return ERR_TOO_MANY;
    model = after;
    return STATUS_OK;
}

static status_t operate(enum operation operation, vaddr_t start, uint64_t bytes, unsigned rights)
{
    switch (operation) {
    case ADD:
        return region_list_add(list, start, bytes, rights);
    case REMOVE:
        return region_list_remove(list, start, bytes);
    default:
        return region_list_set_rights(list, start, bytes, rights);
    }
}

static enum operation choose_operation(void)
{
    uint64_t remove_one_in = is_crowded && list->count < REGIONS_MAX ? 200 : 4;

    if (random_below(&seed, remove_one_in) == 0)
        return REMOVE;
    return random_below(&seed, 2) ? ADD : SET_RIGHTS;
}

static void change_something(void)
{
    enum operation operation = choose_operation();
    uint64_t first = random_below(&seed, page_count), most = page_count - first, pages;
    unsigned rights = (unsigned)random_below(&seed, 8);
    status_t wanted, status;

    if (most > 3 && random_below(&seed, is_crowded ? 200 : 8))
        most = 3;
    pages = 1 + random_below(&seed, most);
    wanted = expect(operation, first, pages, (int)rights);
    status = operate(operation, base + first * PAGE_SIZE, pages * PAGE_SIZE, rights);
    assert_int_equal(status, wanted);
    outcomes[operation][-status]++;
    assert_same();
}

static void look_somewhere(void)
{
    uint64_t first = random_below(&seed, page_count),
             pages = 1 + random_below(&seed, page_count - first),
             shift = random_below(&seed, PAGE_SIZE);
    vaddr_t address = base + first * PAGE_SIZE + shift;
    const struct region *region = region_list_find(list, address);
    unsigned rights = (unsigned)random_below(&seed, 8);

    assert_int_equal(region != NULL, model.rights[first] != NONE);
    if (region)
        assert_true(region->start <= address && address < region->end &&
                    region->rights == (unsigned)model.rights[first]);
    assert_true(region_list_covers(list, address, pages * PAGE_SIZE - shift, rights) ==
                (present(first, pages, rights) == pages));
    assert_null(region_list_find(list, base - 1));
    assert_null(region_list_find(list, base + page_count * PAGE_SIZE));
}

static void start_anew(void)
{
    is_crowded = random_below(&seed, 2);
    page_count = 32 + random_below(&seed, PAGES_MAX - 31);
    base = (vaddr_t[]){0, 0x7fff00000000, 0 - (page_count + 1) * PAGE_SIZE}[random_below(&seed, 3)];
    for (uint64_t page = 0; page < PAGES_MAX; page++)
        model.rights[page] = NONE;
    free(list);
    list = calloc(1, sizeof(*list));
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < host_operations(); i++) {
        if (i % ROUND == 0)
            start_anew();
        change_something();
        look_somewhere();
    }
    free(list);
}

static void every_outcome_was_seen(void **state)
{
    (void)state;
    for (unsigned operation = ADD; operation <= SET_RIGHTS; operation++) {
        assert_true(outcomes[operation][-STATUS_OK] > 1000);
        assert_true(outcomes[operation][-ERR_TOO_MANY] > 100);
    }
    assert_true(outcomes[ADD][-ERR_ALREADY_MAPPED] > 1000);
    assert_true(outcomes[SET_RIGHTS][-ERR_NOT_FOUND] > 1000);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, random_operations_match_the_model);
    HOST_ADD(&tests, every_outcome_was_seen);
    seed = UINT64_C(0x5eed0012);
    return host_tests_run(&tests, "regions and their model");
}
