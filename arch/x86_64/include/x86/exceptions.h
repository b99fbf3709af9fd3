/*
 * The exceptions as one table, for assembly and C. Columns: vector, mnemonic, name, interrupt stack
 * (0: the current one; the numbers are those of enum stack_kind), lowest ring that may raise it by
 * INT n. Vectors that are not listed below 32 are reserved. Source: Intel SDM vol. 3A, table 6-1;
 * AMD APM vol. 2, 8.2 for 28 to 30.
 */
#ifndef X86_EXCEPTIONS_H
#define X86_EXCEPTIONS_H

/* clang-format off */
#define X86_EXCEPTIONS(X) \
    X( 0, DE, "divide error",                    0, 0) \
    X( 1, DB, "debug exception",                 1, 0) \
    X( 2, NMI, "non-maskable interrupt",         2, 0) \
    X( 3, BP, "breakpoint",                      0, 3) \
    X( 4, OF, "overflow",                        0, 0) \
    X( 5, BR, "bound range exceeded",            0, 0) \
    X( 6, UD, "invalid opcode",                  0, 0) \
    X( 7, NM, "device not available",            0, 0) \
    X( 8, DF, "double fault",                    3, 0) \
    X(10, TS, "invalid TSS",                     0, 0) \
    X(11, NP, "segment not present",             0, 0) \
    X(12, SS, "stack-segment fault",             0, 0) \
    X(13, GP, "general protection fault",        0, 0) \
    X(14, PF, "page fault",                      0, 0) \
    X(16, MF, "x87 floating-point error",        0, 0) \
    X(17, AC, "alignment check",                 0, 0) \
    X(18, MC, "machine check",                   4, 0) \
    X(19, XM, "SIMD floating-point error",       0, 0) \
    X(20, VE, "virtualization exception",        0, 0) \
    X(21, CP, "control protection exception",    0, 0) \
    X(28, HV, "hypervisor injection exception",  0, 0) \
    X(29, VC, "VMM communication exception",     0, 0) \
    X(30, SX, "security exception",              0, 0)
/* clang-format on */

/* Vectors for which the CPU pushes an error code, one bit each. */
#define X86_EXC_WITH_ERROR_CODE 0x60227d00 /* 8 10 11 12 13 14 17 21 29 30 */

#define X86_EXCEPTION_COUNT 32
#define X86_VECTOR_DB       1 /* for entry.S */

#ifndef __ASSEMBLER__
#include "lib/bits.h"

enum {
#define X(vector, mnemonic, name, ist, dpl) X86_EXC_##mnemonic = vector,
    X86_EXCEPTIONS(X)
#undef X
};
#endif

/* The error code of a page fault (SDM vol. 3A, 4.7). */
#define PF_PRESENT  BIT(0)
#define PF_WRITE    BIT(1)
#define PF_USER     BIT(2)
#define PF_RESERVED BIT(3)
#define PF_FETCH    BIT(4)
#define PF_KEY      BIT(5)
#define PF_SHADOW   BIT(6)
#define PF_SGX      BIT(15)

/* Interrupt vectors. The PIC's sixteen lie where they can be told apart if one gets through
 * although masked. */
#define VECTOR_PIC_FIRST      0x20
#define VECTOR_PIC_SPURIOUS_1 0x27
#define VECTOR_PIC_SPURIOUS_2 0x2f
#define VECTOR_LAPIC_TIMER    0xf0
#define VECTOR_CALL           0xf1 /* another CPU asks for something */
#define VECTOR_LAPIC_ERROR    0xfe
#define VECTOR_LAPIC_SPURIOUS 0xff /* bits 0 to 3 set, as old APICs demand (SDM vol. 3A, 10.9) */

#endif
