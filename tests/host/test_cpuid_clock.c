/* CPUID's word on the time-stamp counter: real CPUs' leaves, and leaves that cannot be. */
#include "../../arch/x86_64/cpuid_clock.c"

#include "host_test.h"

#define VMWARE                                                                                     \
    {                                                                                              \
        0x40000010, 0x61774d56, 0x4d566572, 0x65726177                                             \
    }
#define KVM                                                                                        \
    {                                                                                              \
        0x40000010, 0x4b4d564b, 0x564b4d56, 0x4d                                                   \
    }
#define TCG                                                                                        \
    {                                                                                              \
        0x40000001, 0x54474354, 0x43544743, 0x47435447                                             \
    }

static struct row {
    const char *name;
    struct cpuid_clock_leaves leaves;
    uint64_t hz;
    uint32_t error_ppm;
    const char *source;
} rows[] = {
    {"nothing", {.hypervisor = TCG}, 0, 0, NULL},
    {"Goldmont: 19.2 MHz, 171/3", {.crystal = {3, 171, 19200000, 0}}, 1094400000, 1, "CPUID 15h"},
    {"Alder Lake: 38.4 MHz, 130/2", {.crystal = {2, 130, 38400000, 0}}, 2496000000, 1, "CPUID 15h"},
    {"Skylake: no crystal, 2600 MHz",
     {.crystal = {2, 216, 0, 0}, .frequency = {2600, 3500, 100, 0}},
     2600000000,
     193,
     "CPUID 16h"},
    {"bits above 15 of leaf 16h are reserved",
     {.crystal = {2, 216, 0, 0}, .frequency = {0xffff0000 | 2600, 0, 0, 0}},
     2600000000,
     193,
     "CPUID 16h"},
    {"leaf 16h alone tells nothing of the counter",
     {.frequency = {2600, 3500, 100, 0}},
     0,
     0,
     NULL},
    {"no ratio", {.crystal = {0, 216, 24000000, 0}}, 0, 0, NULL},
    {"no numerator", {.crystal = {2, 0, 24000000, 0}}, 0, 0, NULL},
    {"absurdly fast", {.crystal = {1, UINT32_MAX, UINT32_MAX, 0}}, 0, 0, NULL},
    {"absurdly slow", {.crystal = {UINT32_MAX, 1, 24000000, 0}}, 0, 0, NULL},
    {"absurd ratio, leaf 16h helps",
     {.crystal = {1, UINT32_MAX, UINT32_MAX, 0}, .frequency = {3000, 0, 0, 0}},
     3000000000,
     167,
     "CPUID 16h"},
    {"VMware",
     {.hypervisor = VMWARE, .hypervisor_clock = {2599998, 66000, 0, 0}},
     2599998000,
     1,
     "the hypervisor (CPUID)"},
    {"KVM",
     {.hypervisor = KVM, .hypervisor_clock = {3000000, 0, 0, 0}},
     3000000000,
     1,
     "the hypervisor (CPUID)"},
    {"KVM without the leaf's content, and a crystal",
     {.hypervisor = KVM, .crystal = {2, 250, 24000000, 0}},
     3000000000,
     1,
     "CPUID 15h"},
    {"KVM whose last leaf is before it",
     {.hypervisor = {0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d},
      .hypervisor_clock = {3000000, 0, 0, 0}},
     0,
     0,
     NULL},
    {"Hyper-V, who has something else there",
     {.hypervisor = {0x40000082, 0x7263694d, 0x666f736f, 0x76482074},
      .hypervisor_clock = {3000000, 0, 0, 0}},
     0,
     0,
     NULL},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    struct cpuid_clock clock = cpuid_clock_read(&row->leaves);

    assert_int_equal(clock.tsc_hz, row->hz);
    assert_int_equal(clock.error_ppm, row->error_ppm);
    assert_contains(clock.source, row->source);
}

int main(void)
{
    struct host_tests tests = {0};

    HOST_ADD_ROWS(&tests, test_row, rows);
    return host_tests_run(&tests, "cpuid_clock");
}
