/* What the local APIC's timer is told in each mode. The emulator has no TSC-deadline mode, so here it is proven. */
#include "../../arch/x86_64/lapic_timer.c"

#include "host_test.h"

static struct calibration calibration;
static bool has_deadline, is_invariant;
static uint32_t written[0x400];
static unsigned writes, handlers, interrupts, lines;

const struct calibration *arch_clock_calibration(void) { return &calibration; }

bool x86_has(enum x86_feature feature)
{
    return feature == X86_TSC_DEADLINE ? has_deadline
                                       : feature == X86_INVARIANT_TSC && is_invariant;
}

void lapic_write(uint32_t reg, uint32_t value)
{
    written[reg] = value;
    writes++;
}

uint32_t lapic_lvt_value(const struct lapic_lvt *lvt)
{
    return lvt->vector | (uint32_t)lvt->timer_mode << 17;
}

void lapic_eoi(void) {}

void timer_interrupt(void) { interrupts++; }

void log_write(enum log_level level, const char *template, ...)
{
    (void)level;
    (void)template;
    lines++;
}

trap_handler_t *trap_set_handler(unsigned vector, trap_handler_t *handler)
{
    assert_int_equal(vector, VECTOR_LAPIC_TIMER);
    handlers++;
    handler(NULL);
    return NULL;
}

static void start(uint64_t tsc_hz, uint64_t timer_hz, bool deadline, bool invariant)
{
    calibration = (struct calibration){tsc_hz, timer_hz, 10};
    has_deadline = deadline;
    is_invariant = invariant;
    memset(written, 0, sizeof(written));
    writes = handlers = interrupts = lines = 0;
    arch_timer_init();
    arch_timer_init_cpu();
}

static void test_choice(void **state)
{
    (void)state;
    assert_int_equal(lapic_timer_choose(false, false), LAPIC_ONE_SHOT);
    assert_int_equal(lapic_timer_choose(true, false), LAPIC_ONE_SHOT);
    assert_int_equal(lapic_timer_choose(false, true), LAPIC_ONE_SHOT);
    assert_int_equal(lapic_timer_choose(true, true), LAPIC_TSC_DEADLINE);
}

static void test_init(void **state)
{
    (void)state;
    start(2500000000, 1000000000, false, false);
    assert_int_equal(written[LAPIC_LVT_TIMER], VECTOR_LAPIC_TIMER);
    assert_int_equal(written[LAPIC_TIMER_DIVIDE], LAPIC_DIVIDE_BY_1);
    assert_int_equal(interrupts, 1);
    assert_int_equal(lines, 1);
    start(2500000000, 1000000000, true, true);
    assert_int_equal(written[LAPIC_LVT_TIMER], VECTOR_LAPIC_TIMER | 2 << 17);
}

static void test_one_shot(void **state)
{
    (void)state;
    start(2500000000, 1000000000, false, false);
    arch_timer_start_cpu(0);
    assert_int_equal(written[LAPIC_TIMER_INITIAL], 1); /* 0 would stop it */
    arch_timer_start_cpu(10000000);
    assert_int_equal(written[LAPIC_TIMER_INITIAL], 10000001);
    arch_timer_start_cpu(UINT64_MAX); /* cut short */
    assert_int_equal(written[LAPIC_TIMER_INITIAL], UINT32_MAX);
    start(2500000000, 24000000, false, false);
    arch_timer_start_cpu(1000); /* 24 counts, never fewer */
    assert_in_range(written[LAPIC_TIMER_INITIAL], 24, 25);
    arch_timer_start_cpu(UINT64_MAX);
    assert_in_range(written[LAPIC_TIMER_INITIAL], UINT32_MAX - 10, UINT32_MAX);
}

static void test_periodic(void **state)
{
    (void)state;
    start(2500000000, 1000000000, true, true);
    arch_timer_start_periodic_cpu(1000000);
    assert_int_equal(written[LAPIC_LVT_TIMER], VECTOR_LAPIC_TIMER | 1 << 17);
    assert_in_range(written[LAPIC_TIMER_INITIAL], 1000000, 1000001);
    arch_timer_init_cpu();
    assert_int_equal(written[LAPIC_LVT_TIMER], VECTOR_LAPIC_TIMER | 2 << 17);
    assert_int_equal(written[LAPIC_TIMER_INITIAL], 0);
}

/* No clock: nothing is written that would raise an interrupt. */
static void test_no_clock(void **state)
{
    unsigned before;

    (void)state;
    start(0, 0, false, false);
    before = writes;
    assert_int_equal(arch_timer_start_cpu(5), 0);
    assert_int_equal(writes, before);
    assert_int_equal(lines, 0);
}

static void test_deadline(void **state)
{
    const struct calibration fast = {2500000000, 100000000, 1};
    struct lapic_timer_rates by = lapic_timer_rates(&fast);

    (void)state;
    assert_int_equal(lapic_timer_deadline(&by, 1000, 0), 1001);
    assert_int_equal(lapic_timer_deadline(&by, 1000, 1000000), 1000 + 2500000 + 1);
    assert_int_equal(lapic_timer_deadline(&by, UINT64_C(1) << 60, 4 * NS_PER_SECOND),
                     (UINT64_C(1) << 60) + UINT64_C(10000000001));
}

/* Between 15/16 of a delay and all of it. */
static void test_earliest(void **state)
{
    const struct calibration fast = {2500000000, 100000000, 1};
    struct lapic_timer_rates by = lapic_timer_rates(&fast);
    uint64_t seed = 3;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t delay = random_below(&seed, by.most_ns), whole = delay * 5 / 2;
        uint64_t earliest = lapic_timer_earliest(&by, 5, delay) - 5;

        assert_true(earliest <= whole && earliest + 3 >= whole - whole / 16);
        assert_true(lapic_timer_deadline(&by, 5, delay) - 5 >= whole);
    }
}

int main(void)
{
    struct host_tests tests = {0};

    HOST_ADD(&tests, test_choice);
    HOST_ADD(&tests, test_init);
    HOST_ADD(&tests, test_one_shot);
    HOST_ADD(&tests, test_periodic);
    HOST_ADD(&tests, test_no_clock);
    HOST_ADD(&tests, test_deadline);
    HOST_ADD(&tests, test_earliest);
    return host_tests_run(&tests, "lapic_timer");
}
