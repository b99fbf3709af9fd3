/* I/O APICs that can be, and those that cannot. */
#include "../../arch/x86_64/io_apic_table.c"

#include "host_test.h"

#define VERSION_24_INPUTS 0x00170020

static struct io_apic at(uint32_t first_gsi, uint32_t version_register)
{
    const struct acpi_io_apic entry = {.id = 7, .address = 0xfec00000, .first_gsi = first_gsi};

    return io_apic_describe(&entry, version_register);
}

static void assert_text(const char *found, const char *wanted)
{
    assert_string_equal(found ? found : "none", wanted ? wanted : "none");
}

static void assert_problem(uint32_t version_register, const char *problem)
{
    const struct io_apic io_apic = at(0, version_register);

    assert_text(io_apic_problem(&io_apic), problem);
}

static void assert_range(struct io_apic io_apic, const struct io_apic *known, size_t count,
                         const char *problem)
{
    assert_text(io_apic_range_problem(&io_apic, known, count), problem);
}

static void test_description(void **state)
{
    struct io_apic io_apic = at(24, VERSION_24_INPUTS);

    (void)state;
    assert_int_equal(io_apic.id, 7);
    assert_int_equal(io_apic.version, 0x20);
    assert_int_equal(io_apic.first_gsi, 24);
    assert_int_equal(io_apic.input_count, 24);
    assert_int_equal(at(0, 0x00ff0020).input_count, 256);
    assert_int_equal(at(0, 0xff000020).input_count, 1); /* the upper byte is reserved */
}

static void test_version(void **state)
{
    (void)state;
    assert_problem(0, "nothing there has an I/O APIC's version");
    assert_problem(UINT32_MAX, "nothing there has an I/O APIC's version");
    assert_problem(VERSION_24_INPUTS, NULL);
    assert_problem(119 << 16 | 0x20, NULL); /* as the largest of Intel's have */
    assert_problem(120 << 16 | 0x20, "it says that it has more inputs than can be selected");
}

static void test_ranges(void **state)
{
    const struct io_apic known[] = {at(0, VERSION_24_INPUTS), at(100, VERSION_24_INPUTS)};
    static const char overlap[] = "its interrupts are those of another, too";

    (void)state;
    assert_range(at(24, VERSION_24_INPUTS), known, 2, NULL);
    assert_range(at(76, VERSION_24_INPUTS), known, 2, NULL);
    assert_range(at(124, VERSION_24_INPUTS), known, 2, NULL);
    assert_range(at(23, VERSION_24_INPUTS), known, 2, overlap);
    assert_range(at(77, VERSION_24_INPUTS), known, 2, overlap);
    assert_range(at(123, VERSION_24_INPUTS), known, 2, overlap);
    assert_range(at(50, 0x00ff0020), known, 2, overlap); /* all around the second */
    assert_range(at(110, 0x00000020), known, 2, overlap);
    assert_range(at(110, 0x00000020), known, 1, NULL);
    assert_range(at(UINT32_MAX - 23, VERSION_24_INPUTS), known, 2, NULL);
    assert_range(at(UINT32_MAX - 22, VERSION_24_INPUTS), known, 2,
                 "its interrupts go beyond the last there can be");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_description),
                                       cmocka_unit_test(test_version),
                                       cmocka_unit_test(test_ranges)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
