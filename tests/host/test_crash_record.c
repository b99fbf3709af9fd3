/* Reports divided and put together again; each way in which a part can be damaged, by name; which slot comes next. */
#include "host_test.h"
#include "lib/checksum.h"
#include "lib/crash_record.h"

#define PART_BYTES 164 /* 100 bytes of text */
#define TEXT_BYTES 250
#define PARTS      3

/* Offsets in a part. */
enum {
    AT_MAGIC = 0,
    AT_CHECKSUM = 8,
    AT_VERSION = 16,
    AT_SEQUENCE = 20,
    AT_NUMBER = 24,
    AT_COUNT = 26,
    AT_RECORD_BYTES = 28,
    AT_TEXT_BYTES = 32,
    AT_BUILD_ID = 36
};

static char report_text[CRASH_TEXT_MAX + 1];

static const struct crash_facts facts = {
    .sequence = 7,
    .build_id = "0123456789ab",
    .boot_time = {.year = 2026, .month = 11, .day = 25, .hour = 13, .minute = 30, .second = 5},
    .uptime_ms = 61234,
};

struct parts {
    uint8_t bytes[PARTS][PART_BYTES];
    size_t sizes[PARTS];
    struct crash_reader reader;
    char text[CRASH_READER_ROOM];
};

static void fill_text(void)
{
    for (size_t i = 0; i < sizeof(report_text); i++)
        report_text[i] = (char)(' ' + i % 95);
}

static struct crash_record make_record(size_t text_bytes, size_t part_bytes)
{
    struct crash_record record = {.facts = facts, .text = {report_text, text_bytes}};

    assert_true(crash_record_divide(&record, part_bytes));
    return record;
}

static void write_parts(struct parts *parts)
{
    struct crash_record record = make_record(TEXT_BYTES, PART_BYTES);

    assert_int_equal(record.part_count, PARTS);
    for (unsigned i = 0; i < PARTS; i++)
        parts->sizes[i] = crash_part_write(parts->bytes[i], &record, i);
}

/* After a change that somebody made knowingly. */
static void correct(uint8_t *bytes, size_t size)
{
    uint64_t sum = checksum64(bytes + AT_VERSION, size - AT_VERSION);

    memcpy(bytes + AT_CHECKSUM, &sum, sizeof(sum));
}

static const char *read_parts(struct parts *parts)
{
    crash_reader_begin(&parts->reader, parts->text, sizeof(parts->text));
    for (unsigned i = 0; i < PARTS; i++)
        crash_reader_add(&parts->reader, i, parts->sizes[i] ? parts->bytes[i] : NULL,
                         parts->sizes[i]);
    parts->text[parts->reader.length] = '\0';
    return crash_reader_end(&parts->reader);
}

static void what_is_written_is_read(void **state)
{
    struct parts parts;

    (void)state;
    write_parts(&parts);
    assert_null(read_parts(&parts));
    assert_int_equal(parts.reader.length, TEXT_BYTES);
    assert_memory_equal(parts.text, report_text, TEXT_BYTES);
    assert_memory_equal(&parts.reader.facts, &facts, sizeof(facts));
    assert_int_equal(parts.reader.part_count, PARTS);
}

/* Any text in parts of any size, each in a block of its own size. */
static void any_size_comes_back(void **state)
{
    static char text[CRASH_READER_ROOM];
    uint64_t seed = UINT64_C(0x5eed0008);

    (void)state;
    for (int round = 0; round < 500; round++) {
        size_t text_bytes = 1 + random_below(&seed, CRASH_TEXT_MAX);
        size_t least = CRASH_HEADER_BYTES + (text_bytes + CRASH_PARTS_MAX - 1) / CRASH_PARTS_MAX;
        size_t part_bytes = least + random_below(&seed, CRASH_PART_BYTES_MAX);
        struct crash_record record = make_record(text_bytes, part_bytes);
        struct crash_reader reader;

        crash_reader_begin(&reader, text, sizeof(text));
        for (unsigned i = 0; i < record.part_count; i++) {
            uint8_t *bytes = malloc(part_bytes), *block, *copy;
            size_t size = crash_part_write(bytes, &record, i);

            assert_true(size <= part_bytes);
            copy = guarded_copy(&block, bytes, size, round % 3);
            crash_reader_add(&reader, i, copy, size);
            free(block);
            free(bytes);
        }
        assert_null(crash_reader_end(&reader));
        assert_int_equal(reader.length, text_bytes);
        assert_memory_equal(text, report_text, text_bytes);
    }
}

