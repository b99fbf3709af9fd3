/*
 * What a program finds at its first instruction (abi/start.h): registers, flags and vector registers as after a reset, and
 * zeros in all memory that no file filled. Runs twice, so that the second finds nothing of the first, which dirtied all.
 */
#include "text.h"

#define GENERAL        15 /* registers but RSP, in any order */
#define FLAGS          GENERAL
#define RSP            (GENERAL + 1)
#define FLAGS_AT_START 0x202
#define FCW_AT         0
#define MXCSR_AT       24
#define REGISTERS_AT   32 /* x87 and XMM, to the end */
#define REGISTERS_END  416
#define BSS_BYTES      65536
#define USER_END       0x00007ffffffff000UL

static volatile uint64_t start_registers[GENERAL + 2] __attribute__((used));
static volatile uint8_t start_fpu[512] __attribute__((used, aligned(16)));
static uint8_t zeros[BSS_BYTES];

/* Before the crt0's _start, which is weak. Memory is used by address alone, so that no register is. */
__asm__(".section .text.start, \"ax\", @progbits\n"
        ".globl _start\n"
        "_start:\n"
        "mov %rax, start_registers\n"
        "mov %rbx, start_registers+8\n"
        "mov %rcx, start_registers+16\n"
        "mov %rdx, start_registers+24\n"
        "mov %rsi, start_registers+32\n"
        "mov %rdi, start_registers+40\n"
        "mov %rbp, start_registers+48\n"
        "mov %r8, start_registers+56\n"
        "mov %r9, start_registers+64\n"
        "mov %r10, start_registers+72\n"
        "mov %r11, start_registers+80\n"
        "mov %r12, start_registers+88\n"
        "mov %r13, start_registers+96\n"
        "mov %r14, start_registers+104\n"
        "mov %r15, start_registers+112\n"
        "mov %rsp, start_registers+128\n"
        "fxsave64 start_fpu\n"
        "mov $start_registers+128, %rsp\n"
        "pushfq\n"
        "mov start_registers+128, %rsp\n"
        "jmp start_main\n"
        ".text\n");

static bool all_zero(const volatile uint8_t *from, const volatile uint8_t *to)
{
    for (; from < to; from++)
        if (*from != 0)
            return false;
    return true;
}

static bool registers_are_zero(void)
{
    for (int i = 0; i < GENERAL; i++)
        if (start_registers[i] != 0)
            return false;
    return start_registers[FLAGS] == FLAGS_AT_START;
}

static bool fpu_is_reset(void)
{
    return *(volatile uint16_t *)(start_fpu + FCW_AT) == 0x37f &&
           *(volatile uint32_t *)(start_fpu + MXCSR_AT) == 0x1f80 &&
           all_zero(start_fpu + REGISTERS_AT, start_fpu + REGISTERS_END);
}

/* All of the stack but for what main() and its callees have used by now. */
static bool stack_is_zero(void)
{
    const uint8_t *here = __builtin_frame_address(0);

    return all_zero((const uint8_t *)(USER_END - FL_STACK_BYTES), here - 1024);
}

static void dirty(void)
{
    uint8_t *stack = (uint8_t *)(USER_END - FL_STACK_BYTES);
    const uint8_t *here = __builtin_frame_address(0);

    for (size_t i = 0; i < BSS_BYTES; i++)
        zeros[i] = 0xa5;
    while (stack < here - 1024)
        *stack++ = 0xa5;
    __asm__ volatile(
        "pcmpeqb %%xmm0, %%xmm0; movaps %%xmm0, %%xmm7; movaps %%xmm0, %%xmm15; fld1; fldpi"
        :
        :
        : "xmm0", "xmm7", "xmm15");
}

/* Selectors and bases last, for what follows does not need them: all of the program's memory is reached without. */
#define USER_DATA 0x23
#define FS_BASE   64
#define GS_BASE   128

static volatile uint64_t probe = 0x1122334455667788;

struct selectors {
    uint16_t ds, es, fs, gs;
};

static bool selectors_are(uint16_t expected)
{
    struct selectors now;

    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=m"(now.ds), "=m"(now.es), "=m"(now.fs), "=m"(now.gs));
    return now.ds == expected && now.es == expected && now.fs == expected && now.gs == expected;
}

/* There is no other way to see a base: CR4.FSGSBASE is off. A wrong one leads to a page that is not there, or other bytes. */
static bool bases_are(uint64_t fs, uint64_t gs)
{
    uint64_t by_fs, by_gs;

    __asm__ volatile("mov %%fs:(%2), %0; mov %%gs:(%3), %1"
                     : "=&r"(by_fs), "=&r"(by_gs)
                     : "r"((uint64_t)&probe - fs), "r"((uint64_t)&probe - gs)
                     : "memory");
    return by_fs == probe && by_gs == probe;
}

/* Loading a selector sets the base to 0 on some CPUs. */
static void dirty_segments(void)
{
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(USER_DATA));
    fl_set_bases((void *)FS_BASE, (void *)GS_BASE);
}

static bool segments_are_kept(void)
{
    return selectors_are(USER_DATA) && bases_are(FS_BASE, GS_BASE);
}

static int check(const char *what, bool well)
{
    if (!well)
        fl_say(what);
    return !well;
}

int main(int argc, char **argv)
{
    struct fl_end end;
    int failed = check("FAILED: a register was not zero", registers_are_zero()) +
                 check("FAILED: the FPU was not reset", fpu_is_reset()) +
                 check("FAILED: BSS was not zero", all_zero(zeros, zeros + BSS_BYTES)) +
                 check("FAILED: the stack was not zero", stack_is_zero()) +
                 check("FAILED: RSP is not aligned", start_registers[RSP] % 16 == 0) +
                 check("FAILED: a selector was not 0", selectors_are(0)) +
                 check("FAILED: a base was not 0", bases_are(0, 0));

    dirty();
    dirty_segments();
    failed += check("FAILED: selectors and bases were not taken", segments_are_kept());
    if (argc > 1)
        return failed;
    if (!text_is(argv[0], "start") ||
        fl_wait(fl_spawn("start:again", 11, fl_cpu_number()), &end) < 0 ||
        end.reason != FL_END_EXIT || end.code != 0)
        failed++;
    failed += check("FAILED: selectors and bases were lost", segments_are_kept());
    fl_say(failed ? "FAILED" : "everything is as after a reset, twice");
    return failed;
}
