/*
 * Faults that the machine raises for what an instruction asks: see kernel/fault_menu.h. INT n is never used for
 * exceptions that push an error code: it pushes none.
 */
#include "kernel/fault_menu.h"

#include "arch/cpu.h"
#include "provoke.h"
#include "x86/cpuid.h"
#include "x86/registers.h"

#define NON_CANONICAL UINT64_C(0x8000000000000000)

/* With the stack pointer gone only the frame pointer leads to the caller, and compilers give leaf functions none. */
#define KEEP_FRAME_RECORD() __asm__ volatile("" : : "r"(__builtin_frame_address(0)))

static volatile uint64_t watched;

static void breakpoint(void) { __asm__ volatile("int3"); /* fault: breakpoint */ }

static void divide(void)
{
    uint32_t high = 0, low = 1;

    __asm__ volatile("divl %2" : "+d"(high), "+a"(low) : "r"(0)); /* fault: divide */
}

/* It pushes no error code, so INT n is the cause itself. */
static void overflow(void) { __asm__ volatile("int $4"); /* fault: overflow */ }

static void invalid_opcode(void) { __asm__ volatile("ud2"); /* fault: invalid-opcode */ }

static void lock_nop(void) { __asm__ volatile(".byte 0xf0, 0x90"); /* fault: lock-nop */ }

/* With RFLAGS.TF set the instruction after POPF raises #DB (SDM vol. 3B, 17.3.1.4). */
static void single_step(void)
{
    __asm__ volatile("pushfq; orq %0, (%%rsp); popfq; nop" /* fault: single-step */
                     :
                     : "i"(RFLAGS_TF)
                     : "memory", "cc");
}

static void int1(void) { __asm__ volatile(".byte 0xf1"); /* fault: int1 */ }

static void watchpoint(void)
{
    x86_write_dr0((uint64_t)&watched);
    x86_write_dr7(DR7_INIT | DR7_LOCAL_0 | DR7_WRITE_0 | DR7_8_BYTES_0);
    __asm__ volatile("movq $1, %0" : "=m"(watched)); /* fault: watchpoint */
}

/* A non-canonical address raises #GP and not #PF (SDM vol. 1, 3.3.7.1). */
static void read_non_canonical(void)
{
    uint64_t value;

    __asm__ volatile("movq 8(%1), %0" /* fault: non-canonical-read */
                     : "=r"(value)
                     : "r"(NON_CANONICAL)
                     : "memory");
}

static void write_non_canonical(void)
{
    __asm__ volatile("movl $0, (%0,%1,4)" /* fault: non-canonical-write */
                     :
                     : "r"(NON_CANONICAL), "r"(UINT64_C(4))
                     : "memory");
}

static void jump_non_canonical(void)
{
    __asm__ volatile("call *%0" : : "r"(NON_CANONICAL) : "memory"); /* fault: non-canonical-call */
}

static void push_non_canonical(void)
{
    KEEP_FRAME_RECORD();
    __asm__ volatile("mov %0, %%rsp; push %%rax" /* fault: non-canonical-stack */
                     :
                     : "r"(NON_CANONICAL + 64)
                     : "memory");
}

static void push_nowhere(void)
{
    KEEP_FRAME_RECORD();
    __asm__ volatile("mov %0, %%rsp; push %%rax" /* fault: double-fault */
                     :
                     : "r"(UNMAPPED_STACK)
                     : "memory");
}

static void misaligned(void)
{
    static uint8_t bytes[32] ALIGNED(16);

    __asm__ volatile("movaps %0, %%xmm0" /* fault: misaligned */
                     :
                     : "m"(*(const uint8_t(*)[16])(bytes + 1)));
}

static void fpu_off(void)
{
    x86_write_cr0(x86_read_cr0() | CR0_TS);
    __asm__ volatile("fninit"); /* fault: fpu-off */
}

/* The error of one x87 instruction is reported at the next that waits for it (SDM vol. 1, 8.7). */
static void x87_error(void)
{
    const uint16_t unmask_zero_divide = 0x37b;

    __asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" /* fault: x87-error */
                     :
                     : "m"(unmask_zero_divide));
}

/* The x87 state cannot be left out (SDM vol. 2C, "XSETBV"). */
static void wrong_xcr0(void)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"(0), "d"(0)); /* fault: wrong-xcr0 */
}

