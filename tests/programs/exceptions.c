/*
 * Exceptions that a program raises without touching what is not its own, and ways to flags, segments and modes that are
 * not for it: what cannot be had is refused or ignored, never given.
 */
#include "rows.h"

#define DE 0
#define DB 1
#define BP 3
#define UD 6
#define MF 16
#define GP 13

#define RFLAGS_TF   0x100UL
#define RFLAGS_IF   0x200UL
#define RFLAGS_IOPL 0x3000UL
#define RFLAGS_NT   0x4000UL

#define KERNEL_CODE 0x08UL
#define KERNEL_DATA 0x10UL
#define CODE32      0x1bUL
#define USER_DATA   0x23UL
#define USER_CODE   0x2bUL
#define HOLE        0x0000800000000000UL
#define INT_80      (0x80 * 8 + 2) /* the selector error code of a gate (SDM vol. 3A, 6.13) */

static void divide(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" : : : "rax", "rcx", "rdx");
}
static void divide_overflow(void)
{
    __asm__ volatile("mov $2, %%edx; mov $1, %%ecx; div %%ecx" : : : "rax", "rcx", "rdx");
}
static void breakpoint(void) { __asm__ volatile("int3"); }
static void int1(void) { __asm__ volatile(".byte 0xf1"); }
static void undefined(void) { __asm__ volatile("ud2"); }
static void lock_nop(void) { __asm__ volatile(".byte 0xf0, 0x90"); }
static void x87_error(void)
{
    const uint16_t unmask_zero_divide = 0x37b;

    __asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(unmask_zero_divide));
}
static void misaligned(void)
{
    __asm__ volatile("lea -257(%%rsp), %%rax; movaps (%%rax), %%xmm0" : : : "rax", "xmm0");
}
static void int_80(void) { __asm__ volatile("int $0x80" : : : "rax", "memory"); }
static void sysenter(void) { __asm__ volatile("mov %%rsp, %%rcx; sysenter" : : : "rcx", "memory"); }

static uint64_t read_flags(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq; pop %0" : "=r"(flags) : : "memory");
    return flags;
}
static void write_flags(uint64_t flags)
{
    __asm__ volatile("push %0; popfq" : : "r"(flags) : "memory", "cc");
}

static void single_step(void)
{
    write_flags(read_flags() | RFLAGS_TF);
    __asm__ volatile("nop; nop");
}

/* IF and IOPL are not for CPL 3 to write: POPF goes on as if they had not been asked for (SDM vol. 2B, POPF). */
static void popf_ignored(void)
{
    write_flags((read_flags() & ~RFLAGS_IF) | RFLAGS_IOPL);
    if ((read_flags() & (RFLAGS_IF | RFLAGS_IOPL)) != RFLAGS_IF)
        fl_exit(1);
}

/* void iret(uint64_t rip, uint64_t cs, uint64_t flags, uint64_t ss): to its own end when rip is iret_back. */
__asm__(".text\n"
        "iret:\n"
        "mov %rsp, %rax\n"
        "push %rcx\n"
        "push %rax\n"
        "push %rdx\n"
        "push %rsi\n"
        "push %rdi\n"
        "iretq\n"
        "iret_back:\n"
        "ret\n");
void iret(uint64_t rip, uint64_t cs, uint64_t flags, uint64_t ss);
extern const char iret_back[];

/* IRET to its own ring cannot change IF or IOPL either. */
static void iret_ignored(void)
{
    iret((uint64_t)iret_back, USER_CODE, (read_flags() & ~RFLAGS_IF) | RFLAGS_IOPL, USER_DATA);
    if ((read_flags() & (RFLAGS_IF | RFLAGS_IOPL)) != RFLAGS_IF)
        fl_exit(1);
}
static void iret_kernel_cs(void) { iret((uint64_t)iret_back, KERNEL_CODE, RFLAGS_IF, USER_DATA); }
static void iret_null_cs(void) { iret((uint64_t)iret_back, 0, RFLAGS_IF, USER_DATA); }
static void iret_data_cs(void) { iret((uint64_t)iret_back, USER_DATA, RFLAGS_IF, USER_DATA); }
static void iret_code32(void) { iret((uint64_t)iret_back, CODE32, RFLAGS_IF, USER_DATA); }
static void iret_kernel_ss(void) { iret((uint64_t)iret_back, USER_CODE, RFLAGS_IF, KERNEL_DATA); }
static void iret_null_ss(void) { iret((uint64_t)iret_back, USER_CODE, RFLAGS_IF, 0); }
static void iret_code_ss(void) { iret((uint64_t)iret_back, USER_CODE, RFLAGS_IF, USER_CODE); }
static void iret_hole(void) { iret(HOLE, USER_CODE, RFLAGS_IF, USER_DATA); }

/* With NT set IRET would return to another task, which there is not in 64-bit mode. */
static void iret_nested_task(void)
{
    write_flags(read_flags() | RFLAGS_NT);
    iret((uint64_t)iret_back, USER_CODE, RFLAGS_IF, USER_DATA);
}

static void far_jump(uint16_t selector)
{
    struct __attribute__((packed)) {
        uint32_t offset;
        uint16_t selector;
    } target = {(uint32_t)(uint64_t)iret_back, selector};

    __asm__ volatile("ljmp *%0" : : "m"(target) : "memory");
}
static void far_jump_code32(void) { far_jump(CODE32); }
static void far_jump_kernel(void) { far_jump(KERNEL_CODE); }

static const struct row rows[] = {
    {"divide", divide, DE, 0, 0},
    {"divide_overflow", divide_overflow, DE, 0, 0},
    {"breakpoint", breakpoint, BP, 0, 0},
    {"int1", int1, DB, 0, 0},
    {"undefined", undefined, UD, 0, 0},
    {"lock_nop", lock_nop, UD, 0, 0},
    {"x87_error", x87_error, MF, 0, 0},
    {"misaligned", misaligned, GP, 0, 0},
    {"single_step", single_step, DB, 0, 0},
    {"popf_ignored", popf_ignored, SURVIVES, 0, 0},
    {"iret_ignored", iret_ignored, SURVIVES, 0, 0},
    {"iret_kernel_cs", iret_kernel_cs, GP, KERNEL_CODE, 0},
    {"iret_null_cs", iret_null_cs, GP, 0, 0},
    {"iret_data_cs", iret_data_cs, GP, USER_DATA & ~3UL, 0},
    {"iret_code32", iret_code32, GP, CODE32 & ~3UL, 0},
    {"iret_kernel_ss", iret_kernel_ss, GP, KERNEL_DATA, 0},
    {"iret_null_ss", iret_null_ss, GP, 0, 0},
    {"iret_code_ss", iret_code_ss, GP, USER_CODE & ~3UL, 0},
    {"iret_hole", iret_hole, GP, 0, 0},
    {"iret_nested_task", iret_nested_task, GP, 0, 0},
    {"far_jump_code32", far_jump_code32, GP, CODE32 & ~3UL, 0},
    {"far_jump_kernel", far_jump_kernel, GP, KERNEL_CODE, 0},
    {"int_80", int_80, GP, INT_80, 0},
    {"sysenter", sysenter, UD, 0, 0},
};

int main(int argc, char **argv) { return rows_main(argc, argv, rows, ROW_COUNT(rows)); }
