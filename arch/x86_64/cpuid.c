/* CPUID by table: a feature is a leaf, a register and a bit. */
#include "x86/cpuid.h"

#include "arch/cpu.h"
#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/string.h"

enum cpuid_register { EAX, EBX, ECX, EDX };

static const struct feature_bit {
    const char *name;
    uint32_t leaf;
    enum cpuid_register where;
    unsigned bit;
} feature_bits[X86_FEATURE_COUNT] = {
    [X86_ALWAYS] = {"long mode", 0x80000001, EDX, 29},
    [X86_MCE] = {"MCE", 1, EDX, 7},
    [X86_MCA] = {"MCA", 1, EDX, 14},
    [X86_MTRR] = {"MTRR", 1, EDX, 12},
    [X86_PAT] = {"PAT", 1, EDX, 16},
    [X86_PGE] = {"PGE", 1, EDX, 13},
    [X86_X2APIC] = {"x2APIC", 1, ECX, 21},
    [X86_XSAVE] = {"XSAVE", 1, ECX, 26},
    [X86_AVX] = {"AVX", 1, ECX, 28},
    [X86_SMEP] = {"SMEP", 7, EBX, 7},
    [X86_SMAP] = {"SMAP", 7, EBX, 20},
    [X86_UMIP] = {"UMIP", 7, ECX, 2},
    [X86_LA57] = {"LA57", 7, ECX, 16},
    [X86_NX] = {"NX", 0x80000001, EDX, 20},
    [X86_GIB_PAGES] = {"1 GiB pages", 0x80000001, EDX, 26},
    [X86_HYPERVISOR] = {"hypervisor", 1, ECX, 31},
    [X86_TSC_DEADLINE] = {"TSC-deadline", 1, ECX, 24},
    [X86_INVARIANT_TSC] = {"invariant TSC", 0x80000007, EDX, 8},
    [X86_ARCH_CAPABILITIES] = {"ARCH_CAPABILITIES", 7, EDX, 29},
};

/* Basic, extended, and hypervisors' leaves: the first of each group names its last. */
#define LEAF_GROUP 0xc0000000

static bool features[X86_FEATURE_COUNT] READ_ONLY_AFTER_INIT;

static struct cpuid cpuid_raw(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid out;

    __asm__ volatile("cpuid"
                     : "=a"(out.eax), "=b"(out.ebx), "=c"(out.ecx), "=d"(out.edx)
                     : "a"(leaf), "c"(subleaf));
    return out;
}

struct cpuid x86_cpuid(uint32_t leaf, uint32_t subleaf)
{
    uint32_t highest = cpuid_raw(leaf & LEAF_GROUP, 0).eax;

    if (leaf > highest || (highest ^ leaf) & LEAF_GROUP)
        return (struct cpuid){0};
    return cpuid_raw(leaf, subleaf);
}

static uint32_t register_of(const struct cpuid *cpuid, enum cpuid_register where)
{
    switch (where) {
    case EAX:
        return cpuid->eax;
    case EBX:
        return cpuid->ebx;
    case ECX:
        return cpuid->ecx;
    default:
        return cpuid->edx;
    }
}

void x86_features_init(void)
{
    for (unsigned i = 0; i < X86_FEATURE_COUNT; i++) {
        struct cpuid cpuid = x86_cpuid(feature_bits[i].leaf, 0);

        features[i] = register_of(&cpuid, feature_bits[i].where) & BIT(feature_bits[i].bit);
    }
    features[X86_ALWAYS] = true;
}

/* Leaf 0bh has all 32 bits; where it is missing or empty, 8 bits are all there are (SDM vol. 2A, CPUID). */
uint32_t arch_cpu_apic_id(void)
{
    struct cpuid topology = x86_cpuid(0x0b, 0);

    return topology.ebx != 0 ? topology.edx : x86_cpuid(1, 0).ebx >> 24;
}

bool x86_has(enum x86_feature feature) { return features[feature]; }

const char *x86_feature_name(enum x86_feature feature) { return feature_bits[feature].name; }

void x86_brand(char brand[49])
{
    size_t start = 0, end = 48;

    for (unsigned i = 0; i < 3; i++) {
        struct cpuid part = x86_cpuid(0x80000002 + i, 0);

        memcpy(brand + 16 * i, &part, 16);
    }
    while (start < end && brand[start] == ' ')
        start++;
    while (end > start && (brand[end - 1] == ' ' || brand[end - 1] == '\0'))
        end--;
    memmove(brand, brand + start, end - start);
    brand[end - start] = '\0';
}
