/* The handoff: each contradiction is refused, and a good one is not. Also the checksum that guards the kernel. */
#include "boot/boot_info.h"

#include "host_test.h"
#include "lib/checksum.h"
#include "lib/compiler.h"

static struct boot_info good(void)
{
    return (struct boot_info){
        .magic = BOOT_INFO_MAGIC,
        .version = BOOT_INFO_VERSION,
        .size_bytes = sizeof(struct boot_info),
        .memory_map = {.address = 0x1000,
                       .size_bytes = 48,
                       .stride_bytes = 48,
                       .version = 1,
                       .exit_tries = 1},
        .kernel_start = 0x200000,
        .kernel_end = 0x300000,
        .low_page = 0x9f000,
        .programs_start = 0x400000,
        .programs_end = 0x403000,
        .program_count = 2,
        .crash_slot = CRASH_SLOTS - 1,
        .crash_sequence = 1,
        .programs = {{.name = "demo", .address = 0x400000, .size_bytes = 0x1001, .built_in = 1},
                     {.name = "a", .address = 0x402000, .size_bytes = 0x1000}},
    };
}

static void a_good_handoff_is_taken(void **state)
{
    struct boot_info info = good();

    (void)state;
    assert_null(boot_info_check(&info));
    info.low_page = 0;
    assert_null(boot_info_check(&info));
    info.programs[1] = (struct boot_program){.name = "empty", .address = 0x403000};
    assert_null(boot_info_check(&info));
    info.program_count = 0;
    assert_null(boot_info_check(&info));
    info.programs_start = info.programs_end = 0;
    assert_null(boot_info_check(&info));
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct boot_info info = good();                                                            \
        change;                                                                                    \
        assert_non_null(boot_info_check(&info));                                                   \
    } while (0)

static void each_contradiction_is_refused(void **state)
{
    (void)state;
    REFUSED(info.magic ^= 1);
    REFUSED(info.version++);
    REFUSED(info.size_bytes--);
    REFUSED(info.memory_map.address = 0);
    REFUSED(info.memory_map.address++);
    REFUSED(info.memory_map.exit_tries = 0);
    REFUSED(info.kernel_start = 0);
    REFUSED(info.kernel_start++);
    REFUSED(info.kernel_end++);
    REFUSED(info.kernel_end = info.kernel_start);
    REFUSED(info.low_page = MIB);
    REFUSED(info.low_page = 1);
    REFUSED(info.checkpoint = MIB);
    REFUSED(info.checkpoint = 1);
    REFUSED(info.options_source = BOOT_OPTIONS_MENU + 1);
    REFUSED(info.options_bytes = OPTIONS_TEXT_MAX + 1);
    REFUSED(info.programs_start++);
    REFUSED(info.programs_end++);
    REFUSED(info.programs_end = info.programs_start);
    REFUSED(info.programs_start = 0);
    REFUSED(info.programs_start = info.programs_end = 0);
    REFUSED(info.program_count = BOOT_PROGRAMS_MAX + 1);
    REFUSED(info.program_count = 3); /* one without a name */
    REFUSED(info.programs[0].name[0] = '\0');
    REFUSED(info.programs[0].name[1] = ' ');
    REFUSED(info.programs[0].name[1] = '\x7f');
    REFUSED(info.programs[0].name[1] = ':');
    REFUSED(info.programs[0].name[1] = ',');
    REFUSED(memset(info.programs[0].name, 'x', sizeof(info.programs[0].name)));
    REFUSED(info.programs[0].address++);
    REFUSED(info.programs[0].address = 0x3ff000);
    REFUSED(info.programs[1].address = 0x404000);
    REFUSED(info.programs[1].size_bytes++);
    REFUSED(info.programs[1].size_bytes = UINT32_MAX);
    REFUSED(info.programs[0].built_in = 2);
    REFUSED(info.crash_slot = CRASH_SLOTS);
    REFUSED(info.crash_sequence = 0);
    REFUSED(info.crash_sequence = UINT32_MAX);
    REFUSED(info.message_bytes = BOOT_MESSAGES_MAX + 1);
}

static void checksum_sees_every_bit_and_the_length(void **state)
{
    uint8_t bytes[29] = {1, 2, 3};
    uint64_t sum = checksum64(bytes, sizeof(bytes));

    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof(bytes); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(checksum64(bytes, sizeof(bytes)), sum);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_not_equal(checksum64(bytes, sizeof(bytes) - 1),
                         sum); /* the last byte is 0, as the padding is */
    assert_int_equal(checksum64(bytes, sizeof(bytes)), sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_handoff_is_taken),
        cmocka_unit_test(each_contradiction_is_refused),
        cmocka_unit_test(checksum_sees_every_bit_and_the_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
