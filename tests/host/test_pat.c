/* The page attribute table, against the manual's figures. */
#include "lib/pat.h"

#include "host_test.h"

static unsigned entry(uint64_t value, unsigned number) { return value >> 8 * number & 0xff; }

static void after_a_reset_it_is_what_the_manual_says(void **state)
{
    static const enum pat_type types[] = {PAT_WRITE_BACK, PAT_WRITE_THROUGH, PAT_UNCACHED_MINUS,
                                          PAT_UNCACHED};

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(entry(PAT_AT_RESET, i), types[i % 4]);
}

static void only_entry_1_differs_from_the_reset(void **state)
{
    (void)state;
    assert_int_equal(entry(pat_value(), 1), PAT_WRITE_COMBINING);
    for (unsigned i = 0; i < 8; i++)
        if (i != 1)
            assert_int_equal(entry(pat_value(), i), entry(PAT_AT_RESET, i));
}

static void setting_an_entry_leaves_the_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t value = pat_set(UINT64_MAX, i, PAT_UNCACHED);

        assert_int_equal(value, ~(UINT64_C(0xff) << 8 * i));
        assert_int_equal(entry(pat_set(0, i, PAT_UNCACHED_MINUS), i), 7);
        assert_int_equal(pat_set(value, i, PAT_WRITE_BACK) & ~(UINT64_C(0xff) << 8 * i), value);
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, after_a_reset_it_is_what_the_manual_says);
    HOST_ADD(&tests, only_entry_1_differs_from_the_reset);
    HOST_ADD(&tests, setting_an_entry_leaves_the_others);
    return host_tests_run(&tests, "PAT");
}
