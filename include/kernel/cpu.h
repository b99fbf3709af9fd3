/*
 * What the kernel keeps for each CPU. GS points at it from the first instruction of the kernel on;
 * the machine's own part (descriptor tables, task state) lies behind it in struct x86_cpu. A cpu_id
 * counts from 0 in the order in which CPUs were found; it is not the APIC id.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

/* In the order of their interrupt-stack numbers, the main stack first. */
enum stack_kind { STACK_MAIN, STACK_DB, STACK_NMI, STACK_DF, STACK_MC, STACK_KIND_COUNT };

/* [low, high) may be used; the page below low and the one at high are guards. */
struct stack {
    vaddr_t low, high;
};

struct cpu {
    struct cpu *self; /* so that %gs:0 is the way to the rest */
    uint32_t id;
    uint32_t apic_id;
    uint64_t ticks; /* timer interrupts taken */
    uint64_t nmi_count;
    uint64_t spurious_count; /* LAPIC spurious and PIC spurious interrupts */
    uintptr_t stack_canary;  /* compilers read it at %gs:40 */
    uint32_t fault_depth;    /* fault reports begun and not ended on this CPU */
    uint32_t reserved;
    struct stack stacks[STACK_KIND_COUNT];
};

/* CPUs that run the kernel: so far the one that booted. */
static inline unsigned cpu_count(void) { return 1; }

_Static_assert(offsetof(struct cpu, self) == 0, "cpu_self() reads %gs:0");
_Static_assert(offsetof(struct cpu, stack_canary) == 40,
               "-mstack-protector-guard-offset in the Makefile");

#endif
