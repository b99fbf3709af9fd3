/* The formatter against the C library's on random conversions, and by hand where the two are meant to differ. */
#include "host_test.h"
#include "lib/format.h"

#include <limits.h>

/* Templates are made at run time here, which is what the warning is about. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

#define ROUNDS 20000

static uint64_t seed = UINT64_C(0x5eed0002);

/* Formats with both and compares, in a buffer of exactly `size` bytes. */
#define ASSERT_LIKE_SNPRINTF(size, ...)                                                            \
    do {                                                                                           \
        char expected_[512];                                                                       \
        size_t size_ = (size);                                                                     \
        char *actual_ = malloc(size_);                                                             \
        int whole_ = snprintf(expected_, sizeof(expected_), __VA_ARGS__);                          \
        size_t length_ = format(actual_, size_, __VA_ARGS__);                                      \
                                                                                                   \
        assert_true(whole_ >= 0 && (size_t)whole_ < sizeof(expected_));                            \
        if ((size_t)whole_ >= size_)                                                               \
            expected_[size_ - 1] = '\0';                                                           \
        assert_string_equal(actual_, expected_);                                                   \
        assert_int_equal(length_, strlen(expected_));                                              \
        free(actual_);                                                                             \
    } while (0)

static size_t random_size(void)
{
    return random_below(&seed, 4) == 0 ? 1 + random_below(&seed, 20) : 400;
}

/* Numbers at the edges as often as in between. */
static uint64_t random_number(void)
{
    static const uint64_t edges[] = {
        0,          1,          9,          10,        0x7f,
        0x80,       0xff,       0x7fff,     0x8000,    0xffff,
        0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, UINT64_C(1) << 63,
        UINT64_MAX};

    if (random_below(&seed, 3) == 0)
        return edges[random_below(&seed, ARRAY_COUNT(edges))];
    return random_next(&seed) >> random_below(&seed, 64);
}

/* "%", flags, width, precision into template; `zero` allows the flag 0. */
static void random_spec(char *template, bool zero)
{
    char *at = template;

    *at++ = '<';
    *at++ = '%';
    while (random_below(&seed, 3) == 0)
        *at++ = zero && random_below(&seed, 2) ? '0' : '-';
    if (random_below(&seed, 2))
        at += sprintf(at, "%u", 1 + (unsigned)random_below(&seed, 40));
    if (random_below(&seed, 3) == 0)
        at += sprintf(at, ".%u", (unsigned)random_below(&seed, 30));
    *at = '\0';
}

static void integers_of_every_length_match_snprintf(void **state)
{
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z"};
    static const char conversions[] = "diuxX";

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char template[64];
        unsigned length = (unsigned)random_below(&seed, ARRAY_COUNT(lengths));
        uint64_t value = random_number();

        random_spec(template, true);
        sprintf(template + strlen(template), "%s%c>", lengths[length],
                conversions[random_below(&seed, sizeof(conversions) - 1)]);
        if (length >= 3)
            ASSERT_LIKE_SNPRINTF(random_size(), template, value);
        else
            ASSERT_LIKE_SNPRINTF(random_size(), template, (int)value);
    }
}

static void text_matches_snprintf(void **state)
{
    static const char letters[] = "the quick brown fox jumps over the lazy dog";

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char template[64];

        random_spec(template, false);
        if (random_below(&seed, 4) == 0) {
            int letter = 'a' + (int)random_below(&seed, 26);

            strcat(template, "c|%s%%>");
            ASSERT_LIKE_SNPRINTF(random_size(), template, letter, "end");
        } else {
            const char *text = letters + random_below(&seed, sizeof(letters));

            strcat(template, "s>");
            ASSERT_LIKE_SNPRINTF(random_size(), template, text);
        }
    }
}

static void stars_match_snprintf(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        int width = (int)random_below(&seed, 80) - 40,
            precision = (int)random_below(&seed, 40) - 10;
        int number = (int)random_number();
        unsigned more = (unsigned)random_number();

        ASSERT_LIKE_SNPRINTF(random_size(), "%*d %.*x %-*s %0*u", width, number, precision, more,
                             width, "text", width, more);
        ASSERT_LIKE_SNPRINTF(random_size(), "%*.*ld|%-*.*s|", width, precision, (long)number, width,
                             precision, "abcdef");
    }
}

