/*
 * Four programs on two CPUs hold a pattern of their own in every x87, XMM and YMM register and in the control words, and give
 * way to each other again and again: each keeps its own. `float:N` is one of them.
 */
#include <cpuid.h>

#include "text.h"

#define HOLDERS        4
#define YIELDS         2000
#define FCW            0x037f
#define MXCSR          0x1f80
#define ROUNDING_FCW   10 /* RC in both control words tells holders apart: 0 to 3 */
#define ROUNDING_MXCSR 13
#define YMM_BYTES      32

#define VECTORS                                                                                    \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",       \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

struct fxsave {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    struct {
        uint64_t low, high;
    } x87[8], xmm[16];
    uint8_t unused[96];
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct fxsave) == 512, "SDM vol. 1, table 10-2");

static struct fxsave before, after;
static uint64_t ymm_before[16][4], ymm_after[16][4];

static void fill(uint64_t holder)
{
    before.fcw = (uint16_t)(FCW | holder << ROUNDING_FCW);
    before.mxcsr = (uint32_t)(MXCSR | holder << ROUNDING_MXCSR);
    before.ftw = 0xff; /* no register is empty */
    for (uint64_t i = 0; i < 8; i++) {
        before.x87[i].low = 0x8000000000000000 | holder << 32 | i;
        before.x87[i].high = 0x3fff;
    }
    for (uint64_t i = 0; i < 16; i++) {
        before.xmm[i].low = holder << 56 | i;
        before.xmm[i].high = ~(holder << 56 | i);
        for (uint64_t j = 0; j < 4; j++)
            ymm_before[i][j] = holder << 48 | i << 8 | j | 1UL << 40;
    }
}

/* In one piece: the compiler may use XMM registers anywhere else. */
static bool keeps_fxsave(void)
{
    __asm__ volatile("fxrstor64 %1\n"
                     "1: mov %2, %%eax\n"
                     "syscall\n"
                     "dec %%ebx\n"
                     "jnz 1b\n"
                     "fxsave64 %0\n"
                     "fninit\n"
                     : "=m"(after)
                     : "m"(before), "i"(FL_CALL_YIELD), "b"(YIELDS)
                     : "rax", "rcx", "r11", "memory", VECTORS);
    for (int i = 0; i < 8; i++)
        if (after.x87[i].low != before.x87[i].low || after.x87[i].high != before.x87[i].high)
            return false;
    for (int i = 0; i < 16; i++)
        if (after.xmm[i].low != before.xmm[i].low || after.xmm[i].high != before.xmm[i].high)
            return false;
    return after.fcw == before.fcw && after.mxcsr == before.mxcsr;
}

/* clang-format off */
#define YMM_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
/* clang-format on */
#define YMM_LOAD(n)  "vmovdqu " #n "*32(%%rsi), %%ymm" #n "\n"
#define YMM_STORE(n) "vmovdqu %%ymm" #n ", " #n "*32(%%rdi)\n"

static void read_ymm(void) { __asm__ volatile(YMM_EACH(YMM_STORE) : : "D"(ymm_after) : "memory"); }

static bool keeps_ymm(void)
{
    int yields = YIELDS;

    __asm__ volatile(YMM_EACH(YMM_LOAD) "1: mov %1, %%eax\n"
                                        "syscall\n"
                                        "dec %0\n"
                                        "jnz 1b\n" YMM_EACH(YMM_STORE)
                     : "+b"(yields)
                     : "i"(FL_CALL_YIELD), "S"(ymm_before), "D"(ymm_after)
                     : "rax", "rcx", "r11", "memory", VECTORS);
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 4; j++)
            if (ymm_after[i][j] != ymm_before[i][j])
                return false;
    return true;
}

/* The compiler uses no YMM register, so the upper halves are still those of the start. */
static bool upper_halves_are_zero(void)
{
    read_ymm();
    for (int i = 0; i < 16; i++)
        if (ymm_after[i][2] != 0 || ymm_after[i][3] != 0)
            return false;
    return true;
}

static bool has_avx(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) && c & bit_OSXSAVE && c & bit_AVX;
}

static int hold(uint64_t holder)
{
    fill(holder);
    if (has_avx() && !upper_halves_are_zero())
        return 1;
    if (!keeps_fxsave())
        return 2;
    return has_avx() && !keeps_ymm() ? 3 : 0;
}

/* Two on this CPU, two on the next when there is one. */
static int64_t start_holder(int number)
{
    char command[] = "float:0";
    int64_t id;

    command[6] = (char)('0' + number);
    id = fl_spawn(command, 7, fl_cpu_number() + number % 2);
    return id > 0 ? id : fl_spawn(command, 7, fl_cpu_number());
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc > 1)
        return hold((uint64_t)(argv[1][0] - '0'));
    for (int i = 0; i < HOLDERS; i++)
        failed += start_holder(i) < 0;
    for (int i = 0; i < HOLDERS; i++) {
        struct fl_end end;

        failed += fl_wait(0, &end) < 0 || end.reason != FL_END_EXIT || end.code != 0;
    }
    fl_say(failed ? "FAILED: registers were lost" : "every holder kept its registers");
    return failed;
}
