/*
 * The FPU's state, x87 to AVX, of programs: the kernel itself uses none of it, so it is saved and loaded only when a CPU
 * changes from one program to another, always and whole, so that nobody finds anything of anybody else's. By XSAVE where
 * the CPU has it, in as many bytes as CPUID says for XCR0; else by FXSAVE. Source: SDM vol. 1, chapters 10.5 and 13.
 */
#include "lib/string.h"
#include "x86/cpuid.h"
#include "x86/user_state.h"

#define CPUID_XSAVE       0x0d
#define FXSAVE_BYTES      512
#define FXSAVE_FCW        0 /* where in the area */
#define FXSAVE_MXCSR      24
#define FCW_AFTER_FNINIT  0x037f
#define MXCSR_AFTER_RESET 0x1f80

static size_t area_bytes;
static bool has_xsave;

void x86_fpu_init(void)
{
    has_xsave = x86_has(X86_XSAVE);
    area_bytes = has_xsave ? x86_cpuid(CPUID_XSAVE, 0).ebx : FXSAVE_BYTES;
}

size_t x86_fpu_bytes(void) { return area_bytes; }

/* A header of zeros says that every component is as after a reset; but MXCSR is read all the same (SDM vol. 1, 13.8). */
void x86_fpu_reset(uint8_t *area)
{
    const uint16_t fcw = FCW_AFTER_FNINIT;
    const uint32_t mxcsr = MXCSR_AFTER_RESET;

    memset(area, 0, area_bytes);
    memcpy(area + FXSAVE_FCW, &fcw, sizeof(fcw));
    memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}

void x86_fpu_save(uint8_t *area)
{
    if (has_xsave)
        __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void x86_fpu_load(const uint8_t *area)
{
    if (has_xsave)
        __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}
