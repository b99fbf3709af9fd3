/* The text of a report: whole lines, and what becomes of those that do not fit. It needs nothing of the kernel, so it is compiled
 * right here. */
#include "../../kernel/fault/report_text.c"

#include "host_test.h"

#define LINE_LENGTH 99 /* so that a line has 100 bytes with its LF */

static void add(const char *line) { report_text_add(line, strlen(line)); }

static void assert_text(const char *expected)
{
    struct slice now = report_text();

    assert_int_equal(now.length, strlen(expected));
    assert_memory_equal(now.text, expected, now.length);
}

/* Begins anew and adds lines of 100 bytes. */
static void add_lines(size_t count)
{
    char line[LINE_LENGTH];

    report_text_begin();
    memset(line, 'x', sizeof(line));
    for (size_t i = 0; i < count; i++)
        report_text_add(line, sizeof(line));
}

static size_t lines_that_fit(void) { return (sizeof(report_bytes) - NOTE_MAX) / (LINE_LENGTH + 1); }

static void assert_ends_with(const char *end)
{
    struct slice now = report_text();

    assert_true(now.length >= strlen(end) && now.length <= REPORT_TEXT_MAX);
    assert_memory_equal(now.text + now.length - strlen(end), end, strlen(end));
}

static void lines_are_kept_in_order(void **state)
{
    (void)state;
    report_text_begin();
    assert_text("");
    add("*** FAULT");
    add("");
    add("cause      a test");
    assert_text("*** FAULT\n\ncause      a test\n");
}

static void the_next_report_begins_anew(void **state)
{
    (void)state;
    add_lines(lines_that_fit() + 1);
    report_text_begin();
    add("another");
    assert_text("another\n");
}

static void what_fits_needs_no_note(void **state)
{
    (void)state;
    add_lines(lines_that_fit());
    assert_ends_with("xxx\n");
    assert_int_equal(report_text().length, lines_that_fit() * (LINE_LENGTH + 1));
}

static void what_does_not_fit_is_counted_at_the_end(void **state)
{
    (void)state;
    add_lines(lines_that_fit() + 1);
    assert_ends_with("xxx\n(1 more line: no room here)\n");
    add_lines(lines_that_fit() + 1234567);
    assert_ends_with("xxx\n(1234567 more lines: no room here)\n");
}

/* A short one after a long one that did not fit would look as if nothing was missing between them. */
static void nothing_follows_a_lost_line(void **state)
{
    static char whole[REPORT_TEXT_MAX];

    (void)state;
    report_text_begin();
    add("first");
    memset(whole, 'y', sizeof(whole));
    report_text_add(whole, sizeof(whole));
    add("short");
    assert_text("first\n(2 more lines: no room here)\n");
}

static void the_last_byte_counts(void **state)
{
    static char whole[REPORT_TEXT_MAX];

    (void)state;
    memset(whole, 'z', sizeof(whole));
    report_text_begin();
    report_text_add(whole, sizeof(whole) - NOTE_MAX - 1);
    assert_ends_with("zzz\n");
    report_text_begin();
    report_text_add(whole, sizeof(whole) - NOTE_MAX);
    assert_text("(1 more line: no room here)\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_kept_in_order),
        cmocka_unit_test(the_next_report_begins_anew),
        cmocka_unit_test(what_fits_needs_no_note),
        cmocka_unit_test(what_does_not_fit_is_counted_at_the_end),
        cmocka_unit_test(nothing_follows_a_lost_line),
        cmocka_unit_test(the_last_byte_counts),
    };

    return cmocka_run_group_tests_name("report text", tests, NULL, NULL);
}
