/*
 * The control registers as one table: what Faultline wants in CR0, CR4, EFER and XCR0, and which
 * CPU feature a bit needs. They are written whole, never OR-ed onto what firmware left, so that
 * every CPU ends up the same, whoever started it.
 */
#include "arch/cpu.h"

#include "kernel/log.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/pat.h"
#include "x86/control.h"
#include "x86/cpuid.h"
#include "x86/descriptors.h"
#include "x86/mtrr.h"
#include "x86/registers.h"

enum control_register { CR0, CR4, EFER, XCR0, PAT, CONTROL_REGISTER_COUNT };

/* Three bytes of the entries that become CLAC or STAC (x86/entry_macros.inc); kernel.lds gathers them. */
extern const struct smap_site {
    uint8_t *code;
    uint64_t last_byte;
} smap_sites_start[], smap_sites_end[];

static const char *const register_names[CONTROL_REGISTER_COUNT] = {"CR0", "CR4", "EFER", "XCR0",
                                                                   "PAT"};

/* clang-format off */
static const struct control_bit {
    enum control_register where;
    uint64_t bits;
    enum x86_feature needs;
} control_bits[] = {
    {CR0,  CR0_PE | CR0_ET | CR0_PG,  X86_ALWAYS},
    {CR0,  CR0_MP | CR0_NE,           X86_ALWAYS}, /* FPU: #NM honours TS, errors arrive as #MF */
    {CR0,  CR0_WP,                    X86_ALWAYS}, /* read-only holds for the kernel too */
    {CR0,  CR0_AM,                    X86_ALWAYS},
    {CR4,  CR4_PAE | CR4_DE,          X86_ALWAYS},
    {CR4,  CR4_OSFXSR | CR4_OSXMMEXCPT, X86_ALWAYS},
    {CR4,  CR4_PGE,                   X86_PGE},
    {CR4,  CR4_MCE,                   X86_MCE},    /* without it a machine check resets */
    {CR4,  CR4_UMIP,                  X86_UMIP},
    {CR4,  CR4_SMEP,                  X86_SMEP},
    {CR4,  CR4_SMAP,                  X86_SMAP},
    {CR4,  CR4_OSXSAVE,               X86_XSAVE},
    {EFER, EFER_LME | EFER_LMA,       X86_ALWAYS},
    {EFER, EFER_SCE,                  X86_ALWAYS}, /* SYSCALL */
    {EFER, EFER_NXE,                  X86_NX},
    {XCR0, XCR0_X87 | XCR0_SSE,       X86_XSAVE},
    {XCR0, XCR0_AVX,                  X86_AVX},
};
/* clang-format on */

#define MXCSR_DEFAULT 0x1f80 /* every SIMD exception masked, round to nearest */

/* LA57 cannot change while paging is on: it stays as it is (paging_levels.c). */
static uint64_t wanted(enum control_register which)
{
    uint64_t value = which == CR4 ? x86_read_cr4() & CR4_LA57 : 0;

    if (which == PAT)
        return x86_has(X86_PAT) ? pat_value() : 0;
    for (unsigned i = 0; i < ARRAY_COUNT(control_bits); i++)
        if (control_bits[i].where == which && x86_has(control_bits[i].needs))
            value |= control_bits[i].bits;
    return value;
}

uint64_t x86_startup_cr0(void) { return wanted(CR0); }

uint64_t x86_startup_cr4(unsigned levels) { return CR4_PAE | (levels == 5 ? CR4_LA57 : 0); }

uint64_t x86_startup_efer(void) { return wanted(EFER) & ~EFER_LMA; }

uint64_t x86_current_xcr0(void) { return x86_read_cr4() & CR4_OSXSAVE ? x86_read_xcr0() : 0; }

uint64_t x86_read_pat(void) { return x86_has(X86_PAT) ? x86_read_msr(MSR_PAT) : 0; }

static uint64_t current(enum control_register which)
{
    switch (which) {
    case CR0:
        return x86_read_cr0();
    case CR4:
        return x86_read_cr4();
    case EFER:
        return x86_read_msr(MSR_EFER);
    case PAT:
        return x86_read_pat();
    default:
        return x86_current_xcr0();
    }
}

