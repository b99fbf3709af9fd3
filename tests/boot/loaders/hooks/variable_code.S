/*
 * What stands in the place of the firmware's variable services. The block is copied to a page that stays the firmware's
 * after it was left, so everything in it is reached relative to RIP; the numbers at its end are filled in before.
 */
    .text
    .globl  variable_code, variable_code_end
    .globl  set_answer, set_hang, set_masked, set_fault, set_jump, set_stack, set_second
    .globl  query_answer, query_numbers
    .globl  variable_status, variable_real, variable_free, variable_largest
variable_code:

/* EFI_STATUS SetVariable(name RCX, guid RDX, attributes R8, size R9, data 40(RSP)) */
set_answer:
query_answer:
    mov     variable_status(%rip), %rax
    ret
set_masked:
    cli
set_hang:
    jmp     set_hang
set_fault:
    mov     $0x10, %eax
    mov     (%rax), %rax
    ret
set_jump:
    mov     $0x123456789abcdef0, %rax
    jmp     *%rax
set_stack:
    mov     $0x20, %esp
    push    %rax
    ret

/* The second part of a record, whose name ends in 1, is refused. */
set_second:
    cmpw    $'1', 32(%rcx)
    je      set_answer
    jmp     *variable_real(%rip)

/* EFI_STATUS QueryVariableInfo(attributes ECX, total RDX, free R8, largest R9) */
query_numbers:
    mov     variable_free(%rip), %rax
    mov     %rax, (%rdx)
    mov     %rax, (%r8)
    mov     variable_largest(%rip), %rax
    mov     %rax, (%r9)
    xor     %eax, %eax
    ret

    .balign 8
variable_status:
    .quad   0
variable_real:
    .quad   0
variable_free:
    .quad   0
variable_largest:
    .quad   0
variable_code_end:
    .section .note.GNU-stack, "", @progbits
