/* What CPUID tells of the time-stamp counter's rate. Pure: leaves in, a rate out. */
#ifndef X86_CPUID_CLOCK_H
#define X86_CPUID_CLOCK_H

#include <stdint.h>

#include "x86/cpuid.h"

/* Leaves 15h, 16h, 40000000h and 40000010h; all zeros where the CPU does not have one. */
struct cpuid_clock_leaves {
    struct cpuid crystal, frequency, hypervisor, hypervisor_clock;
};

struct cpuid_clock {
    uint64_t tsc_hz; /* 0: not told */
    uint32_t error_ppm;
    const char *source; /* "CPUID 15h" */
};

/*
 * The counter's rate, of which it must be known that it never changes (invariant), or by the hypervisor's word. Leaf 15h
 * names a ratio to a crystal; where it leaves the crystal out, leaf 16h's rounded MHz count. A rate that cannot be is
 * taken as not told. Source: SDM vol. 2A, CPUID; vol. 3B, 18.7.3; for 40000010h VMware's "Mechanisms to determine if
 * software is running in a VMware virtual machine", which KVM follows.
 */
struct cpuid_clock cpuid_clock_read(const struct cpuid_clock_leaves *leaves);

#endif
