/*
 * unsigned probe_breakpoint(void): INT3 with a different value in every general register and with
 * CF, PF, AF, ZF, SF, DF and OF set; returns how many of registers, flags and stack pointer came
 * back changed.
 */
#define FLAGS_SET 0xcd5                         /* CF PF AF ZF SF DF OF */
#define FLAGS_IF  0x200

    .macro  CHECK register, value
    push    %rax
    mov     $\value, %rax
    cmp     %rax, \register
    pop     %rax
    je      1f
    incl    changed(%rip)
1:
    .endm

    .text
    .globl  probe_breakpoint
    .type   probe_breakpoint, @function
probe_breakpoint:
    push    %rbp
    push    %rbx
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    movl    $0, changed(%rip)
    pushfq
    pop     %rax
    and     $FLAGS_IF, %rax
    or      $FLAGS_SET + 2, %rax                /* bit 1 is always 1 */
    mov     %rax, flags_before(%rip)
    mov     %rsp, stack_before(%rip)
    push    %rax
    mov     $0x1111111111111101, %rbx
    mov     $0x1111111111111102, %rcx
    mov     $0x1111111111111103, %rdx
    mov     $0x1111111111111104, %rsi
    mov     $0x1111111111111105, %rdi
    mov     $0x1111111111111106, %rbp
    mov     $0x1111111111111108, %r8
    mov     $0x1111111111111109, %r9
    mov     $0x111111111111110a, %r10
    mov     $0x111111111111110b, %r11
    mov     $0x111111111111110c, %r12
    mov     $0x111111111111110d, %r13
    mov     $0x111111111111110e, %r14
    mov     $0x111111111111110f, %r15
    mov     $0x1111111111111100, %rax
    popfq
    int3
    pushfq
    cld
    CHECK   %rbx, 0x1111111111111101
    CHECK   %rcx, 0x1111111111111102
    CHECK   %rdx, 0x1111111111111103
    CHECK   %rsi, 0x1111111111111104
    CHECK   %rdi, 0x1111111111111105
    CHECK   %rbp, 0x1111111111111106
    CHECK   %r8,  0x1111111111111108
    CHECK   %r9,  0x1111111111111109
    CHECK   %r10, 0x111111111111110a
    CHECK   %r11, 0x111111111111110b
    CHECK   %r12, 0x111111111111110c
    CHECK   %r13, 0x111111111111110d
    CHECK   %r14, 0x111111111111110e
    CHECK   %r15, 0x111111111111110f
    mov     $0x1111111111111100, %rbx
    cmp     %rbx, %rax
    je      2f
    incl    changed(%rip)
2:  pop     %rax
    cmp     flags_before(%rip), %rax
    je      3f
    incl    changed(%rip)
3:  cmp     stack_before(%rip), %rsp
    je      4f
    incl    changed(%rip)
4:  mov     changed(%rip), %eax
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbx
    pop     %rbp
    ret
    .size   probe_breakpoint, . - probe_breakpoint

    .bss
    .balign 8
flags_before:
    .skip   8
stack_before:
    .skip   8
changed:
    .skip   4

    .section .note.GNU-stack, "", @progbits
