/*
 * The only code that runs on two sets of page tables: firmware's, and ours, which map this page at
 * its physical address and nothing else of the loader's. Interrupts are off.
 */
    .text
    .balign 4096
    .globl jump_page, jump_to_kernel
jump_page:
jump_to_kernel:                 /* rdi root, rsi entry, rdx handoff (System V) */
    push $2                     /* no NT, no TF, no DF: an IRETQ with NT set would fault */
    popf
    mov  %cr4, %rax
    btr  $23, %rax              /* CET off: the firmware's shadow stack will not be mapped */
    mov  %rax, %cr4
    mov  %rdi, %cr3
    xor  %esp, %esp             /* the kernel brings its own; a push before that faults */
    xor  %ebp, %ebp
    mov  %rdx, %rdi
    jmp  *%rsi
    .balign 4096

    .section .note.GNU-stack, "", @progbits
