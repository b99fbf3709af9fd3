/*
 * Faults by their real causes, and the checks that traps give everything back. INT n is never used
 * for exceptions: it pushes no error code and so proves nothing.
 */
#include "arch/trap.h"

#include "arch/cpu.h"
#include "arch/timer.h"
#include "x86/exceptions.h"
#include "x86/lapic.h"
#include "x86/registers.h"

#define UNMAPPED_STACK 0x0000600000000000 /* in the user half, where nothing is mapped */

void arch_provoke_stack_pointer_fault(void)
{
    __asm__ volatile("mov %0, %%rsp; push %%rax" : : "r"(UNMAPPED_STACK) : "memory");
}

void arch_provoke_divide_error(void)
{
    uint32_t high = 0, low = 1;

    __asm__ volatile("divl %2" : "+d"(high), "+a"(low) : "r"(0));
}

void arch_provoke_invalid_opcode(void) { __asm__ volatile("ud2"); }

/* With RFLAGS.TF set the instruction after POPF raises #DB (SDM vol. 3B, 17.3.1.4). */
void arch_provoke_single_step(void)
{
    __asm__ volatile("pushfq; orq %0, (%%rsp); popfq; nop" : : "i"(RFLAGS_TF) : "memory", "cc");
}

/* A non-canonical address raises #GP and not #PF (SDM vol. 1, 3.3.7.1). */
void arch_provoke_general_protection(void)
{
    __asm__ volatile("movq $0, (%0)" : : "r"(UINT64_C(0x8000000000000000)) : "memory");
}

void arch_provoke_nmi(void) { lapic_send_self(LAPIC_NMI, X86_EXC_NMI); }

/* probe.S: loads every general register with a value of its own, executes INT3, and counts those
 * that changed. */
unsigned probe_breakpoint(void);

bool arch_breakpoint_keeps_registers(void) { return probe_breakpoint() == 0; }

unsigned arch_send_all_vectors(unsigned first)
{
    unsigned arrived = 0;

    for (unsigned vector = first; vector < TRAP_VECTOR_COUNT; vector++) {
        uint32_t before = arch_irq_unexpected_count(vector);

        lapic_send_self(LAPIC_FIXED, vector);
        for (unsigned spins = 0; arch_irq_unexpected_count(vector) == before && spins < 1000;
             spins++)
            arch_cpu_relax();
        arrived += arch_irq_unexpected_count(vector) - before;
    }
    return arrived;
}

static void do_nothing(struct trap_frame *frame) { (void)frame; }

trap_handler_t *arch_bench_begin(void) { return trap_set_handler(X86_EXC_BP, do_nothing); }

void arch_bench_end(trap_handler_t *before) { trap_set_handler(X86_EXC_BP, before); }

void arch_bench_breakpoint(void) { __asm__ volatile("int3"); }

void arch_bench_timer_interrupt(void) { __asm__ volatile("int %0" : : "i"(VECTOR_LAPIC_TIMER)); }
