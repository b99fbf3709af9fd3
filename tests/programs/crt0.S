/*
 * From the kernel's start of a program (abi/start.h) to main(argc, argv), and from its result to exit. A program that looks at
 * the registers of its start has a _start of its own, which goes on at start_main.
 */
#include "abi/call.h"

    .section .text.start, "ax", @progbits
    .weak _start
    .globl start_main
    .type _start, @function
_start:
start_main:
    movq (%rsp), %rdi
    leaq 8(%rsp), %rsi
    call main               /* RSP is a multiple of 16 here, as the ABI wants it at a call */
    movslq %eax, %rdi
    movl $FL_CALL_EXIT, %eax
    syscall
    ud2                     /* exit does not return */
    .size _start, . - _start

/* What compilers call where a program copies or clears a structure. */
    .text
    .globl memcpy
    .type memcpy, @function
memcpy:
    movq %rdi, %rax
    movq %rdx, %rcx
    rep movsb
    ret
    .size memcpy, . - memcpy

    .globl memset
    .type memset, @function
memset:
    movq %rdi, %r8
    movl %esi, %eax
    movq %rdx, %rcx
    rep stosb
    movq %r8, %rax
    ret
    .size memset, . - memset

    .section .note.GNU-stack, "", @progbits
