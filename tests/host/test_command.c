/* Commands: what is refused, and the stack that the others make, word by word. */
#include "lib/command.h"

#include "host_test.h"

#define PAGE_END UINT64_C(0x7ffffffff000)

#define NAME_47 "a234567890b234567890c234567890d234567890e234567"
#define ARGS_15 ":1:2:3:4:5:6:7:8:9:a:b:c:d:e:f"

struct row {
    const char *name;
    struct slice command;
    const char *problem; /* NULL: it is good */
};

#define TEXT(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static struct row rows[] = {
    {"name", TEXT("demo"), NULL},
    {"one letter", TEXT("x"), NULL},
    {"empty", TEXT(""), "1 to 47 characters"},
    {"empty name", TEXT(":x"), "1 to 47 characters"},
    {"name of 47", TEXT(NAME_47), NULL},
    {"name of 48", TEXT(NAME_47 "x"), "1 to 47 characters"},
    {"blank in the name", TEXT("a b"), "not printable"},
    {"control character in the name", TEXT("a\x1f"), "not printable"},
    {"DEL in the name", TEXT("a\x7f"), "not printable"},
    {"umlaut in the name", TEXT("\xc3\xa4"), "not printable"},
    {"any bytes in an argument", TEXT("a:\x01 \xff"), NULL},
    {"empty arguments", TEXT("a::"), NULL},
    {"NUL in an argument", TEXT("a:b\0c"), "NUL"},
    {"16 arguments", TEXT("a" ARGS_15), NULL},
    {"17 arguments", TEXT("a" ARGS_15 ":"), "more than 16"},
};

static void checked(void **state)
{
    const struct row *row = *state;

    assert_contains(command_check(row->command), row->problem);
}

static void the_longest_is_511_bytes(void **state)
{
    char text[COMMAND_BYTES_MAX + 1];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[1] = ':';
    assert_null(command_check((struct slice){text, COMMAND_BYTES_MAX}));
    assert_contains(command_check((struct slice){text, COMMAND_BYTES_MAX + 1}), "longer than 511");
}

static void assert_stack(struct slice command, size_t count, const char *const *arguments)
{
    static uint8_t page[PAGE_SIZE] ALIGNED(4096);
    vaddr_t stack;
    const uint64_t *word;
    size_t used = 0;

    memset(page, 0, sizeof(page));
    stack = command_write_stack(command, page, PAGE_END);
    assert_int_equal(stack % 16, 0);
    assert_in_range(stack, PAGE_END - PAGE_SIZE, PAGE_END - 8);
    word = (const uint64_t *)(page + (stack - (PAGE_END - PAGE_SIZE)));
    for (const uint8_t *below = page; below < (const uint8_t *)word; below++)
        assert_int_equal(*below, 0);
    assert_int_equal(word[0], count);
    for (size_t i = 0; i < count; i++) {
        const char *text = (const char *)page + (word[1 + i] - (PAGE_END - PAGE_SIZE));

        assert_in_range(word[1 + i], stack + (count + 2) * 8, PAGE_END - 1);
        assert_string_equal(text, arguments[i]);
        used += strlen(text) + 1;
    }
    assert_int_equal(word[count + 1], 0);
    assert_int_equal(used, command.length + 1);
}

static void the_stack_holds_the_arguments(void **state)
{
    static const char *const demo[] = {"demo"}, *const three[] = {"prog", "", "b c"};
    static const char *const many[] = {"a", "1", "2", "3", "4", "5", "6", "7",
                                       "8", "9", "a", "b", "c", "d", "e", "f"};

    (void)state;
    assert_stack((struct slice)TEXT("demo"), 1, demo);
    assert_stack((struct slice)TEXT("prog::b c"), 3, three);
    assert_stack((struct slice)TEXT("a" ARGS_15), 16, many);
}

/* Of each length, so that each alignment of what lies above argv is met. */
static void stacks_of_every_length(void **state)
{
    char text[COMMAND_BYTES_MAX + 1], argument[COMMAND_BYTES_MAX + 1];
    const char *const arguments[] = {"p", argument};

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "p:", 2);
    for (size_t length = 2; length <= COMMAND_BYTES_MAX; length++) {
        memset(argument, 'x', length - 2);
        argument[length - 2] = '\0';
        assert_stack((struct slice){text, length}, 2, arguments);
    }
}

static void the_name_is_before_the_first_colon(void **state)
{
    (void)state;
    assert_true(slice_is(command_name((struct slice)TEXT("echo:a:b")), "echo"));
    assert_true(slice_is(command_name((struct slice)TEXT("echo")), "echo"));
}

static void names_of_files_have_no_case(void **state)
{
    (void)state;
    assert_true(slice_is_name((struct slice)TEXT("EcHo"), "eChO"));
    assert_false(slice_is_name((struct slice)TEXT("echo"), "echos"));
    assert_false(slice_is_name((struct slice)TEXT("[cho"), "{cho"));
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, checked, rows);
    HOST_ADD(&tests, the_longest_is_511_bytes);
    HOST_ADD(&tests, the_stack_holds_the_arguments);
    HOST_ADD(&tests, stacks_of_every_length);
    HOST_ADD(&tests, the_name_is_before_the_first_colon);
    HOST_ADD(&tests, names_of_files_have_no_case);
    return host_tests_run(&tests, "command");
}