static void what_cannot_be_divided_is_refused(void **state)
{
    struct crash_record record = {.facts = facts, .text = {report_text, 0}};

    (void)state;
    assert_false(crash_record_divide(&record, PART_BYTES));
    record.text.length = CRASH_TEXT_MAX + 1;
    assert_false(crash_record_divide(&record, CRASH_PART_BYTES_MAX));
    record.text.length = CRASH_TEXT_MAX;
    assert_true(crash_record_divide(&record, CRASH_PART_BYTES_MAX));
    record.text.length = CRASH_PARTS_MAX + 1;
    assert_false(crash_record_divide(&record, CRASH_HEADER_BYTES + 1));
    assert_false(crash_record_divide(&record, CRASH_HEADER_BYTES));
    record.text.length = CRASH_PARTS_MAX;
    assert_true(crash_record_divide(&record, CRASH_HEADER_BYTES + 1));
}

/* What is done to part 1, and what is said of it. `value` of 1, 2 or 4 bytes is written at `offset`. */
struct damage {
    const char *name;
    unsigned offset, size;
    uint32_t value;
    bool corrected; /* the checksum fits the change */
    long size_change;
    const char *problem;
};

static struct damage damages[] = {
    {"magic", AT_MAGIC, 1, 0, false, 0, "it is no part of a report"},
    {"version", AT_VERSION, 4, 2, true, 0, "it is of another version of Faultline"},
    {"empty", 0, 0, 0, false, -PART_BYTES + 1, "it is cut short"},
    {"header cut", 0, 0, 0, false, -101, "it is cut short"},
    {"text cut", 0, 0, 0, false, -1, "it is cut short"},
    {"too long", AT_TEXT_BYTES, 4, 99, true, 0, "it is longer than it says"},
    {"text altered", CRASH_HEADER_BYTES + 7, 1, 0, false, 0, "its checksum is wrong"},
    {"header altered", AT_BUILD_ID, 1, 'x', false, 0, "its checksum is wrong"},
    {"checksum altered", AT_CHECKSUM + 3, 1, 0, false, 0, "its checksum is wrong"},
    {"number", AT_NUMBER, 2, PARTS, true, 0, "its numbers contradict one another"},
    {"no parts", AT_COUNT, 2, 0, true, 0, "its numbers contradict one another"},
    {"too many parts", AT_COUNT, 2, CRASH_PARTS_MAX + 1, true, 0, "its numbers contradict one"},
    {"text too long", AT_RECORD_BYTES, 4, CRASH_TEXT_MAX + 1, true, 0, "its numbers contradict"},
    {"text too short", AT_RECORD_BYTES, 4, 99, true, 0, "its numbers contradict one another"},
    {"no sequence", AT_SEQUENCE, 4, 0, true, 0, "its numbers contradict one another"},
    {"last sequence", AT_SEQUENCE, 4, UINT32_MAX, true, 0, "its numbers contradict one another"},
    {"build id", AT_BUILD_ID + 11, 1, ' ', true, 0, "its numbers contradict one another"},
    {"build id high", AT_BUILD_ID + 11, 1, 0x7f, true, 0, "its numbers contradict one another"},
    {"another part", AT_NUMBER, 2, 2, true, 0, "it is another part"},
    {"another report", AT_SEQUENCE, 4, 8, true, 0, "it belongs to another report"},
    {"another count", AT_COUNT, 2, 4, true, 0, "it belongs to another report"},
    {"another length", AT_RECORD_BYTES, 4, 251, true, 0, "it belongs to another report"},
};

static void damage(void **state)
{
    const struct damage *row = *state;
    struct parts parts;
    char expected[80 + TEXT_BYTES];

    write_parts(&parts);
    memcpy(parts.bytes[1] + row->offset, &row->value, row->size);
    parts.sizes[1] += (size_t)row->size_change;
    if (row->corrected)
        correct(parts.bytes[1], parts.sizes[1]);
    assert_contains(read_parts(&parts), row->problem);
    assert_int_equal(parts.reader.problem_part, 1);
    assert_memory_equal(&parts.reader.facts, &facts, sizeof(facts));
    snprintf(expected, sizeof(expected), "%.100s\n(part 2 of this report is lost: %s)\n%.50s",
             report_text, parts.reader.problem, report_text + 200);
    assert_string_equal(parts.text, expected);
}

/* A part of no text at all would let the others be of any number. */
static void a_part_without_text_is_refused(void **state)
{
    struct parts parts;
    const uint32_t none = 0;

    (void)state;
    write_parts(&parts);
    memcpy(parts.bytes[1] + AT_TEXT_BYTES, &none, sizeof(none));
    parts.sizes[1] = CRASH_HEADER_BYTES;
    correct(parts.bytes[1], parts.sizes[1]);
    assert_contains(read_parts(&parts), "its numbers contradict one another");
}

static void each_missing_part_is_named(void **state)
{
    struct parts parts;

    (void)state;
    for (unsigned missing = 0; missing < PARTS; missing++) {
        write_parts(&parts);
        parts.sizes[missing] = 0;
        assert_string_equal(read_parts(&parts), "it is missing");
        assert_int_equal(parts.reader.problem_part, missing);
        assert_true(parts.reader.is_known);
        assert_int_equal(parts.reader.part_count, PARTS);
    }
}

