/* Faults by segments, gates and tasks: see kernel/fault_menu.h. */
#include "provoke.h"

#include "arch/cpu.h"
#include "arch/trap.h"
#include "lib/string.h"
#include "x86/descriptors.h"
#include "x86/registers.h"

#define SELECTOR_BEYOND 0x1230
#define SELECTOR_SPARE  (GDT_USER_CODE32 * 8)
#define UNUSED_VECTOR   0x50
#define GATE_PRESENT    BIT(47)

/* The entry that SYSRET's arithmetic needs and nobody loads. */
static void make_spare_segment(void)
{
    ((struct x86_cpu *)cpu_self())->gdt[GDT_USER_CODE32] = SEG_DESC_DATA & ~SEG_PRESENT;
}

void provoke_bad_selector(void)
{
    __asm__ volatile("mov %0, %%ds" : : "r"(SELECTOR_BEYOND)); /* fault: bad-selector */
}

void provoke_segment_not_present(void)
{
    make_spare_segment();
    __asm__ volatile("mov %0, %%ds" : : "r"(SELECTOR_SPARE)); /* fault: segment-not-present */
}

void provoke_stack_segment(void)
{
    make_spare_segment();
    __asm__ volatile("mov %0, %%ss" : : "r"(SELECTOR_SPARE)); /* fault: stack-segment */
}

/* In a copy: nobody can write to the table itself. */
void provoke_gate_not_present(void)
{
    static uint64_t copy[2 * TRAP_VECTOR_COUNT];
    const struct {
        uint16_t limit;
        uint64_t base;
    } PACKED idtr = {sizeof(copy) - 1, (vaddr_t)copy};

    memcpy(copy, idt, sizeof(copy));
    copy[2 * UNUSED_VECTOR] &= ~GATE_PRESENT;
    __asm__ volatile("lidt %0" : : "m"(idtr));
    __asm__ volatile("int %0" : : "i"(UNUSED_VECTOR)); /* fault: gate-not-present */
}

/* Loading the task register marks the task busy, and a busy one cannot be loaded (SDM vol. 2A, "LTR"). */
void provoke_task_busy(void)
{
    __asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS)); /* fault: task-busy */
}

void provoke_ldt_wrong(void)
{
    __asm__ volatile("lldt %w0" : : "r"(SELECTOR_KERNEL_DATA)); /* fault: ldt-wrong */
}

void provoke_iret_nested(void)
{
    __asm__ volatile("pushfq; orq %0, (%%rsp); popfq; iretq" /* fault: iret-nested */
                     :
                     : "i"(RFLAGS_NT)
                     : "memory", "cc");
}
