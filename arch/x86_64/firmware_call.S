/* The way into the firmware's address space and back, however the firmware ends. See x86/firmware.h. */

    .text
    .globl  x86_firmware_call
    .type   x86_firmware_call, @function
x86_firmware_call:
    push    %rbp
    mov     %rsp, %rbp
    push    %rbx
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %cr3, %rax
    push    %rax
    mov     %rsp, x86_firmware_sp(%rip)
    mov     %rdi, %cr3
    mov     %rsi, %rsp                      /* a multiple of 16, as calls need it */
    mov     %rcx, %rdi
    sti
    call    *%rdx
    cli
    mov     $1, %eax
    jmp     1f

/* With the flags that a handler has put into the frame: interrupts off, DF and AC clear. */
    .globl  x86_firmware_broken_off
x86_firmware_broken_off:
    xor     %eax, %eax
1:  mov     x86_firmware_sp(%rip), %rsp
    cld
    pop     %rcx
    mov     %rcx, %cr3
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbx
    pop     %rbp
    ret
    .size   x86_firmware_call, . - x86_firmware_call

    .bss
    .balign 8
    .globl  x86_firmware_sp
    .type   x86_firmware_sp, @object
x86_firmware_sp:
    .skip   8
    .size   x86_firmware_sp, . - x86_firmware_sp

    .section .note.GNU-stack, "", @progbits
