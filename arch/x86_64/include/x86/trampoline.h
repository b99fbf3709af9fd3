/* What other CPUs start with, shared by trampoline.S and smp.c. */
#ifndef X86_TRAMPOLINE_H
#define X86_TRAMPOLINE_H

#include "x86/descriptors.h"

/* Offsets in struct trampoline_values. */
#define TRAMPOLINE_CR0          0
#define TRAMPOLINE_CR3          4
#define TRAMPOLINE_CR4          8
#define TRAMPOLINE_EFER         12
#define TRAMPOLINE_ENTRY        16
#define TRAMPOLINE_PROTECTED    24 /* far pointers: offset, selector */
#define TRAMPOLINE_LONG         32
#define TRAMPOLINE_VALUES_BYTES 40

/* Offsets in struct starting_cpu, and its states. */
#define STARTING_APIC_ID 0
#define STARTING_STATE   4
#define STARTING_CPU     8
#define STARTING_BYTES   16
#define CPU_EXPECTED     0 /* it has not been seen */
#define CPU_CLAIMED      1 /* it is on its way */
#define CPU_STARTED      2 /* it runs the kernel */
#define CPU_LEFT_OUT     3 /* its time was over: it parks when it comes */

#ifndef __ASSEMBLER__

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/types.h"

struct far_pointer {
    uint32_t offset;
    uint16_t selector, padding;
};

/* In the copy of the trampoline. */
struct trampoline_values {
    uint32_t cr0, cr3, cr4, efer;
    uint64_t entry; /* where the kernel goes on */
    struct far_pointer protected_mode, long_mode;
};

_Static_assert(offsetof(struct trampoline_values, cr3) == TRAMPOLINE_CR3, "trampoline.S");
_Static_assert(offsetof(struct trampoline_values, cr4) == TRAMPOLINE_CR4, "trampoline.S");
_Static_assert(offsetof(struct trampoline_values, efer) == TRAMPOLINE_EFER, "trampoline.S");
_Static_assert(offsetof(struct trampoline_values, entry) == TRAMPOLINE_ENTRY, "trampoline.S");
_Static_assert(offsetof(struct trampoline_values, protected_mode) == TRAMPOLINE_PROTECTED,
               "trampoline.S");
_Static_assert(offsetof(struct trampoline_values, long_mode) == TRAMPOLINE_LONG, "trampoline.S");
_Static_assert(sizeof(struct trampoline_values) == TRAMPOLINE_VALUES_BYTES, "trampoline.S");

/* A CPU that has been told to start. */
struct starting_cpu {
    uint32_t apic_id;
    _Atomic(uint32_t) state; /* CPU_EXPECTED to CPU_LEFT_OUT */
    struct x86_cpu *cpu;
};

_Static_assert(offsetof(struct starting_cpu, state) == STARTING_STATE, "trampoline.S");
_Static_assert(offsetof(struct starting_cpu, cpu) == STARTING_CPU, "trampoline.S");
_Static_assert(sizeof(struct starting_cpu) == STARTING_BYTES, "trampoline.S");

/* trampoline.S reads both: whom it may let in. */
extern struct starting_cpu x86_starting_cpus[CPUS_MAX];
extern uint32_t x86_starting_count;

/* The trampoline as it lies in the kernel's constants, and places in it. */
extern const uint8_t trampoline_start[], trampoline_end[], trampoline_gdt[], trampoline_gdt_base[],
    trampoline_protected[], trampoline_long[], trampoline_values[];

/* Where the trampoline goes on, in the kernel's text. */
void x86_ap_entry(void);

/* The boot CPU out of IA-32e mode and back, through `page`, which `root` maps, to what x86_make_startup_tables() was told
 * with x86_paging_switched; returns from there with the boot CPU's tables loaded. Interrupts off; its task descriptor must
 * be available (not busy). */
void x86_switch_paging(paddr_t page, paddr_t root);
void x86_paging_switched(void);

/* The first C function on another CPU: on its own stack and tables, interrupts off, paging by the start-up tables. */
NORETURN void x86_ap_main(struct x86_cpu *cpu);

#endif
#endif
