/* The word that says how far a boot has got: each one is read as what it was written for, and nothing else is. */
#include "lib/checkpoint.h"

#include "host_test.h"

static void test_each_is_read_back(void **state)
{
    enum checkpoint reached;

    (void)state;
    for (unsigned i = 0; i < CHECKPOINT_COUNT; i++) {
        assert_true(checkpoint_read(checkpoint_word(i), &reached));
        assert_int_equal(reached, i);
        assert_true(strlen(checkpoint_text(i)) > 0);
    }
}

/* RAM that was not refreshed loses bits. */
static void test_no_other_word_is(void **state)
{
    enum checkpoint reached;

    (void)state;
    for (unsigned i = 0; i < CHECKPOINT_COUNT; i++)
        for (unsigned bit = 0; bit < 64; bit++)
            assert_false(checkpoint_read(checkpoint_word(i) ^ UINT64_C(1) << bit, &reached));
    assert_false(checkpoint_read(checkpoint_word(CHECKPOINT_COUNT), &reached));
    assert_false(checkpoint_read(0, &reached));
    assert_false(checkpoint_read(UINT64_MAX, &reached));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_read_back),
        cmocka_unit_test(test_no_other_word_is),
    };

    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
