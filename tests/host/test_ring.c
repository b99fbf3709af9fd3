/* The log's ring, with writers on several threads. It needs nothing of the kernel, so it is compiled right here. */
#include "../../kernel/log/ring.c"

#include <pthread.h>

#include "host_test.h"
#include "lib/compiler.h"
#include "lib/format.h"

static void start_again(void)
{
    memset(slots, 0, sizeof(slots));
    atomic_store(&next_position, 0);
}

static void add(const char *text) { ring_add(LOG_INFO, 0, 0, text, strlen(text)); }

static void records_come_back_in_order(void **state)
{
    struct log_record record;
    uint64_t position = 0;

    (void)state;
    start_again();
    ring_add(LOG_WARN, 5, 77, "one", 3);
    add("");
    assert_int_equal(ring_read(&position, &record, false), RING_READ);
    assert_int_equal(record.cpu, 5);
    assert_int_equal(record.time_ns, 77);
    assert_int_equal(record.level, LOG_WARN);
    assert_int_equal(record.length, 3);
    assert_memory_equal(record.text, "one", 3);
    assert_int_equal(ring_read(&position, &record, false), RING_READ);
    assert_int_equal(record.length, 0);
    assert_int_equal(ring_read(&position, &record, false), RING_END);
    assert_false(ring_has_record(position));
}

static void every_length_fits(void **state)
{
    char text[LOG_LINE_MAX];
    struct log_record record;
    uint64_t position = 0;

    (void)state;
    start_again();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    for (size_t length = 0; length <= LOG_LINE_MAX; length++) {
        ring_add(LOG_INFO, 0, 0, text, length);
        assert_int_equal(ring_read(&position, &record, false), RING_READ);
        assert_int_equal(record.length, length);
        assert_memory_equal(record.text, text, length);
    }
}

static void overwritten_records_are_told_as_lost(void **state)
{
    struct log_record record;
    uint64_t position = 0;
    char text[60];
    unsigned number = 0, last = 0;

    (void)state;
    start_again();
    for (; number < 2 * SLOT_COUNT; number++)
        ring_add(LOG_INFO, number, 0, text,
                 format(text, sizeof(text), "%*u", (int)(number % 59), number));
    assert_int_equal(ring_read(&position, &record, false), RING_LOST);
    assert_int_equal(ring_read(&position, &record, false), RING_READ);
    assert_true(record.cpu > 0);
    for (last = record.cpu; ring_read(&position, &record, false) == RING_READ; last++)
        assert_int_equal(record.cpu, last + 1);
    assert_int_equal(last, number - 1);
}

static void a_record_not_committed_stops_readers_unless_forced(void **state)
{
    struct log_record record;
    uint64_t position = 0, hole;

    (void)state;
    start_again();
    hole =
        atomic_fetch_add(&next_position, 2); /* a writer that was stopped right after reserving */
    atomic_store(&slot_at(hole)->state, state_of(hole, TAG_BUSY));
    add("after");
    assert_int_equal(ring_read(&position, &record, false), RING_END);
    assert_false(ring_has_record(position));
    assert_int_equal(ring_read(&position, &record, true), RING_READ);
    assert_memory_equal(record.text, "after", 5);
}

static void position_back_counts_records(void **state)
{
    struct log_record record;
    uint64_t position;

    (void)state;
    start_again();
    for (unsigned i = 0; i < 10; i++)
        ring_add(LOG_INFO, i, 0,
                 "a text that is long enough to need more than one slot of the ring", 66);
    position = ring_position_back(3);
    assert_int_equal(ring_read(&position, &record, true), RING_READ);
    assert_int_equal(record.cpu, 7);
    assert_int_equal(ring_position_back(100), 0);
}

#define THREADS 4
#define LINES   20000

static void *write_lines(void *argument)
{
    char text[120];

    for (unsigned i = 0; i < LINES; i++) {
        size_t length = format(text, sizeof(text), "%0*u", (int)(i % 100 + 1), i);

        ring_add(LOG_INFO, (uint32_t)(uintptr_t)argument, i, text, length);
    }
    return NULL;
}

/* Whatever a reader gets is whole and in its writer's order; what it misses is told. */
static void writers_side_by_side_do_not_mix(void **state)
{
    pthread_t threads[THREADS];
    uint64_t next_time[THREADS] = {0}, position = 0, read = 0;
    struct log_record record;
    unsigned idle = 0;

    (void)state;
    start_again();
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, (void *)i), 0);
    while (idle < 1000000) {
        char text[120];

        if (ring_read(&position, &record, false) != RING_READ) {
            idle++;
            continue;
        }
        idle = 0;
        read++;
        assert_true(record.cpu < THREADS);
        assert_true(record.time_ns >= next_time[record.cpu]);
        next_time[record.cpu] = record.time_ns + 1;
        format(text, sizeof(text), "%0*u", (int)(record.time_ns % 100 + 1),
               (unsigned)record.time_ns);
        assert_int_equal(record.length, strlen(text));
        assert_memory_equal(record.text, text, record.length);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(read > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_in_order),
        cmocka_unit_test(every_length_fits),
        cmocka_unit_test(overwritten_records_are_told_as_lost),
        cmocka_unit_test(a_record_not_committed_stops_readers_unless_forced),
        cmocka_unit_test(position_back_counts_records),
        cmocka_unit_test(writers_side_by_side_do_not_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
