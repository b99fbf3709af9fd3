/*
 * What a program's own fault handler is given. It is called with RDI pointing at one of these, on the
 * stack that FL_CALL_ON_FAULT named: the frame lies there, aligned to 16 bytes, and RSP 8 bytes below it, as
 * after a call, with 0 as the return address. The handler may change the frame and go on with
 * FL_CALL_RESUME. A fault while it runs, or a stack that cannot be written, ends the program.
 */
#ifndef ABI_FAULT_H
#define ABI_FAULT_H

#include <stdint.h>

struct fl_fault {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rsp, rflags;
    uint64_t vector;  /* 0 #DE, 3 #BP, 6 #UD, 13 #GP, 14 #PF */
    uint64_t error;   /* the exception's error code, 0 where it has none (SDM vol. 3A, 6.13) */
    uint64_t address; /* of a #PF: the one that was used; else 0 */
    uint64_t reserved;
};

#endif
