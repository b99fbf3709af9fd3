/* Straight lines of time: exact over years, and never backwards where one goes over into the next. */
#include "lib/clock_line.h"

#include "host_test.h"
#include "operations.h"

#define YEAR_S UINT64_C(31557600)

static void test_factor(void **state)
{
    static const struct {
        uint64_t from, to, factor;
    } rows[] = {
        {1000000000, 1000000000, UINT64_C(1) << 32},
        {2000000000, 1000000000, UINT64_C(1) << 31},
        {1, 1, UINT64_C(1) << 32},
        {1000000000, 5000000000, UINT64_C(5) << 32},
        {3, 1, 0x55555555},
        {1000000000, 3579545, 15374028},
        {1, UINT32_MAX, UINT64_C(0xffffffff) << 32},
        {UINT64_C(1) << 62, 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_int_equal(clock_factor(rows[i].from, rows[i].to), rows[i].factor);
}

/* Within 1 ms after ten years: what the fixed point leaves out. */
static void test_long_time(void **state)
{
    static const uint64_t rates[] = {100000000, 999999999, 2596123456, 5000000000, 10000000000};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rates); i++) {
        struct clock_line line = clock_line_make(12345, 7, rates[i]);
        uint64_t seconds = 10 * YEAR_S / 1000;
        uint64_t ns = clock_line_ns(&line, 12345 + rates[i] * seconds);

        assert_true(ns <= 7 + seconds * NS_PER_SECOND);
        assert_true(ns + seconds * 24 >= 7 + seconds * NS_PER_SECOND); /* 2^-32 ns a count */
    }
}

static void test_before_the_start(void **state)
{
    struct clock_line line = clock_line_make(1000, 55, 1000000000);

    (void)state;
    assert_int_equal(clock_line_ns(&line, 1000), 55);
    assert_int_equal(clock_line_ns(&line, 0), 55);
    assert_int_equal(clock_line_ns(&line, 1001), 56);
}

/* Rates that change at random moments by up to 20 %: the time goes on from where it was. */
static void test_monotonic(void **state)
{
    uint64_t seed = 1, operations = host_operations() / 10, count = 5000, last = 0;
    struct clock_line line = clock_line_make(count, 0, 2500000000);

    (void)state;
    for (uint64_t n = 0; n < operations; n++) {
        count += random_below(&seed, 1000);
        if (random_below(&seed, 100) == 0) {
            struct clock_line next =
                clock_line_continue(&line, count, 2000000000 + random_below(&seed, 1000000000));

            assert_int_equal(clock_line_ns(&next, count), clock_line_ns(&line, count));
            line = next;
        }
        assert_true(clock_line_ns(&line, count) >= last);
        last = clock_line_ns(&line, count);
    }
}

int main(void)
{
    struct host_tests tests = {0};

    HOST_ADD(&tests, test_factor);
    HOST_ADD(&tests, test_long_time);
    HOST_ADD(&tests, test_before_the_start);
    HOST_ADD(&tests, test_monotonic);
    return host_tests_run(&tests, "clock_line");
}
