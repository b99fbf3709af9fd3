/* Faults on other stacks than the main one, and with the registers that the way into a trap relies on broken: see
 * kernel/fault_menu.h. */
#include "provoke.h"

#include "arch/cpu.h"
#include "lib/compiler.h"
#include "x86/exceptions.h"
#include "x86/lapic.h"
#include "x86/registers.h"

static volatile uint64_t sink;

const char *provoke_lacks_lapic(void)
{
    return lapic_is_ready() ? NULL : "the local APIC is not on yet";
}

static void send_nmi(void)
{
    lapic_send_self(LAPIC_NMI, X86_EXC_NMI);
    for (unsigned spins = 0; spins < 100000; spins++)
        arch_cpu_relax();
}

void provoke_nmi(void) { send_nmi(); }

static void fault_in_handler(struct trap_frame *frame)
{
    (void)frame;
    __asm__ volatile("ud2"); /* fault: nmi-fault */
}

void provoke_nmi_fault(void)
{
    trap_set_handler(X86_EXC_NMI, fault_in_handler);
    send_nmi();
}

/* Not turned into a loop: every level must push. */
NOINLINE static uint64_t recurse(uint64_t depth)
{
    volatile uint64_t local[16];

    local[0] = depth;
    if (depth != UINT64_MAX)
        sink = recurse(depth + 1) + local[0]; /* fault: recurse */
    return sink;
}

static void overflow_handler(struct trap_frame *frame)
{
    (void)frame;
    recurse(0);
}

void provoke_nmi_overflow(void)
{
    trap_set_handler(X86_EXC_NMI, overflow_handler);
    send_nmi();
}

static void fault_in_interrupt(struct trap_frame *frame)
{
    (void)frame;
    __asm__ volatile("ud2"); /* fault: interrupt-fault */
}

void provoke_interrupt_fault(void)
{
    trap_set_handler(VECTOR_LAPIC_TIMER, fault_in_interrupt);
    __asm__ volatile("int %0" : : "i"(VECTOR_LAPIC_TIMER));
}

void provoke_double_overflow(void)
{
    trap_set_handler(X86_EXC_DF, overflow_handler);
    __asm__ volatile("mov %0, %%rsp; push %%rax" : : "r"(UNMAPPED_STACK) : "memory");
}

/* The report's stack then ends below its first word. */
void provoke_report_overflow(void)
{
    cpu_self()->stacks[STACK_PANIC].high = cpu_self()->stacks[STACK_PANIC].low + 512;
    __asm__ volatile("ud2"); /* fault: report-overflow */
}

void provoke_wrong_gs(void)
{
    x86_write_msr(MSR_GS_BASE, UNMAPPED_STACK);
    __asm__ volatile("ud2"); /* fault: wrong-gs */
}

void provoke_damaged_stack(void)
{
    __asm__ volatile("mov %0, %%rbp; ud2" /* fault: damaged-stack */
                     :
                     : "r"(UINT64_C(0x4141414141414141)));
}