static const char *lacks_xsave(void) { return x86_has(X86_XSAVE) ? NULL : "the CPU has no XSAVE"; }

/* What an exploit does first; then an ordinary fault, whose report must tell. */
static void write_protection_off(void)
{
    x86_write_cr0(x86_read_cr0() & ~CR0_WP);
    __asm__ volatile("ud2"); /* fault: write-protection-off */
}

static const struct fault_menu_entry entries[] = {
    {"breakpoint", "INT3; execution goes on", breakpoint, false, NULL},
    {"divide", "division by zero", divide, false, NULL},
    {"overflow", "INT 4", overflow, false, NULL},
    {"invalid-opcode", "UD2", invalid_opcode, false, NULL},
    {"lock-nop", "a LOCK prefix where none may be", lock_nop, false, NULL},
    {"single-step", "a debug exception that nobody asked for", single_step, false, NULL},
    {"int1", "INT1, a debug exception without a cause", int1, false, NULL},
    {"watchpoint", "write to a variable that DR0 watches", watchpoint, false, NULL},
    {"non-canonical-read", "read from a non-canonical address", read_non_canonical, false, NULL},
    {"non-canonical-write", "write to a non-canonical address", write_non_canonical, false, NULL},
    {"non-canonical-call", "call to a non-canonical address", jump_non_canonical, false, NULL},
    {"non-canonical-stack", "a push with a non-canonical stack pointer", push_non_canonical, false,
     NULL},
    {"double-fault", "a push with a stack pointer that points nowhere", push_nowhere, false, NULL},
    {"misaligned", "MOVAPS from an address that is not a multiple of 16", misaligned, false, NULL},
    {"fpu-off", "an FPU instruction while CR0.TS is set", fpu_off, false, NULL},
    {"x87-error", "an x87 division by zero that is not masked", x87_error, false, NULL},
    {"wrong-xcr0", "XSETBV of a value that is not allowed", wrong_xcr0, false, lacks_xsave},
    {"write-protection-off", "CR0.WP cleared, then another fault", write_protection_off, false,
     NULL},
    {"bad-selector", "load a selector beyond the GDT", provoke_bad_selector, false, NULL},
    {"segment-not-present", "load a segment that is not present", provoke_segment_not_present,
     false, NULL},
    {"stack-segment", "load a stack segment that is not present", provoke_stack_segment, false,
     NULL},
    {"gate-not-present", "an interrupt whose gate is not present", provoke_gate_not_present, false,
     NULL},
    {"task-busy", "LTR of a task that is busy", provoke_task_busy, false, NULL},
    {"ldt-wrong", "LLDT of a data segment", provoke_ldt_wrong, false, NULL},
    {"iret-nested", "IRET while RFLAGS.NT is set", provoke_iret_nested, false, NULL},
    {"user-read", "read from a user page", provoke_user_read, true, provoke_lacks_smap},
    {"user-write", "write to a user page", provoke_user_write, true, provoke_lacks_smap},
    {"user-execute", "call into a user page", provoke_user_execute, true, provoke_lacks_smep},
    {"reserved-bit", "read through a page-table entry with a reserved bit", provoke_reserved_bit,
     true, NULL},
    {"damaged-tables", "read through a page table that is not in RAM", provoke_damaged_tables, true,
     NULL},
    {"damaged-symbols", "a fault after the symbol table was overwritten", provoke_damaged_symbols,
     false, NULL},
    {"nmi", "a non-maskable interrupt; execution goes on", provoke_nmi, false, provoke_lacks_lapic},
    {"nmi-fault", "a fault while an NMI is handled", provoke_nmi_fault, false, provoke_lacks_lapic},
    {"nmi-overflow", "endless recursion while an NMI is handled", provoke_nmi_overflow, true,
     provoke_lacks_lapic},
    {"interrupt-fault", "a fault while an interrupt is handled", provoke_interrupt_fault, false,
     NULL},
    {"double-overflow", "endless recursion while a double fault is handled",
     provoke_double_overflow, true, NULL},
    {"report-overflow", "a report whose own stack is used up", provoke_report_overflow, true, NULL},
    {"wrong-gs", "a fault while GS points nowhere", provoke_wrong_gs, false, NULL},
    {"damaged-stack", "a fault with a frame pointer that points nowhere", provoke_damaged_stack,
     false, NULL},
};

const struct fault_menu arch_fault_menu = {entries, ARRAY_COUNT(entries)};
