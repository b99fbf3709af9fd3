/*
 * void switch_levels(uint64_t root): from paging of 4 levels to 5, or back, on the tables of this root, which lies below
 * 4 GiB as this code and the stack do. Paging is off meanwhile, so all of them must be where they are mapped. Source: SDM
 * vol. 3A, 9.8.5.
 */
#define CR0_PG       (1 << 31)
#define CR4_LA57_BIT 12
#define CODE32       8
#define CODE64       16

    .text
    .globl switch_levels
switch_levels:
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    pushfq
    cli
    mov     %rsp, stack(%rip)
    mov     %cs, firmware_code(%rip)
    sgdt    firmware_gdt(%rip)
    lea     gdt(%rip), %rax
    mov     %rax, gdt_base(%rip)
    lgdt    gdt_register(%rip)
    lea     2f(%rip), %rsi
    lea     1f(%rip), %rax
    push    $CODE32
    push    %rax
    lretq

    .code32
1:  mov     %cr0, %eax
    and     $~CR0_PG, %eax
    mov     %eax, %cr0
    mov     %cr4, %eax
    btc     $CR4_LA57_BIT, %eax
    mov     %eax, %cr4
    mov     %edi, %cr3
    mov     %cr0, %eax
    or      $CR0_PG, %eax
    mov     %eax, %cr0
    push    $CODE64
    push    %esi
    lret

    .code64
2:  mov     stack(%rip), %rsp
    lgdt    firmware_gdt(%rip)
    lea     3f(%rip), %rax
    push    firmware_code(%rip)
    push    %rax
    lretq
3:  popfq
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    ret

    .data
    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff              /* CODE32: base 0, limit 4 GiB, accessed already */
    .quad   0x00af9b000000ffff              /* CODE64 */
gdt_register:
    .word   gdt_register - gdt - 1
gdt_base:
    .quad   0
firmware_gdt:
    .skip   10
    .balign 8
firmware_code:
    .quad   0
stack:
    .quad   0

    .section .note.GNU-stack, "", @progbits