/* Parts that each are whole, and are not all of it: the last one is shorter than it was. */
static void a_text_of_another_length_is_named(void **state)
{
    struct parts parts;
    const uint32_t text_bytes = 49;

    (void)state;
    write_parts(&parts);
    memcpy(parts.bytes[2] + AT_TEXT_BYTES, &text_bytes, sizeof(text_bytes));
    parts.sizes[2]--;
    correct(parts.bytes[2], parts.sizes[2]);
    assert_contains(read_parts(&parts), "all parts together have another length");
}

static void what_does_not_fit_is_named(void **state)
{
    struct parts parts;

    (void)state;
    write_parts(&parts);
    crash_reader_begin(&parts.reader, parts.text, 150);
    crash_reader_add(&parts.reader, 0, parts.bytes[0], parts.sizes[0]);
    crash_reader_add(&parts.reader, 1, parts.bytes[1], parts.sizes[1]);
    assert_string_equal(crash_reader_end(&parts.reader), "there is no room for it");
    assert_true(parts.reader.length < 150);
}

static void another_build_is_taken_and_told(void **state)
{
    struct parts parts;
    char text[120];

    (void)state;
    write_parts(&parts);
    assert_null(read_parts(&parts));
    crash_facts_text(text, sizeof(text), &parts.reader.facts);
    assert_string_equal(text, "build 0123456789ab, boot of 2026-11-25 13:30:05, 61.234 s after the "
                              "kernel began");
    parts.reader.facts.boot_time = (struct crash_time){0};
    crash_facts_text(text, sizeof(text), &parts.reader.facts);
    assert_string_equal(text, "build 0123456789ab, 61.234 s after the kernel began");
}

static void rubbish_is_never_taken(void **state)
{
    uint64_t seed = UINT64_C(0x5eed0009);
    struct crash_part part;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        uint8_t bytes[200], *block, *copy;
        size_t size = random_below(&seed, sizeof(bytes));

        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)random_next(&seed);
        copy = guarded_copy(&block, bytes, size, random_below(&seed, 3));
        assert_non_null(crash_part_read(&part, copy, size));
        free(block);
    }
}

static void nothing_is_no_report(void **state)
{
    struct parts parts;

    (void)state;
    crash_reader_begin(&parts.reader, parts.text, sizeof(parts.text));
    assert_string_equal(crash_reader_end(&parts.reader), "it is missing");
}

static void names(void **state)
{
    uint16_t name[CRASH_NAME_MAX];
    const char *expected = "FaultlineCrash263";

    (void)state;
    crash_variable_name(name, 2, CRASH_PARTS_MAX - 1);
    for (unsigned i = 0; i < CRASH_NAME_MAX; i++)
        assert_int_equal(name[i], expected[i]);
}

struct choice {
    const char *name;
    struct crash_slot slots[CRASH_SLOTS];
    unsigned slot;
    uint32_t sequence;
};

static struct choice choices[] = {
    {"all free", {{false, 0}, {false, 9}, {false, 9}}, 0, 1},
    {"one used", {{true, 5}, {false, 0}, {false, 0}}, 1, 6},
    {"the first free", {{false, 0}, {true, 2}, {true, 3}}, 0, 4},
    {"the newest is replaced", {{true, 1}, {true, 2}, {true, 3}}, 2, 4},
    {"the newest in the middle", {{true, 4}, {true, 6}, {true, 5}}, 1, 7},
    {"the newest first", {{true, 9}, {true, 7}, {true, 8}}, 0, 10},
    {"damaged ones count as old", {{true, 0}, {true, 0}, {true, 3}}, 2, 4},
};

static void choice(void **state)
{
    const struct choice *row = *state;
    uint32_t sequence;

    assert_int_equal(crash_choose_slot(row->slots, &sequence), row->slot);
    assert_int_equal(sequence, row->sequence);
}

int main(void)
{
    static struct host_tests tests;

    fill_text();
    HOST_ADD(&tests, what_is_written_is_read);
    HOST_ADD(&tests, any_size_comes_back);
    HOST_ADD(&tests, what_cannot_be_divided_is_refused);
    HOST_ADD_ROWS(&tests, damage, damages);
    HOST_ADD(&tests, a_part_without_text_is_refused);
    HOST_ADD(&tests, each_missing_part_is_named);
    HOST_ADD(&tests, a_text_of_another_length_is_named);
    HOST_ADD(&tests, what_does_not_fit_is_named);
    HOST_ADD(&tests, another_build_is_taken_and_told);
    HOST_ADD(&tests, rubbish_is_never_taken);
    HOST_ADD(&tests, nothing_is_no_report);
    HOST_ADD(&tests, names);
    HOST_ADD_ROWS(&tests, choice, choices);
    return host_tests_run(&tests, "crash record");
}
