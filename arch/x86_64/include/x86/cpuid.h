/* What the CPU offers, read once by name. Source: Intel SDM vol. 2A, CPUID. */
#ifndef X86_CPUID_H
#define X86_CPUID_H

#include <stdbool.h>
#include <stdint.h>

enum x86_feature {
    X86_ALWAYS, /* every x86-64 CPU has it */
    X86_MCE,
    X86_MCA,
    X86_MTRR,
    X86_PAT,
    X86_PGE,
    X86_X2APIC,
    X86_XSAVE,
    X86_AVX,
    X86_SMEP,
    X86_SMAP,
    X86_UMIP,
    X86_LA57,
    X86_NX,
    X86_GIB_PAGES,
    X86_HYPERVISOR,
    X86_TSC_DEADLINE,
    X86_INVARIANT_TSC,
    X86_ARCH_CAPABILITIES,
    X86_FEATURE_COUNT
};

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* One leaf; all zeros when the CPU does not have it. Those from 40000000h on only under a hypervisor. */
struct cpuid x86_cpuid(uint32_t leaf, uint32_t subleaf);

/* Reads all features of this CPU; once, on the boot CPU. */
void x86_features_init(void);
bool x86_has(enum x86_feature feature);

/* "NX", "SMEP", ... */
const char *x86_feature_name(enum x86_feature feature);

/* The 48 characters of the brand string, blanks trimmed; 49 bytes. */
void x86_brand(char brand[49]);

#endif
