/* A report's excerpt: what stays whatever the room is, and in which order the rest is left out. */
#include "lib/report_excerpt.h"

#include "host_test.h"
#include "report_sample.h"

#define EXCERPT_MAX 4096

static char excerpt[EXCERPT_MAX + 1];

/* clang-format off */
static const char shortest[] =
    "*** FAULT #PF page fault, CPU 0, kernel mode, report 1\n"
    "cause write to a null pointer: address 0000000000000000 is in the null page\n"
    "at write_null+0x1e (kernel/fault/provoke_memory.c:21)\n"
    "error 0002: page not present, write, supervisor\n"
    "details a detail\n"
    " and one more\n"
    "operand qword [rax]\n"
    "address cr2 0000000000000000: PML4[0] not present\n"
    "registers rax 0000000000000001 rbx ffffffff80016a18\n"
    " rip ffffffff80002f3a cs 0008\n"
    "code 04 25 28 <48> 89 bd\n"
    "backtrace #0 write_null+0x1e\n"
    " #1 recurse+0x30\n"
    " the same 406 more times\n"
    " #408 overflow_stack+0xb\n"
    " --- #NMI interrupted (boot stack of CPU 0): ---\n"
    " #409 provoke\n"
    " #410 fault_menu_at_stage+0x1c4\n"
    " #411 kernel_main+0x35d\n"
    "system Faultline 0.1.0 (00e3a5e3ed5c), up 0.067828 s, 5 CPUs\n";
/* clang-format on */

/* In a block of just that size, which the address sanitizer guards. */
static size_t make_excerpt(const char *report, size_t size)
{
    char *block = malloc(size + 1);
    size_t length = report_excerpt((struct slice){report, strlen(report)}, block, size);

    assert_true(length <= size && length <= EXCERPT_MAX);
    memcpy(excerpt, block, length);
    excerpt[length] = '\0';
    free(block);
    return length;
}

static void all_of_it_with_single_blanks(void **state)
{
    const char *at = report_sample, *found = excerpt;

    (void)state;
    assert_int_not_equal(make_excerpt(report_sample, EXCERPT_MAX), 0);
    for (; *at; at++)
        if (*at != ' ' || at[-1] != ' ')
            assert_int_equal(*at, *found++);
    assert_int_equal(*found, '\0');
}

static void the_shortest_is_never_shortened(void **state)
{
    (void)state;
    assert_int_equal(make_excerpt(report_sample, sizeof(shortest) - 1), sizeof(shortest) - 1);
    assert_string_equal(excerpt, shortest);
    assert_int_equal(make_excerpt(report_sample, sizeof(shortest) - 2), 0);
    assert_int_equal(make_excerpt(report_sample, 0), 0);
}

/* What must be gone when the line is. */
static const struct {
    const char *name, *line;
} in_order[] = {
    {"next", "next this machine"},
    {"in short", "in short"},
    {"end", "*** END OF REPORT"},
    {"memory", "memory rsp+00"},
    {"memory's second line", " rsp+20"},
    {"options", " options: "},
    {"entries", " entries PML4"},
    {"seventh frame", " #412 kernel_entry"},
    {"what follows it", " the same 2 more times"},
    {"log", "log ["},
    {"log's second line", " [ 0.044375]"},
    {"other CPUs", "other CPUs"},
    {"another of them", " CPU 4:"},
    {"pointers", "pointers"},
    {"stack", "stack boot"},
    {"changed", "changed"},
    {"unknown label", "novelty"},
    {"note", " (a console failed"},
    {"files of frames", "backtrace #0 write_null+0x1e (kernel/"},
};

/* With less and less room lines go from the front of the list, and never one before another that stands before it. */
static void lines_go_in_their_order(void **state)
{
    size_t gone_before = 0;

    (void)state;
    for (size_t size = EXCERPT_MAX; size >= sizeof(shortest) - 1; size--) {
        size_t gone = 0;

        assert_int_not_equal(make_excerpt(report_sample, size), 0);
        while (gone < ARRAY_COUNT(in_order) && !strstr(excerpt, in_order[gone].line))
            gone++;
        for (size_t i = gone; i < ARRAY_COUNT(in_order); i++)
            if (!strstr(excerpt, in_order[i].line))
                fail_msg("with %zu bytes %s is gone, %s is there", size, in_order[i].name,
                         in_order[gone].name);
        assert_true(gone >= gone_before);
        gone_before = gone;
    }
    assert_int_equal(gone_before, ARRAY_COUNT(in_order));
}

/* The same room gives the same excerpt, and so does the excerpt's own length: by this a reader can check one. */
static void an_excerpt_is_found_by_its_length(void **state)
{
    char first[EXCERPT_MAX + 1];

    (void)state;
    for (size_t size = EXCERPT_MAX; size >= sizeof(shortest) - 1; size--) {
        size_t length = make_excerpt(report_sample, size);

        memcpy(first, excerpt, sizeof(first));
        assert_int_equal(make_excerpt(report_sample, length), length);
        assert_string_equal(excerpt, first);
    }
}

static void a_panic_is_a_headline_too(void **state)
{
    (void)state;
    make_excerpt("*** PANIC, CPU 0\ncause      x\n*** END OF REPORT\n", 25);
    assert_string_equal(excerpt, "*** PANIC, CPU 0\ncause x\n");
}

static void text_that_is_no_report(void **state)
{
    (void)state;
    assert_int_equal(make_excerpt("", EXCERPT_MAX), 0);
    make_excerpt("x\n\n     \ncause\nlast", EXCERPT_MAX);
    assert_string_equal(excerpt, "x\n\n\ncause\nlast\n");
    make_excerpt("x", 1);
    assert_string_equal(excerpt, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_with_single_blanks),
        cmocka_unit_test(the_shortest_is_never_shortened),
        cmocka_unit_test(lines_go_in_their_order),
        cmocka_unit_test(an_excerpt_is_found_by_its_length),
        cmocka_unit_test(a_panic_is_a_headline_too),
        cmocka_unit_test(text_that_is_no_report),
    };

    return cmocka_run_group_tests_name("report excerpt", tests, NULL, NULL);
}
