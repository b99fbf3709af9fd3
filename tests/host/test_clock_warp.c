/* Two threads as two CPUs whose counters differ: afterwards none is ever behind the other. */
#include "lib/clock_warp.h"

#include <pthread.h>
#include <stdatomic.h>

#include "host_test.h"

#define READINGS 100
#define STEP     100
#define LEFT     (2 * STEP) /* of a difference: less cannot be seen between two readings */

static _Atomic int64_t now = INT64_C(10000000000000);
static _Thread_local int64_t offset; /* what the CPU adds, as struct cpu has it */
static _Thread_local int64_t skew;   /* what its counter is wrong by */
static _Thread_local bool is_torn;   /* jumps to and fro */
static _Thread_local unsigned readings;

/* Time goes on with each reading and not otherwise: how busy the host is makes no difference. */
static uint64_t read_counter(void)
{
    int64_t jump = is_torn && ++readings % 2 ? 1000000 : 0;

    return (uint64_t)(atomic_fetch_add(&now, STEP) + skew + jump + offset);
}

struct target {
    struct clock_warp *warp;
    int64_t skew, offset;
    bool is_torn;
    enum clock_warp_result result;
};

static void *run_target(void *argument)
{
    struct target *target = argument;

    skew = target->skew;
    is_torn = target->is_torn;
    target->result = clock_warp_target(target->warp, read_counter, &offset);
    target->offset = offset;
    return NULL;
}

static enum clock_warp_result run_pair(struct target *target)
{
    struct clock_warp warp = {.readings = READINGS};
    enum clock_warp_result result;
    pthread_t thread;

    target->warp = &warp;
    assert_int_equal(pthread_create(&thread, NULL, run_target, target), 0);
    result = clock_warp_source(&warp, read_counter);
    pthread_join(thread, NULL);
    return result;
}

static struct skew {
    const char *name;
    int64_t counts;
} skews[] = {
    {"equal", 0},
    {"a little behind", -100000},
    {"a little ahead", 100000},
    {"far behind", -5000000000000},
    {"far ahead", 5000000000000},
    {"a second behind", -1000000000},
};

static void test_skew(void **state)
{
    const struct skew *row = *state;
    struct target target = {.skew = row->counts};
    enum clock_warp_result result = run_pair(&target);

    assert_int_equal(result, target.result);
    assert_int_equal(result, row->counts ? CLOCK_WARP_ADJUSTED : CLOCK_WARP_NONE);
    if (row->counts < 0)
        assert_true(target.offset > 0 && target.offset <= -row->counts);
    if (row->counts > 0)
        assert_true(target.offset < 0 && target.offset >= -row->counts);
    target.skew += target.offset; /* and again, with what was found: next to nothing is left */
    run_pair(&target);
    assert_true(llabs(target.offset) < LEFT);
}

static void test_torn(void **state)
{
    struct target target = {.is_torn = true};

    (void)state;
    assert_int_equal(run_pair(&target), CLOCK_WARP_UNSTEADY);
    assert_int_equal(target.result, CLOCK_WARP_UNSTEADY);
}

/* The other side never comes: an end all the same, and no offset. */
static void test_alone(void **state)
{
    struct clock_warp warp = {.readings = READINGS}, other = {.readings = READINGS};
    int64_t own = 7;

    (void)state;
    assert_int_equal(clock_warp_source(&warp, read_counter), CLOCK_WARP_ALONE);
    assert_int_equal(clock_warp_target(&other, read_counter, &own), CLOCK_WARP_ALONE);
    assert_int_equal(own, 7);
}

int main(void)
{
    struct host_tests tests = {0};

    HOST_ADD_ROWS(&tests, test_skew, skews);
    HOST_ADD(&tests, test_torn);
    HOST_ADD(&tests, test_alone);
    return host_tests_run(&tests, "clock_warp");
}
