/* Which mode local APICs run in, for machines that the emulator cannot be. */
#include "../../arch/x86_64/lapic_mode.c"

#include "host_test.h"

static const struct row {
    const char *name;
    struct lapic_facts facts;
    bool x2apic;
    const char *ignored; /* NULL: nothing is said */
} rows[] = {
    {"neither offered nor wanted", {.is_wanted = false}, false, NULL},
    {"not offered", {.is_wanted = true}, false, NULL},
    {"offered and wanted", {.is_wanted = true, .is_offered = true}, true, NULL},
    {"offered, not wanted", {.is_offered = true}, false, NULL},
    {"left on", {.is_wanted = true, .is_offered = true, .is_on = true}, true, NULL},
    {"left on, not wanted",
     {.is_offered = true, .is_on = true},
     true,
     "the firmware left x2APIC mode on"},
    {"locked, wanted",
     {.is_wanted = true, .is_offered = true, .is_on = true, .is_locked = true},
     true,
     NULL},
    {"locked, not wanted",
     {.is_offered = true, .is_on = true, .is_locked = true},
     true,
     "x2APIC mode is locked"},
    {"the last id that xAPIC mode has", {.is_offered = true, .highest_id = 254}, false, NULL},
    {"an id that means all CPUs there",
     {.is_offered = true, .highest_id = 255},
     true,
     "a CPU has an id that only x2APIC mode can send to"},
    {"such an id, and no x2APIC mode", {.is_wanted = true, .highest_id = 300}, false, NULL},
};

static void test_mode(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const char *ignored = "unset";

        if (lapic_choose_x2apic(&rows[i].facts, &ignored) != rows[i].x2apic)
            fail_msg("%s: the other mode", rows[i].name);
        if (!rows[i].ignored != !ignored || (ignored && strcmp(ignored, rows[i].ignored) != 0))
            fail_msg("%s: %s", rows[i].name, ignored ? ignored : "nothing is said");
    }
}

static void test_error_names(void **state)
{
    (void)state;
    assert_string_equal(lapic_error_name(0), "wrong checksum of a message sent");
    assert_string_equal(lapic_error_name(5), "an illegal vector sent");
    assert_string_equal(lapic_error_name(7), "access to a register that is not there");
    assert_string_equal(lapic_error_name(8), "no error recorded");
    assert_int_equal(LAPIC_ERROR_NONE, 1 << 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mode),
                                       cmocka_unit_test(test_error_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
