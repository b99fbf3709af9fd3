/* Calibration against made-up counters: good ones of every width, disturbed ones, and all kinds of broken ones. */
#include "lib/calibration.h"

#include "host_test.h"

#define PS_PER_SECOND UINT64_C(1000000000000)

/* A machine in which time goes on with each reading. */
static struct {
    uint64_t now_ps, read_ps; /* what a reading takes */
    uint64_t tsc_hz, reference_hz, timer_hz;
    uint32_t mask, offset;
    uint64_t stops_at_ps;             /* the reference stands still from then on; 0: never */
    uint64_t jump_at_ps, jump_counts; /* added to the reference from then on */
    uint64_t falls_at_ps;             /* the reference reads as falls_to from then on; 0: never */
    uint32_t falls_to;
    bool tsc_stands, random;
    bool tiring;                        /* readings take longer and longer */
    uint64_t disturb_every, disturb_ps; /* a pause at each so many readings */
    uint64_t slow_until_ps;             /* until then each reading takes 20 us */
    uint64_t readings, seed;
} machine;

static uint64_t counts(uint64_t hz, uint64_t at_ps)
{
    return (uint64_t)((unsigned __int128)at_ps * hz / PS_PER_SECOND);
}

static void pass(void)
{
    machine.now_ps += machine.now_ps < machine.slow_until_ps ? 20000000 : machine.read_ps;
    machine.now_ps += machine.tiring ? machine.now_ps / 10000 : 0;
    if (machine.disturb_every && ++machine.readings % machine.disturb_every == 0)
        machine.now_ps += machine.disturb_ps;
}

static uint64_t read_timestamp(void)
{
    pass();
    return machine.tsc_stands ? 4711 : counts(machine.tsc_hz, machine.now_ps);
}

static uint32_t read_timer(void)
{
    pass();
    return UINT32_MAX - (uint32_t)counts(machine.timer_hz, machine.now_ps);
}

static uint32_t read_reference(void)
{
    uint64_t at_ps, value;

    pass();
    at_ps = machine.now_ps;
    if (machine.random)
        return (uint32_t)random_next(&machine.seed) & machine.mask;
    if (machine.stops_at_ps && at_ps > machine.stops_at_ps)
        at_ps = machine.stops_at_ps;
    value = counts(machine.reference_hz, at_ps) + machine.offset;
    if (machine.jump_counts && at_ps > machine.jump_at_ps)
        value += machine.jump_counts;
    if (machine.falls_at_ps && at_ps > machine.falls_at_ps)
        value = machine.falls_to;
    return (uint32_t)value & machine.mask;
}

static struct reference_clock reference;
static const struct calibration_counters counters = {&reference, read_timestamp, read_timer};

/* 2.6 GHz, APIC timer 1 GHz, readings of 100 ns. */
static void make_machine(uint64_t reference_hz, uint32_t mask, uint32_t run_us)
{
    memset(&machine, 0, sizeof(machine));
    machine.seed = 99;
    machine.read_ps = 100000;
    machine.tsc_hz = 2596123456;
    machine.timer_hz = 1000000000;
    machine.reference_hz = reference_hz;
    machine.mask = mask;
    reference = (struct reference_clock){"the clock", reference_hz, mask, run_us, read_reference};
}

static void assert_near(uint64_t value, uint64_t wanted, uint64_t ppm)
{
    if (calibration_difference_ppm(value, wanted) > ppm)
        fail_msg("%lu is not within %lu ppm of %lu", value, ppm, wanted);
}

static struct kind {
    const char *name;
    uint64_t hz;
    uint32_t mask, run_us;
} kinds[] = {
    {"HPET 14 MHz", 14318179, UINT32_MAX, 200},
    {"HPET 100 MHz", 100000000, UINT32_MAX, 200},
    {"PM timer 24", 3579545, 0xffffff, 500},
    {"PM timer 32", 3579545, UINT32_MAX, 500},
    {"PIT", 1193182, 0xffff, 500},
    {"TSC itself", 2596123456, UINT32_MAX, 200},
};