static void fpu_init(void)
{
    uint32_t mxcsr = MXCSR_DEFAULT;

    __asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

/* CET goes first: with CR4.CET set, clearing CR0.WP is #GP (SDM vol. 3A, 2.5), and so is CR4.CET
 * without WP. */
void arch_cpu_init_cpu(void)
{
    x86_write_cr4(x86_read_cr4() & ~CR4_CET);
    x86_write_msr(MSR_EFER, wanted(EFER));
    x86_write_cr0(wanted(CR0));
    x86_write_cr4(wanted(CR4));
    if (x86_has(X86_XSAVE))
        x86_write_xcr0(wanted(XCR0));
    if (x86_has(X86_PAT))
        x86_write_msr(MSR_PAT, wanted(PAT));
    fpu_init();
    ((struct x86_cpu *)cpu_self())->was_set = true;
}

/* Whether a register still is what it was set to; if not, *is and *should say what it is and should be. */
static bool is_unchanged(enum control_register which, uint64_t *is, uint64_t *should)
{
    *is = current(which);
    *should = wanted(which);
    return *is == *should;
}

size_t arch_cpu_changes_text(bool in_kernel, char *text, size_t size)
{
    const struct cpu *self = cpu_self();
    bool was_set = ((const struct x86_cpu *)self)->was_set;
    uint64_t is, should;
    size_t length = 0;

    for (enum control_register which = CR0; was_set && which < CONTROL_REGISTER_COUNT; which++)
        if (!is_unchanged(which, &is, &should))
            length += format(text + length, size - length, "%s%s is %lx but was set to %lx",
                             length ? ", " : "", register_names[which], is, should);
    if (in_kernel && self->trapped_gs != (uint64_t)self)
        length += format(text + length, size - length,
                         "%sGS base was %lx but CPU %0*X's structure is at %lx", length ? ", " : "",
                         self->trapped_gs, cpu_id_digits(), self->id, (uint64_t)self);
    return length;
}

bool arch_cpu_verify(void)
{
    uint64_t is, should;
    bool same = true;

    for (enum control_register which = CR0; which < CONTROL_REGISTER_COUNT; which++) {
        if (is_unchanged(which, &is, &should))
            continue;
        same = false;
        log_error("%s is %lx but was set to %lx: something changed it", register_names[which], is,
                  should);
    }
    return mtrr_verify() && same;
}

void arch_cpu_drop_protection(void) { x86_write_cr0(x86_read_cr0() & ~CR0_WP); }

bool arch_cpu_verify_notices(void)
{
    bool noticed;

    arch_cpu_drop_protection();
    noticed = !arch_cpu_verify();
    x86_write_cr0(wanted(CR0));
    return noticed && mtrr_verify_notices() && arch_cpu_verify();
}

void arch_cpu_log(void)
{
    static const enum x86_feature protections[] = {X86_NX, X86_SMEP, X86_SMAP, X86_UMIP};
    char brand[49];

    x86_brand(brand);
    log_info("CPU: %s, %u-level paging%s", brand, x86_read_cr4() & CR4_LA57 ? 5 : 4,
             x86_has(X86_HYPERVISOR) ? ", under a hypervisor" : "");
    for (unsigned i = 0; i < ARRAY_COUNT(protections); i++)
        if (!x86_has(protections[i]))
            log_warn("this CPU has no %s: that protection is missing",
                     x86_feature_name(protections[i]));
    log_debug("CR0 %lx CR4 %lx EFER %lx XCR0 %lx PAT %lx", current(CR0), current(CR4),
              current(EFER), current(XCR0), current(PAT));
}

/*
 * Three-byte NOPs (0f 1f 00) become CLAC (0f 01 ca) or STAC (0f 01 cb): by one store of the last two bytes,
 * because an NMI may come between any two. Text is read-only already, so WP is off meanwhile.
 */
static void patch_smap(void)
{
    if (!x86_has(X86_SMAP))
        return;
    x86_write_cr0(x86_read_cr0() & ~CR0_WP);
    for (const struct smap_site *site = smap_sites_start; site < smap_sites_end; site++)
        __asm__ volatile("movw %1, 1(%0)"
                         :
                         : "r"(site->code), "r"((uint16_t)(site->last_byte << 8 | 0x01))
                         : "memory");
    x86_write_cr0(x86_read_cr0() | CR0_WP);
}

void arch_cpu_init(void)
{
    x86_features_init();
    mtrr_remember();
    patch_smap();
}
