/*
 * Memory type range registers. Firmware sets them on the boot CPU and should have on every other; a CPU with other types
 * would see other memory than the rest, so each takes over the boot CPU's when it comes up, and the end of the boot
 * compares them. Source: SDM vol. 3A, 11.11; how they are changed, 11.11.8.
 */
#include "x86/mtrr.h"

#include "arch/cpu.h"
#include "kernel/log.h"
#include "lib/compiler.h"
#include "x86/cpuid.h"
#include "x86/registers.h"

#define RANGES_MAX  ((MSR_MTRR_FIXED_64K - MSR_MTRR_BASE_0) / 2) /* where the next registers begin */
#define ADDRESS_BIT BIT(24)

/* Stretches of registers: the first one's number, and how many. What switches all of them on comes last. */
enum stretch_number { VARIABLE, FIXED_64K, FIXED_16K, FIXED_4K, DEF_TYPE, STRETCH_COUNT };

static const struct stretch {
    uint32_t first, count;
    bool fixed;
} stretches[STRETCH_COUNT] = {
    [VARIABLE] = {MSR_MTRR_BASE_0, 2 * RANGES_MAX, false},
    [FIXED_64K] = {MSR_MTRR_FIXED_64K, 1, true},
    [FIXED_16K] = {MSR_MTRR_FIXED_16K, 2, true},
    [FIXED_4K] = {MSR_MTRR_FIXED_4K, 8, true},
    [DEF_TYPE] = {MSR_MTRR_DEF_TYPE, 1, false},
};

static uint64_t boot_cpus[STRETCH_COUNT][2 * RANGES_MAX] READ_ONLY_AFTER_INIT;

static uint32_t count_of(enum stretch_number number)
{
    uint64_t cap = x86_has(X86_MTRR) ? x86_read_msr(MSR_MTRR_CAP) : 0;
    uint32_t ranges = cap & MTRR_CAP_VARIABLE;

    if (!x86_has(X86_MTRR) || (stretches[number].fixed && !(cap & MTRR_CAP_FIXED)))
        return 0;
    if (number == VARIABLE)
        return 2 * (ranges < RANGES_MAX ? ranges : RANGES_MAX);
    return stretches[number].count;
}

/* Does something with every register that this CPU has, and the boot CPU's value; whether it was true of all. */
static bool with_all(bool (*what)(uint32_t msr, uint64_t *boot_cpus))
{
    bool all = true;

    for (enum stretch_number i = VARIABLE; i < STRETCH_COUNT; i++)
        for (uint32_t j = 0, count = count_of(i); j < count; j++)
            all = what(stretches[i].first + j, &boot_cpus[i][j]) && all;
    return all;
}

static bool remember(uint32_t msr, uint64_t *value)
{
    *value = x86_read_msr(msr);
    return true;
}

static bool is_same(uint32_t msr, uint64_t *value) { return x86_read_msr(msr) == *value; }

static bool is_same_or_said(uint32_t msr, uint64_t *value)
{
    bool same = is_same(msr, value);

    if (!same)
        log_warn("CPU %0*X: MTRR %x is %lx but was %lx on the boot CPU: memory types differ",
                 cpu_id_digits(), cpu_self()->id, msr, x86_read_msr(msr), *value);
    return same;
}

static bool take_over(uint32_t msr, uint64_t *value)
{
    x86_write_msr(msr, *value);
    return true;
}

static void write_back_caches(void) { __asm__ volatile("wbinvd" : : : "memory"); }

void mtrr_remember(void) { with_all(remember); }

bool mtrr_are_on(void) { return boot_cpus[DEF_TYPE][0] & MTRR_DEF_TYPE_ENABLE; }

bool mtrr_verify(void) { return with_all(is_same_or_said); }

/* Nothing is cached and no translation remembered while the types change. */
bool mtrr_init_cpu(void)
{
    uint64_t cr0 = x86_read_cr0(), cr4 = x86_read_cr4();

    if (with_all(is_same))
        return false;
    x86_write_cr0(cr0 | CR0_CD);
    write_back_caches();
    x86_write_cr4(cr4 & ~CR4_PGE);
    x86_write_cr3(x86_read_cr3());
    x86_write_msr(MSR_MTRR_DEF_TYPE, 0);
    with_all(take_over);
    write_back_caches();
    x86_write_cr3(x86_read_cr3());
    x86_write_cr0(cr0);
    x86_write_cr4(cr4);
    return true;
}

bool mtrr_verify_notices(void)
{
    for (uint32_t j = 0, count = count_of(VARIABLE); j < count; j += 2) {
        uint32_t base = MSR_MTRR_BASE_0 + j;
        uint64_t before = x86_read_msr(base);
        bool noticed;

        if (x86_read_msr(base + 1) & MTRR_MASK_VALID)
            continue;
        x86_write_msr(base, before ^ ADDRESS_BIT);
        noticed = !mtrr_verify();
        x86_write_msr(base, before);
        return noticed;
    }
    return true;
}