/* Right at every phase of the reference, the moment of going round among them, and no further off than it says. */
static void test_good(void **state)
{
    const struct kind *kind = *state;
    struct calibration found;

    for (uint32_t phase = 0; phase < 200; phase++) {
        make_machine(kind->hz, kind->mask, kind->run_us);
        machine.offset = kind->mask - phase * 11;
        machine.now_ps = phase * 12345;
        assert_int_equal(calibration_run(&counters, &found), CALIBRATION_OK);
        assert_near(found.timestamp_hz, machine.tsc_hz, found.error_ppm);
        assert_near(found.timer_hz, machine.timer_hz, found.error_ppm + 2000);
        assert_true(found.error_ppm > 0 && found.error_ppm < 5000);
        assert_true(machine.now_ps < PS_PER_SECOND / 200); /* 5 ms at most */
    }
}

/* Pauses of 3 ms now and then: the runs without one count. */
static void test_disturbed(void **state)
{
    const struct kind *kind = *state;
    struct calibration found;

    for (unsigned every = 2000; every < 2100; every++) {
        make_machine(kind->hz, kind->mask, kind->run_us);
        machine.disturb_every = every;
        machine.disturb_ps = 3 * PS_PER_SECOND / 1000;
        assert_int_equal(calibration_run(&counters, &found), CALIBRATION_OK);
        assert_near(found.timestamp_hz, machine.tsc_hz, found.error_ppm);
        assert_true(found.error_ppm < 5000);
    }
}

/* Pauses that hit most readings, so that few brackets are narrow: those count. */
static void test_pauses_at_readings(void **state)
{
    struct calibration found;

    (void)state;
    for (unsigned every = 5; every < 12; every++) {
        make_machine(14318179, UINT32_MAX, 200);
        machine.disturb_every = every;
        machine.disturb_ps = 20000000;
        assert_int_equal(calibration_run(&counters, &found), CALIBRATION_OK);
        assert_near(found.timestamp_hz, machine.tsc_hz, found.error_ppm);
        assert_true(found.error_ppm < 5000);
    }
}

/* A reference that jumps by a tenth of a run: the run that has it is not the median, whatever its place by error bound. */
static void test_jump(void **state)
{
    struct calibration found;

    (void)state;
    for (uint64_t us = 0; us < 1300; us += 10) {
        make_machine(14318179, UINT32_MAX, 200);
        machine.jump_at_ps = us * 1000000;
        machine.jump_counts = 286;
        machine.tiring = true;
        assert_int_equal(calibration_run(&counters, &found), CALIBRATION_OK);
        assert_near(found.timestamp_hz, machine.tsc_hz, found.error_ppm);
    }
}

/* Two of five runs are slow from end to end: the others count. */
static void test_slow_start(void **state)
{
    struct calibration found;

    (void)state;
    make_machine(14318179, UINT32_MAX, 200);
    machine.slow_until_ps = PS_PER_SECOND / 1000;
    assert_int_equal(calibration_run(&counters, &found), CALIBRATION_OK);
    assert_near(found.timestamp_hz, machine.tsc_hz, found.error_ppm);
    assert_true(found.error_ppm < 5000);
}

struct broken {
    const char *name;
    enum calibration_result result;
    void (*break_it)(void);
};

static void stand(void) { machine.reference_hz = 0; }
static void stand_at_the_top(void)
{
    machine.reference_hz = 0;
    machine.offset = UINT32_MAX;
}
static void stop_later(void) { machine.stops_at_ps = PS_PER_SECOND / 3000; }
static void crawl(void) { machine.reference_hz = 5000; }
static void race(void) { machine.reference_hz *= 28; }
static void creep(void) { machine.reference_hz /= 10; }
static void freeze_tsc(void) { machine.tsc_stands = true; }
static void freeze_all(void)
{
    stand();
    freeze_tsc();
}
static void crawl_tsc(void) { machine.tsc_hz = 50000000; }
static void tear_tsc(void) { machine.tsc_hz = UINT64_C(31000000000); }

