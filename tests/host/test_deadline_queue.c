/* The queue of deadlines against a model: a plain array that is searched. The sanitizers watch the nodes. */
#include "lib/deadline_queue.h"

#include "host_test.h"
#include "operations.h"

#define NODES 300

static struct deadline *nodes[NODES];
static struct deadline_queue queue;
static uint64_t added[NODES]; /* the model: when, from 1 on; 0: not in the queue */
static uint64_t wanted_ns[NODES];
static uint64_t additions;

static void reset(void)
{
    memset(added, 0, sizeof(added));
    memset(&queue, 0, sizeof(queue));
    additions = 0;
    for (unsigned i = 0; i < NODES; i++)
        nodes[i] = calloc(1, sizeof(*nodes[i]));
}

static void release(void)
{
    for (unsigned i = 0; i < NODES; i++)
        free(nodes[i]);
}

/* The earliest, of equal ones the first that was added; NODES when there is none. */
static unsigned model_first(void)
{
    unsigned first = NODES;

    for (unsigned i = 0; i < NODES; i++)
        if (added[i] && (first == NODES || wanted_ns[i] < wanted_ns[first] ||
                         (wanted_ns[i] == wanted_ns[first] && added[i] < added[first])))
            first = i;
    return first;
}

static void add(unsigned i, uint64_t at_ns)
{
    deadline_queue_add(&queue, nodes[i], at_ns);
    added[i] = ++additions;
    wanted_ns[i] = at_ns;
}

static void take(unsigned i)
{
    deadline_queue_remove(&queue, nodes[i]);
    added[i] = 0;
}

static void assert_first(void)
{
    unsigned first = model_first();

    if (first == NODES) {
        assert_null(queue.first);
        assert_true(deadline_queue_first_ns(&queue) == DEADLINE_NEVER);
        return;
    }
    assert_ptr_equal(queue.first, nodes[first]);
    assert_true(deadline_queue_first_ns(&queue) == wanted_ns[first]);
}

/* Few different deadlines, so that equal ones are frequent. A node that is not queued is freed and made anew now and
 * then: nothing may point at it any more. */
static void test_random_operations(void **state)
{
    uint64_t seed = 0x5eed, operations = host_operations();

    (void)state;
    reset();
    for (uint64_t n = 0; n < operations; n++) {
        unsigned i = (unsigned)random_below(&seed, NODES),
                 choice = (unsigned)random_below(&seed, 8);

        assert_int_equal(nodes[i]->queued, added[i] != 0);
        if (choice < 4 && queue.first) {
            i = model_first();
            take(i);
        } else if (added[i]) {
            take(i);
        } else {
            free(nodes[i]);
            nodes[i] = calloc(1, sizeof(*nodes[i]));
            add(i, random_below(&seed, 100));
        }
        assert_first();
    }
    release();
}

/* All in, all out: in order, whatever the order of the way in. */
static void drain_sorted(uint64_t (*key)(unsigned))
{
    reset();
    for (unsigned i = 0; i < NODES; i++)
        add(i, key(i));
    for (unsigned i = 0; i < NODES; i++) {
        assert_first();
        take(model_first());
    }
    assert_first();
    release();
}

static uint64_t ascending(unsigned i) { return i; }
static uint64_t descending(unsigned i) { return NODES - i; }
static uint64_t equal(unsigned i) { return i * 0; }
static uint64_t extremes(unsigned i) { return i % 2 ? 0 : UINT64_MAX; }

static void test_orders(void **state)
{
    (void)state;
    drain_sorted(ascending);
    drain_sorted(descending);
    drain_sorted(equal);
    drain_sorted(extremes);
}

/* Every place in the tree is left once: the root, a first child, a middle and a last sibling. */
static void test_remove_anywhere(void **state)
{
    (void)state;
    for (unsigned gone = 0; gone < 16; gone++) {
        reset();
        for (unsigned i = 0; i < 16; i++)
            add(i, i * 5 % 16);
        take(model_first()); /* so that there are levels */
        if (added[gone])
            take(gone);
        while (queue.first) {
            assert_first();
            take(model_first());
        }
        assert_int_equal(model_first(), NODES);
        release();
    }
}

int main(void)
{
    struct host_tests tests = {0};

    HOST_ADD(&tests, test_random_operations);
    HOST_ADD(&tests, test_orders);
    HOST_ADD(&tests, test_remove_anywhere);
    return host_tests_run(&tests, "deadline_queue");
}
