/*
 * Segment and gate descriptors, selectors and the task state. Source: Intel SDM vol.
 * 3A, 3.4.5, 5.8.8 (SYSRET takes the user's SS and CS 8 and 16 above STAR[63:48]), 6.14.1, 7.7.
 */
#ifndef X86_DESCRIPTORS_H
#define X86_DESCRIPTORS_H

#define GDT_NULL        0
#define GDT_KERNEL_CODE 1
#define GDT_KERNEL_DATA 2
#define GDT_USER_CODE32 3 /* STAR[63:48] points here; never used itself */
#define GDT_USER_DATA   4
#define GDT_USER_CODE   5
#define GDT_TSS         6 /* a system descriptor takes two entries */
#define GDT_ENTRY_COUNT 8

#define SELECTOR_KERNEL_CODE (GDT_KERNEL_CODE * 8)
#define SELECTOR_KERNEL_DATA (GDT_KERNEL_DATA * 8)
#define SELECTOR_TSS         (GDT_TSS * 8)
#define SELECTOR_USER_BASE   (GDT_USER_CODE32 * 8 + 3)
#define SELECTOR_USER_DATA   (GDT_USER_DATA * 8 + 3)
#define SELECTOR_USER_CODE   (GDT_USER_CODE * 8 + 3)

/* Offsets that start.S and entry.S use; asserted in cpu_state.c. */
#define CPU_CANARY          40
#define CPU_NMI_DEPTH       52
#define CPU_TRAPPED_GS      56
#define CPU_MAIN_STACK_HIGH 80
#define CPU_USER            168
#define CPU_KERNEL_SP       176
#define CPU_USER_SP         184
#define CPU_LEAVE_USER      192
#define X86_CPU_GDT         3072
#define X86_CPU_TSS         3136
#define TSS_RSP0            4
#define TSS_IST1            36
#define IST_COUNT           4
#define TRAP_FRAME_BYTES    176
#define TRAP_FRAME_R10      40
#define TRAP_FRAME_R9       48
#define TRAP_FRAME_R8       56
#define TRAP_FRAME_RDI      72
#define TRAP_FRAME_RSI      80
#define TRAP_FRAME_RDX      88
#define TRAP_FRAME_RAX      112
#define TRAP_VECTOR_SYSCALL 256 /* in a frame's place for the vector: SYSCALL has none */
#define TRAP_FRAME_VECTOR   120
#define TRAP_FRAME_RIP      136
#define TRAP_FRAME_CS       144
#define TRAP_FRAME_RFLAGS   152
#define TRAP_FRAME_RSP      160

/* The uppermost 16 bytes of each interrupt stack: the address of the CPU's own structure, and
 * padding. */
#define IST_TOP_BYTES 16

#define GATE_BYTES 16

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "kernel/cpu.h"
#include "lib/bits.h"
#include "lib/compiler.h"

/* Attributes of a segment descriptor as they lie in its upper half. Accessed is preset: the GDT may
 * be read-only. */
#define SEG_ACCESSED   BIT(40)
#define SEG_WRITABLE   BIT(41) /* data */
#define SEG_READABLE   BIT(41) /* code */
#define SEG_CODE       BIT(43)
#define SEG_NOT_SYSTEM BIT(44)
#define SEG_DPL3       (BIT(45) | BIT(46))
#define SEG_PRESENT    BIT(47)
#define SEG_LONG       BIT(53)
#define SEG_TSS_AVAIL  (BIT(40) | BIT(43))

#define SEG_DESC_DATA (SEG_ACCESSED | SEG_WRITABLE | SEG_NOT_SYSTEM | SEG_PRESENT)
#define SEG_DESC_CODE                                                                              \
    (SEG_ACCESSED | SEG_READABLE | SEG_CODE | SEG_NOT_SYSTEM | SEG_PRESENT | SEG_LONG)

#define SEG_DESC_TSS (SEG_TSS_AVAIL | SEG_PRESENT | (sizeof(struct tss) - 1)) /* without its base */

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[0] is IST1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_bitmap; /* at or past the limit: no bitmap, no port is open to ring 3 */
} PACKED;

_Static_assert(sizeof(struct tss) == 104, "SDM vol. 3A, figure 7-11");

/* The machine's part of a CPU's structure, reached from the common part, which comes first. */
struct x86_cpu {
    struct cpu common;
    uint64_t gdt[GDT_ENTRY_COUNT] ALIGNED(
        1024); /* so that its offset need not follow each change above */
    struct tss tss;
    _Atomic(paddr_t) root; /* of the address space in use */
    bool was_set;          /* its control registers are what they shall be */
    bool had_other_mtrrs;  /* than the boot CPU's, when it came up */
    uint32_t microcode;    /* revision; 0: not known, or none */
};

extern struct x86_cpu
    boot_cpu; /* the first CPU's, static so that it is there before anything else */

/* The gates, two words each (SDM vol. 3A, figure 6-8); start.S fills them. One table for all CPUs. */
extern uint64_t idt[];

/* start.S: loads GDT, task register, IDT and GS of the CPU whose structure is given. Any stack;
 * interrupts off. */
void x86_cpu_load(struct x86_cpu *cpu);

#define MAIN_STACK_BYTES                                                                           \
    (32 * KIB) /* of every CPU but the first, which runs the boot on twice as much */
#define BOOT_STACK_BYTES      (64 * KIB)
#define INTERRUPT_STACK_BYTES (16 * KIB)

#endif
#endif