static struct broken broken[] = {
    {"stands still", CALIBRATION_STANDS_STILL, stand},
    {"reads as ones", CALIBRATION_STANDS_STILL, stand_at_the_top},
    {"stops between two runs", CALIBRATION_STANDS_STILL, stop_later},
    {"crawls", CALIBRATION_TOO_SLOW, crawl},
    {"races", CALIBRATION_ABSURD, race},
    {"a tenth", CALIBRATION_ABSURD, creep},
    {"time stamp stands", CALIBRATION_ABSURD, freeze_tsc},
    {"both stand", CALIBRATION_ABSURD, freeze_all},
    {"time stamp crawls", CALIBRATION_ABSURD, crawl_tsc},
    {"time stamp tears along", CALIBRATION_ABSURD, tear_tsc},
};

static void test_broken(void **state)
{
    const struct broken *row = *state;
    struct calibration found = {.timestamp_hz = 42};

    make_machine(14318179, UINT32_MAX, 200);
    row->break_it();
    assert_int_equal(calibration_run(&counters, &found), row->result);
    assert_int_equal(found.timestamp_hz, 42);
    assert_true(machine.now_ps < 3 * PS_PER_SECOND);
    assert_contains(calibration_result_text(row->result), " ");
}

/* Back to where it was in the first sample, at every moment around the end of the first run. */
static void test_fall(void **state)
{
    struct calibration found;

    (void)state;
    for (uint64_t ns = 199000; ns < 203000; ns += 50)
        for (uint32_t to = 0; to < 30; to++) {
            make_machine(14318179, UINT32_MAX, 200);
            machine.falls_at_ps = ns * 1000;
            machine.falls_to = to;
            assert_int_not_equal(calibration_run(&counters, &found), CALIBRATION_OK);
        }
}

/* It moves just often enough not to stand still: 100 million counts are the end of it. */
static void test_too_slow(void **state)
{
    struct calibration found;

    (void)state;
    make_machine(14318179, UINT32_MAX, 200);
    machine.reference_hz = 30000;
    reference.run_us = 200000;
    assert_int_equal(calibration_run(&counters, &found), CALIBRATION_TOO_SLOW);
    assert_true(machine.now_ps < PS_PER_SECOND / 10);
}

/* No claim but that it ends. */
static void test_random_reference(void **state)
{
    struct calibration found;

    (void)state;
    for (uint64_t seed = 1; seed < 200; seed++) {
        make_machine(14318179, UINT32_MAX, 200);
        machine.random = true;
        machine.seed = seed;
        calibration_run(&counters, &found);
        assert_true(machine.now_ps < PS_PER_SECOND);
    }
}

static void test_timer_stands(void **state)
{
    struct calibration found;

    (void)state;
    make_machine(14318179, UINT32_MAX, 200);
    machine.timer_hz = 0;
    assert_int_equal(calibration_run(&counters, &found), CALIBRATION_OK);
    assert_int_equal(found.timer_hz, 0);
}

