/*
 * Goes into the kernel and back without end - by system calls, by exceptions that it handles, by ticks - with a pattern in every
 * register and every flag set that a program can set. It ends, with code 1, when one comes back other than it went. Each
 * round another instance is stepped, which ends that one. For tests that interrupt all this.
 */
#include "registers.h"
#include "text.h"

/* DF, NT, AC and ID, IF, and a bit that is always 1. */
#define ALL_FLAGS   0x244602
#define DB          1
#define ROUND_CALLS 1000
#define SPINS       100000000 /* some ticks long */

/* clang-format off */
REGISTERS_AROUND(call, "pushq $0x244602; popfq; .globl call_syscall; call_syscall: syscall");
REGISTERS_AROUND(spin, "pushq $0x244602; popfq; loop_spins: dec %rcx; jnz loop_spins");
REGISTERS_AROUND(undefined, "pushq $0x244602; popfq; ud2");
/* clang-format on */
extern const char call_syscall[];

static char stack[4096] __attribute__((aligned(16)));

static void handler(struct fl_fault *fault)
{
    fault->rip += 2; /* behind the UD2 */
    fl_resume(fault);
}

/* C must not run with DF set. */
static void clear_flags(void) { __asm__ volatile("pushq $0x202; popfq" : : : "memory", "cc"); }

static bool rest_is_kept(int first)
{
    for (int i = first; i <= R15; i++)
        if (i != RCX && i != R11 && registers_out[i] != registers_in[i])
            return false;
    return registers_out[FLAGS] == ALL_FLAGS;
}

static bool call_keeps_registers(void)
{
    registers_in[RAX] = FL_CALL_CPU_NUMBER;
    call();
    clear_flags();
    return rest_is_kept(RBX) && registers_out[RCX] == (uint64_t)call_syscall + 2 &&
           registers_out[R11] == ALL_FLAGS;
}

static bool exception_keeps_registers(void)
{
    undefined();
    clear_flags();
    return rest_is_kept(RAX) && registers_out[RCX] == registers_in[RCX] &&
           registers_out[R11] == registers_in[R11];
}

static bool ticks_keep_registers(void)
{
    registers_in[RCX] = SPINS;
    spin();
    clear_flags();
    for (int i = RAX; i <= R15; i++)
        if (registers_out[i] != (i == RCX ? 0 : registers_in[i]))
            return false;
    return true;
}

static bool step_ends_another(void)
{
    struct fl_end end;

    return fl_wait(fl_spawn("loop:step", 9, FL_ANY_CPU), &end) > 0 && end.reason == FL_END_FAULT &&
           end.code == DB;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        __asm__ volatile("pushq $0x244702; popfq; nop; nop" : : : "memory", "cc");
    fl_on_fault(handler, stack + sizeof(stack));
    for (uint64_t round = 0;; round++) {
        registers_fill(round);
        for (int i = 0; i < ROUND_CALLS; i++)
            if (!call_keeps_registers() || !exception_keeps_registers())
                return 1;
        if (!ticks_keep_registers() || !step_ends_another())
            return 1;
    }
}
