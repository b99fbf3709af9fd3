/* From the kernel's start of a program (abi/start.h) to main(argc, argv), and from its result to exit. */
#include "abi/call.h"

    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    movq (%rsp), %rdi
    leaq 8(%rsp), %rsi
    call main               /* RSP is a multiple of 16 here, as the ABI wants it at a call */
    movslq %eax, %rdi
    movl $FL_CALL_EXIT, %eax
    syscall
    ud2                     /* exit does not return */
    .size _start, . - _start

    .section .note.GNU-stack, "", @progbits
