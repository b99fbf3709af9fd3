/*
 * What a stub and the CPU leave on the stack; entry.S draws it and pushes it in this order, from
 * the bottom up. Its size is a multiple of 16, so that the stack is aligned for C in both kinds of
 * stub: with and without an error code.
 */
#ifndef X86_TRAP_FRAME_H
#define X86_TRAP_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "x86/descriptors.h"

struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error;                    /* 0 where the CPU pushes none */
    uint64_t rip, cs, rflags, rsp, ss; /* pushed by the CPU, from ss down */
};

_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_BYTES,
               "entry.S finds the interrupt stack's top behind it");
_Static_assert(sizeof(struct trap_frame) % 16 == 0,
               "System V ABI: the stack is 16-byte aligned at a call");
_Static_assert(offsetof(struct trap_frame, r10) == TRAP_FRAME_R10 &&
                   offsetof(struct trap_frame, r9) == TRAP_FRAME_R9 &&
                   offsetof(struct trap_frame, r8) == TRAP_FRAME_R8 &&
                   offsetof(struct trap_frame, rdi) == TRAP_FRAME_RDI &&
                   offsetof(struct trap_frame, rsi) == TRAP_FRAME_RSI &&
                   offsetof(struct trap_frame, rdx) == TRAP_FRAME_RDX &&
                   offsetof(struct trap_frame, rax) == TRAP_FRAME_RAX,
               "user_entry.S");
_Static_assert(offsetof(struct trap_frame, vector) == TRAP_FRAME_VECTOR &&
                   offsetof(struct trap_frame, rip) == TRAP_FRAME_RIP &&
                   offsetof(struct trap_frame, cs) == TRAP_FRAME_CS &&
                   offsetof(struct trap_frame, rflags) == TRAP_FRAME_RFLAGS &&
                   offsetof(struct trap_frame, rsp) == TRAP_FRAME_RSP,
               "entry.S");

#endif