static void many_arguments_keep_their_order(void **state)
{
    (void)state;
    ASSERT_LIKE_SNPRINTF(400, "%d %s %lx %c %u %hhd %zu %s %i %X %llu %s", 1, "two", 3l, '4', 5u,
                         (signed char)6, (size_t)7, "8", 9, 10u, 11ull, "twelve");
}

static void a_precision_reads_no_further(void **state)
{
    char buffer[16];
    char *text = malloc(3);

    (void)state;
    memcpy(text, "abc", 3);
    assert_int_equal(format(buffer, sizeof(buffer), "%.3s", text), 3);
    assert_string_equal(buffer, "abc");
    free(text);
}

static void null_text_and_pointers(void **state)
{
    char buffer[64];
    const char *volatile nothing = NULL;

    (void)state;
    format(buffer, sizeof(buffer), "%s|%8s|%.3s", nothing, nothing, nothing);
    assert_string_equal(buffer, "(null)|  (null)|(nu");
    format(buffer, sizeof(buffer), "%p", (void *)(uintptr_t)0xffffffff80001234);
    assert_string_equal(buffer, "ffffffff80001234");
    format(buffer, sizeof(buffer), "%p %18p|%-18p|", NULL, NULL, NULL);
    assert_string_equal(buffer, "0000000000000000   0000000000000000|0000000000000000  |");
}

static void never_writes_past_the_size(void **state)
{
    (void)state;
    for (size_t size = 1; size < 60; size++) {
        char *buffer = malloc(size);
        size_t length = format(buffer, size, "%s %d %08x %-20s|", "a text", -12345, 0xabcu, "left");

        assert_int_equal(length, strlen(buffer));
        assert_true(length < size);
        free(buffer);
    }
    assert_int_equal(format(NULL, 0, "%d", 5), 0);
}

/* A mistake must show, and must not eat an argument that belongs to somebody else. */
static void unknown_conversions_stay_as_they_are(void **state)
{
    static const struct {
        const char *template, *expected;
    } rows[] = {
        {"%q %d", "%q 7"},
        {"%#x %d", "%#x 7"},
        {"%+d %d", "%+d 7"},
        {"% d %d", "% d 7"},
        {"%-5.2k %d", "%-5.2k 7"},
        {"%n", "%n"},
        {"%", "%"},
        {"%-08.3", "%-08.3"},
        {"abc%l", "abc%l"},
        {"%jd %d", "%jd 7"},
        {"%%%d%%", "%7%"},
        {"%hhhd", "%hhhd"},
        {"", ""},
        {"%f %d", "%f 7"},
    };
    char buffer[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        format(buffer, sizeof(buffer), rows[i].template, 7);
        assert_string_equal(buffer, rows[i].expected);
    }
}

/* Compilers refuse such templates where they see them. */
static void absurd_widths_end(void **state)
{
    const char *volatile digits = "%99999999999999999999d", *volatile star = "%*d",
                         *volatile precision = "%.*d";
    char buffer[32];

    (void)state;
    assert_int_equal(format(buffer, sizeof(buffer), digits, 1), 31);
    assert_int_equal(format(buffer, sizeof(buffer), star, INT_MIN, 1), 31);
    assert_int_equal(format(buffer, sizeof(buffer), star, INT_MAX, 1), 31);
    assert_int_equal(format(buffer, sizeof(buffer), precision, INT_MAX, 1), 31);
    assert_int_equal(format(buffer, sizeof(buffer), precision, INT_MIN, 1), 1);
}

static void diagnostics_hand_over_one_line(void **state)
{
    struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);
    struct diagnostics silent = {0};

    (void)state;
    diagnostics_warn(&diagnostics, "entry %u: %s", 3u, "bad");
    assert_string_equal(findings.text, "entry 3: bad\n");
    diagnostics_warn(&diagnostics, "%0400d", 0);
    assert_int_equal(findings.length, 13 + 159 + 1);
    diagnostics_warn(&silent, "nobody listens");
    diagnostics_warn(NULL, "nobody listens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_length_match_snprintf),
        cmocka_unit_test(text_matches_snprintf),
        cmocka_unit_test(stars_match_snprintf),
        cmocka_unit_test(many_arguments_keep_their_order),
        cmocka_unit_test(a_precision_reads_no_further),
        cmocka_unit_test(null_text_and_pointers),
        cmocka_unit_test(never_writes_past_the_size),
        cmocka_unit_test(unknown_conversions_stay_as_they_are),
        cmocka_unit_test(absurd_widths_end),
        cmocka_unit_test(diagnostics_hand_over_one_line),
    };

    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
