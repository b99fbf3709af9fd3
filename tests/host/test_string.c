/*
 * string.c against byte-wise models that share nothing with it. Built with the same renaming as string.c (host.mk), so
 * that `memcpy` and its kin below are this project's and not the C library's.
 */
#include "host_test.h"
#include "lib/status.h"
#include "lib/string.h"

#define AREA      400
#define SIZE_MOST 300 /* well beyond where string instructions begin */
#define UNTOUCHED 0xa5

static uint64_t seed;

static int reset(void **state)
{
    (void)state;
    seed = UINT64_C(0x5eed0001);
    return 0;
}

static void fill_random(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)random_next(&seed);
}

static void assert_same(const uint8_t *a, const uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i])
            fail_msg("byte %zu is %02x, not %02x", i, a[i], b[i]);
    }
}

static void copies_every_size_at_every_alignment(void **state)
{
    static uint8_t from[AREA], to[AREA], model[AREA];

    (void)state;
    fill_random(from, AREA);
    for (size_t size = 0; size <= SIZE_MOST; size++) {
        size_t from_at = size % 9, to_at = 8 + random_below(&seed, 9);

        for (size_t i = 0; i < AREA; i++)
            model[i] = to[i] = UNTOUCHED;
        for (size_t i = 0; i < size; i++)
            model[to_at + i] = from[from_at + i];
        assert_ptr_equal(memcpy(to + to_at, from + from_at, size), to + to_at);
        assert_same(to, model, AREA);
    }
}

static void moves_every_overlap(void **state)
{
    static uint8_t area[AREA], model[AREA], before[AREA];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t size = random_below(&seed, 160), from = random_below(&seed, 200),
               to = random_below(&seed, 200);

        fill_random(area, AREA);
        for (size_t i = 0; i < AREA; i++)
            before[i] = model[i] = area[i];
        for (size_t i = 0; i < size; i++)
            model[to + i] = before[from + i];
        assert_ptr_equal(memmove(area + to, area + from, size), area + to);
        assert_same(area, model, AREA);
    }
}

static void moves_large_blocks_by_every_small_distance(void **state)
{
    static uint8_t area[AREA], model[AREA], before[AREA];

    (void)state;
    for (size_t distance = 0; distance <= 40; distance++) {
        for (int down = 0; down < 2; down++) {
            size_t from = down ? distance : 0, to = down ? 0 : distance;

            fill_random(area, AREA);
            for (size_t i = 0; i < AREA; i++)
                before[i] = model[i] = area[i];
            for (size_t i = 0; i < SIZE_MOST; i++)
                model[to + i] = before[from + i];
            memmove(area + to, area + from, SIZE_MOST);
            assert_same(area, model, AREA);
        }
    }
}

static void fills_every_size_with_the_low_byte(void **state)
{
    static uint8_t to[AREA], model[AREA];

    (void)state;
    for (size_t size = 0; size <= SIZE_MOST; size++) {
        size_t at = 8 + random_below(&seed, 9);
        int value = (int)random_next(&seed);

        for (size_t i = 0; i < AREA; i++)
            model[i] = to[i] = UNTOUCHED;
        for (size_t i = 0; i < size; i++)
            model[at + i] = (uint8_t)value;
        assert_ptr_equal(memset(to + at, value, size), to + at);
        assert_same(to, model, AREA);
    }
}

/* The first difference decides, as unsigned bytes, and bytes behind the size do not count. */
static void compares_by_the_first_difference(void **state)
{
    static uint8_t a[AREA], b[AREA];

    (void)state;
    for (size_t size = 1; size <= 64; size++) {
        for (size_t where = 0; where < size; where++) {
            fill_random(a, size + 1);
            for (size_t i = 0; i < where; i++)
                b[i] = a[i];
            a[where] = 0x7f;
            b[where] = 0x80;
            for (size_t i = where + 1; i <= size; i++)
                b[i] = (uint8_t)(a[i] - 1);
            assert_true(memcmp(a, b, size) < 0);
            assert_true(memcmp(b, a, size) > 0);
            assert_int_equal(memcmp(a, b, where), 0);
        }
    }
}

