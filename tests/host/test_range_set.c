/* Ranges of address space against a model of every page. */
#include "../../kernel/mm/range_set.c"

#include "host_test.h"
#include "operations.h"

#define PAGES 2000
#define START 0xffffc00000000000

static uint64_t seed;
static struct range_set set;
static uint32_t owner[PAGES]; /* 0: free */

static void start(size_t capacity)
{
    set = (struct range_set){.ranges = malloc(capacity * sizeof(struct range)),
                             .capacity = capacity,
                             .start = START,
                             .end = START + PAGES * PAGE_SIZE,
                             .next = START,
                             .highest = START};
    memset(owner, 0, sizeof(owner));
}

static bool fits_somewhere(const struct range_request *request)
{
    uint64_t run = 0, wanted = request->bytes / PAGE_SIZE;

    for (uint64_t first = 0; first < PAGES; first++) {
        for (run = 0; first + run < PAGES && run < wanted && owner[first + run] == 0; run++)
            ;
        if (run == wanted && (first * PAGE_SIZE - request->offset) % request->align == 0)
            return true;
    }
    return false;
}

static void take(uint32_t number)
{
    struct range_request request = {.bytes = (1 + random_below(&seed, 60)) * PAGE_SIZE,
                                    .align = PAGE_SIZE << random_below(&seed, 6),
                                    .note = number};
    struct range *range;

    request.offset = random_below(&seed, request.align / PAGE_SIZE) * PAGE_SIZE;
    range = range_set_take(&set, &request);
    if (!range) {
        assert_true(set.count == set.capacity || !fits_somewhere(&request));
        return;
    }
    assert_int_equal(range->end - range->start, request.bytes);
    assert_int_equal((range->start - request.offset) % request.align, 0);
    assert_int_equal(range->note, number);
    assert_true(range->start >= set.start && range->end <= set.end && range->end <= set.highest);
    for (vaddr_t at = range->start; at < range->end; at += PAGE_SIZE) {
        assert_int_equal(owner[(at - START) / PAGE_SIZE], 0);
        owner[(at - START) / PAGE_SIZE] = number;
    }
}

static void give(struct range *range)
{
    for (vaddr_t at = range->start; at < range->end; at += PAGE_SIZE)
        owner[(at - START) / PAGE_SIZE] = 0;
    range_set_give(&set, range);
}

static void check_find(void)
{
    uint64_t page = random_below(&seed, PAGES);
    vaddr_t address = START + page * PAGE_SIZE + random_below(&seed, PAGE_SIZE);
    struct range *range = range_set_find(&set, address);

    if (owner[page] == 0) {
        assert_null(range);
        return;
    }
    assert_non_null(range);
    assert_int_equal(range->note, owner[page]);
    assert_true(range->start <= address && address < range->end);
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    start(8);
    for (uint32_t i = 1; i <= host_operations() / 20; i++) {
        bool growing = random_below(&seed, 100) < (i / 2000 % 2 ? 30 : 70);

        if (range_set_is_full(&set) && random_below(&seed, 2))
            free(range_set_move(&set, malloc(2 * set.capacity * sizeof(struct range)),
                                2 * set.capacity));
        if (growing || set.count == 0)
            take(i);
        else
            give(&set.ranges[random_below(&seed, set.count)]);
        check_find();
        for (size_t at = 1; i % 64 == 0 && at < set.count; at++)
            assert_true(set.ranges[at - 1].end <= set.ranges[at].start);
    }
    free(set.ranges);
}

static void an_address_is_not_used_again_at_once(void **state)
{
    struct range_request page = {.bytes = PAGE_SIZE, .align = PAGE_SIZE};

    (void)state;
    start(4);
    for (unsigned i = 0; i < PAGES; i++) {
        struct range *range = range_set_take(&set, &page);

        assert_int_equal(range->start, START + i * PAGE_SIZE);
        range_set_give(&set, range);
    }
    assert_int_equal(range_set_take(&set, &page)->start, START);
    free(set.ranges);
}

static void what_cannot_be_is_refused(void **state)
{
    struct range_request none = {.bytes = 0, .align = PAGE_SIZE},
                         huge = {.bytes = UINT64_MAX - 4095, .align = PAGE_SIZE},
                         all = {.bytes = PAGES * PAGE_SIZE, .align = PAGE_SIZE};

    (void)state;
    start(4);
    assert_null(range_set_take(&set, &none));
    assert_null(range_set_take(&set, &huge));
    assert_non_null(range_set_take(&set, &all));
    assert_null(range_set_take(&set, &all));
    free(set.ranges);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, random_operations_match_the_model);
    HOST_ADD(&tests, an_address_is_not_used_again_at_once);
    HOST_ADD(&tests, what_cannot_be_is_refused);
    seed = UINT64_C(0x5eed0008);
    return host_tests_run(&tests, "ranges");
}