static void test_unwrap(void **state)
{
    static const struct {
        uint32_t first, last, mask;
        uint64_t expected, moved;
    } rows[] = {
        {10, 30, 0xffffff, 20, 20},
        {0xfffff0, 0x10, 0xffffff, 32, 32},
        {10, 30, 0xffffff, 0x1000000, 0x1000014},     /* nearly once more */
        {10, 30, 0xffffff, 0x5000000 - 9, 0x5000014}, /* five times round */
        {30, 10, 0xffffff, 0x5000000, 0x5000000 - 20},
        {0, 0, UINT32_MAX, 0, 0},
        {0, 0, UINT32_MAX, UINT64_C(0x300000000), UINT64_C(0x300000000)},
        {5, 4, UINT32_MAX, UINT64_C(0xffffffff), UINT64_C(0xffffffff)},
        {0, 0x8000, 0xffff, 0x8000, 0x8000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_int_equal(
            calibration_unwrap(rows[i].first, rows[i].last, rows[i].mask, rows[i].expected),
            rows[i].moved);
}

static struct calibration_sample sample_at(uint64_t ms)
{
    machine.now_ps = PS_PER_SECOND / 1000 * ms;
    return calibration_take_sample(&counters);
}

/* Over 1 to 100 s: a few parts in a million, although the reference goes round several times. */
static void test_refine(void **state)
{
    const struct kind *kind = *state;

    make_machine(kind->hz, kind->mask, kind->run_us);
    for (uint64_t ms = 1000; ms <= 100000; ms *= 10) {
        struct calibration known = {machine.tsc_hz + machine.tsc_hz / 5000, 5, 300}, refined;
        struct calibration_sample first = sample_at(77), last;

        if (kind->mask == 0xffff)
            ms =
                100; /* the PIT goes round in 55 ms, which 200 ppm of an hour would not tell apart */
        last = sample_at(77 + ms);
        assert_true(calibration_refine(&reference, &first, &last, &known, &refined));
        assert_near(refined.timestamp_hz, machine.tsc_hz, refined.error_ppm);
        assert_true(refined.error_ppm <= (ms == 100 ? 20 : 3));
        assert_int_equal(refined.timer_hz, 5);
        if (ms == 100)
            break;
    }
}

/* What does not fit the rate that is known is refused: a reference that stops, jumps, or goes at another rate. */
static void test_refine_refuses(void **state)
{
    struct calibration known = {2596123456, 5, 300}, refined;
    struct calibration_sample first, last;

    (void)state;
    make_machine(14318179, UINT32_MAX, 200);
    first = sample_at(0);
    machine.stops_at_ps = PS_PER_SECOND / 2;
    last = sample_at(1000);
    assert_false(calibration_refine(&reference, &first, &last, &known, &refined));
    assert_false(calibration_refine(&reference, &first, &first, &known, &refined));
    machine.stops_at_ps = 1;
    first = sample_at(0);
    last = sample_at(1000);
    assert_false(calibration_refine(&reference, &first, &last, &known, &refined));
    make_machine(14318179, UINT32_MAX, 200);
    first = sample_at(0);
    machine.jump_at_ps = PS_PER_SECOND / 1000;
    machine.jump_counts = 14318;
    last = sample_at(1000);
    assert_false(calibration_refine(&reference, &first, &last, &known, &refined));
    make_machine(14318179, UINT32_MAX, 200);
    machine.tsc_hz += machine.tsc_hz / 1000;
    first = sample_at(0);
    last = sample_at(1000);
    assert_false(calibration_refine(&reference, &first, &last, &known, &refined));
}

int main(void)
{
    struct host_tests tests = {0};

    HOST_ADD_ROWS(&tests, test_good, kinds);
    HOST_ADD_ROWS(&tests, test_disturbed, kinds);
    HOST_ADD(&tests, test_pauses_at_readings);
    HOST_ADD(&tests, test_slow_start);
    HOST_ADD(&tests, test_jump);
    HOST_ADD_ROWS(&tests, test_broken, broken);
    HOST_ADD(&tests, test_fall);
    HOST_ADD(&tests, test_too_slow);
    HOST_ADD(&tests, test_random_reference);
    HOST_ADD(&tests, test_timer_stands);
    HOST_ADD(&tests, test_unwrap);
    HOST_ADD_ROWS(&tests, test_refine, kinds);
    HOST_ADD(&tests, test_refine_refuses);
    return host_tests_run(&tests, "calibration");
}