static void never_reads_behind_the_size(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 200; size++) {
        uint8_t *a = calloc(size, 1), *b = calloc(size, 1), *c = malloc(size);

        assert_int_equal(memcmp(a, b, size), 0);
        for (size_t i = 0; i < size; i++)
            a[i] = 'x';
        assert_int_equal(strnlen((const char *)a, size), size);
        assert_ptr_equal(memcpy(c, a, size), c);
        assert_ptr_equal(memmove(c, a, size), c);
        a[size - 1] = '\0';
        assert_int_equal(strlen((const char *)a), size - 1);
        free(a);
        free(b);
        free(c);
    }
}

static void measures_text(void **state)
{
    (void)state;
    assert_int_equal(strlen(""), 0);
    assert_int_equal(strlen("abc"), 3);
    assert_int_equal(strnlen("abc", 0), 0);
    assert_int_equal(strnlen("abc", 2), 2);
    assert_int_equal(strnlen("abc", 3), 3);
    assert_int_equal(strnlen("abc", 99), 3);
}

static void compares_text(void **state)
{
    (void)state;
    assert_int_equal(strcmp("", ""), 0);
    assert_int_equal(strcmp("abc", "abc"), 0);
    assert_true(strcmp("abc", "abd") < 0);
    assert_true(strcmp("abd", "abc") > 0);
    assert_true(strcmp("ab", "abc") < 0);
    assert_true(strcmp("abc", "ab") > 0);
    assert_true(strcmp("\x7f", "\x80") < 0);
    assert_int_equal(strncmp("abc", "abd", 2), 0);
    assert_true(strncmp("abc", "abd", 3) < 0);
    assert_int_equal(strncmp("abc", "xyz", 0), 0);
    assert_int_equal(strncmp("ab\0c", "ab\0d", 4), 0);
}

static void copies_text_with_a_bound(void **state)
{
    char to[8];

    (void)state;
    assert_true(string_copy(to, sizeof(to), "abcdefg", 7));
    assert_string_equal(to, "abcdefg");
    assert_false(string_copy(to, sizeof(to), "abcdefgh", 8));
    assert_string_equal(to, "abcdefg");
    assert_true(string_copy(to, sizeof(to), "abc", 2));
    assert_string_equal(to, "ab");
    assert_true(string_copy(to, 1, "", 0));
    assert_string_equal(to, "");
    assert_false(string_copy(to, 1, "x", 1));
    assert_string_equal(to, "");
    to[0] = 'k';
    assert_false(string_copy(to, 0, "x", 1));
    assert_int_equal(to[0], 'k');
}

static void every_status_has_its_own_text(void **state)
{
    (void)state;
    for (int status = ERR_TOO_MANY; status <= STATUS_OK; status++) {
        assert_true(strcmp(status_text(status), "unknown status") != 0);
        for (int other = ERR_TOO_MANY; other < status; other++)
            assert_true(strcmp(status_text(status), status_text(other)) != 0);
    }
    assert_string_equal(status_text(1), "unknown status");
    assert_string_equal(status_text(ERR_TOO_MANY - 1), "unknown status");
    assert_string_equal(status_text(INT32_MIN), "unknown status");
    assert_string_equal(status_text(INT32_MAX), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(copies_every_size_at_every_alignment, reset),
        cmocka_unit_test_setup(moves_every_overlap, reset),
        cmocka_unit_test_setup(moves_large_blocks_by_every_small_distance, reset),
        cmocka_unit_test_setup(fills_every_size_with_the_low_byte, reset),
        cmocka_unit_test_setup(compares_by_the_first_difference, reset),
        cmocka_unit_test(never_reads_behind_the_size),
        cmocka_unit_test(measures_text),
        cmocka_unit_test(compares_text),
        cmocka_unit_test(copies_text_with_a_bound),
        cmocka_unit_test(every_status_has_its_own_text),
    };

    return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
