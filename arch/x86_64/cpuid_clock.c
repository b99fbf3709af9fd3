/* See x86/cpuid_clock.h. */
#include "x86/cpuid_clock.h"

#include <stdbool.h>

#include "lib/calibration.h"
#include "lib/string.h"

#define LEAF_HYPERVISOR_CLOCK 0x40000010
#define HZ_PER_MHZ            UINT64_C(1000000)
#define HZ_PER_KHZ            UINT64_C(1000)

static bool is_plausible(uint64_t hz)
{
    return hz >= CALIBRATION_HZ_MIN && hz <= CALIBRATION_HZ_MAX;
}

/* A rate that was rounded to multiples of `unit`. */
static struct cpuid_clock rounded(uint64_t hz, uint64_t unit, const char *source)
{
    if (!is_plausible(hz))
        return (struct cpuid_clock){0};
    return (struct cpuid_clock){hz, (uint32_t)(unit / 2 * 1000000 / hz + 1), source};
}

/* Others have other things in that leaf. */
static bool is_known_hypervisor(const struct cpuid *leaf)
{
    static const char names[][12] = {"VMwareVMware", "KVMKVMKVM"};
    char name[12];

    memcpy(name, &leaf->ebx, 4);
    memcpy(name + 4, &leaf->ecx, 4);
    memcpy(name + 8, &leaf->edx, 4);
    return leaf->eax >= LEAF_HYPERVISOR_CLOCK &&
           (memcmp(name, names[0], sizeof(name)) == 0 || memcmp(name, names[1], sizeof(name)) == 0);
}

struct cpuid_clock cpuid_clock_read(const struct cpuid_clock_leaves *leaves)
{
    const struct cpuid *crystal = &leaves->crystal;
    struct cpuid_clock clock = {0};

    if (is_known_hypervisor(&leaves->hypervisor))
        clock = rounded(leaves->hypervisor_clock.eax * HZ_PER_KHZ, HZ_PER_KHZ,
                        "the hypervisor (CPUID)");
    if (clock.tsc_hz == 0 && crystal->eax != 0 && crystal->ebx != 0 && crystal->ecx != 0)
        clock = rounded((uint64_t)crystal->ecx * crystal->ebx / crystal->eax, 1, "CPUID 15h");
    if (clock.tsc_hz == 0 && crystal->eax != 0 && crystal->ebx != 0)
        clock = rounded((uint64_t)(uint16_t)leaves->frequency.eax * HZ_PER_MHZ, HZ_PER_MHZ,
                        "CPUID 16h");
    return clock;
}
