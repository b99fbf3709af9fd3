/*
 * What the CPUs tell of their firmware. Registers that a CPU or a hypervisor may lack are read by way of the exception
 * table (exception_table.c). Source: SDM vol. 4; AMD64 APM vol. 2, appendix A.
 */
#include "arch/firmware_state.h"

#include "arch/cpu.h"
#include "arch/machine.h"
#include "lib/string.h"
#include "x86/cpuid.h"
#include "x86/descriptors.h"
#include "x86/lapic.h"
#include "x86/microcode.h"
#include "x86/mtrr.h"
#include "x86/registers.h"

#define CPUID_7_EDX_MD_CLEAR BIT(10)

/* False when the register raises #GP. */
static bool try_read_msr(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0, failed = 1;

    __asm__ volatile("1: rdmsr\n"
                     "xor %2, %2\n"
                     "2:\n"
                     ".pushsection .exception_table, \"a\", @progbits\n"
                     ".quad 1b, 2b\n"
                     ".popsection"
                     : "+a"(low), "+d"(high), "+r"(failed)
                     : "c"(msr)
                     : "memory", "cc");
    *value = (uint64_t)high << 32 | low;
    return !failed;
}

static void try_write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("1: wrmsr\n"
                     "2:\n"
                     ".pushsection .exception_table, \"a\", @progbits\n"
                     ".quad 1b, 2b\n"
                     ".popsection"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static enum firmware_vendor vendor(void)
{
    const struct cpuid leaf = x86_cpuid(0, 0);
    const uint32_t name[] = {leaf.ebx, leaf.edx, leaf.ecx};

    if (memcmp(name, "GenuineIntel", sizeof(name)) == 0)
        return FIRMWARE_CPU_INTEL;
    return memcmp(name, "AuthenticAMD", sizeof(name)) == 0 ||
                   memcmp(name, "HygonGenuine", sizeof(name)) == 0
               ? FIRMWARE_CPU_AMD
               : FIRMWARE_CPU_OTHER;
}

/* Intel's CPUs write it into the register when CPUID is executed, and only there the upper half has it (SDM vol. 3A,
 * 9.11.7.1). */
uint32_t x86_microcode_revision(void)
{
    uint64_t value;

    if (vendor() == FIRMWARE_CPU_INTEL) {
        try_write_msr(MSR_BIOS_SIGN_ID, 0);
        x86_cpuid(1, 0);
        return try_read_msr(MSR_BIOS_SIGN_ID, &value) ? (uint32_t)(value >> 32) : 0;
    }
    return try_read_msr(MSR_BIOS_SIGN_ID, &value) ? (uint32_t)value : 0;
}

static void read_model(struct firmware_cpu *out)
{
    uint32_t eax = x86_cpuid(1, 0).eax;

    out->vendor = vendor();
    out->is_virtual = arch_machine_is_virtual();
    out->family = (uint32_t)bits_get(eax, 11, 8);
    out->model = (uint32_t)(bits_get(eax, 19, 16) << 4 | bits_get(eax, 7, 4));
    if (out->family == 0xf)
        out->family += (uint32_t)bits_get(eax, 27, 20);
}

/* A hypervisor has no such mode, or keeps it for itself. */
static enum firmware_smm smm_state(const struct firmware_cpu *cpu)
{
    uint64_t value;

    if (cpu->is_virtual)
        return FIRMWARE_SMM_UNKNOWN;
    if (cpu->vendor == FIRMWARE_CPU_AMD && try_read_msr(MSR_AMD_HWCR, &value))
        return value & AMD_HWCR_SMM_LOCK ? FIRMWARE_SMM_LOCKED : FIRMWARE_SMM_OPEN;
    if (cpu->vendor == FIRMWARE_CPU_INTEL && x86_has(X86_MTRR) &&
        x86_read_msr(MSR_MTRR_CAP) & MTRR_CAP_SMRR && try_read_msr(MSR_SMRR_MASK, &value))
        return value & SMRR_MASK_VALID ? FIRMWARE_SMM_LOCKED : FIRMWARE_SMM_OPEN;
    return FIRMWARE_SMM_UNKNOWN;
}

static void read_protections(struct firmware_cpu *out)
{
    uint64_t enabled;

    out->has_nx = x86_has(X86_NX);
    out->has_smep = x86_has(X86_SMEP);
    out->has_smap = x86_has(X86_SMAP);
    out->has_umip = x86_has(X86_UMIP);
    out->nx_switched_off = !out->has_nx && out->vendor == FIRMWARE_CPU_INTEL &&
                           try_read_msr(MSR_MISC_ENABLE, &enabled) &&
                           enabled & MISC_ENABLE_XD_DISABLE;
    out->smm = smm_state(out);
    if (x86_has(X86_ARCH_CAPABILITIES))
        out->arch_capabilities = x86_read_msr(MSR_ARCH_CAPABILITIES);
    out->md_clear = x86_cpuid(7, 0).edx & CPUID_7_EDX_MD_CLEAR;
}

static void read_local_apic(struct firmware_cpu *out)
{
    out->x2apic_on = lapic_get_facts()->is_on;
    out->x2apic_locked = lapic_get_facts()->is_locked;
    out->local_apic = x86_read_msr(MSR_APIC_BASE) & APIC_BASE_ADDRESS;
    out->live_local_vectors = lapic_get_leftovers()->unmasked_count;
    out->in_service = lapic_get_leftovers()->in_service_count;
}

static void compare_others(struct firmware_cpu *out)
{
    for (const struct cpu *cpu = cpu_next(cpu_self()); cpu; cpu = cpu_next(cpu)) {
        const struct x86_cpu *other = (const struct x86_cpu *)cpu;

        out->other_mtrr_count += other->had_other_mtrrs;
        out->other_microcode_count += other->microcode != out->microcode;
    }
}

void arch_firmware_read_cpu(struct firmware_cpu *out)
{
    uint64_t ignored;

    memset(out, 0, sizeof(*out));
    read_model(out);
    read_protections(out);
    read_local_apic(out);
    out->has_mtrr = x86_has(X86_MTRR);
    out->mtrr_on = mtrr_are_on();
    out->microcode_known = try_read_msr(MSR_BIOS_SIGN_ID, &ignored);
    out->microcode = x86_microcode_revision();
    compare_others(out);
}
