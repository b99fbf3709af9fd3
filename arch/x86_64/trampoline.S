/*
 * Where every other CPU begins, in real mode, in a page below 1 MiB that the first part is copied to (smp.c): by way of
 * protected mode to long mode on the start-up tables, then into the kernel's text. Nothing in the page is written after
 * the copy, and there is no stack, so that all CPUs can run it at once; which of them a CPU is, it finds out at the end.
 * The boot CPU takes its last part to come back to other page tables: of more or fewer levels (paging_levels.c).
 * Source: SDM vol. 3A, 8.4.4 (start-up), 9.9.1 (to protected mode), 9.8.5 (to IA-32e mode and back).
 */
#include "x86/trampoline.h"

#define MSR_EFER          0xc0000080
#define CR0_PE            1
#define CR0_PG            (1 << 31)
#define CODE32            8 /* selectors of the descriptors below */
#define CODE64            16
#define DATA              24
#define CPUID_TOPOLOGY    0x0b
#define IN_PAGE(symbol)   (symbol - trampoline_start)
#define VALUE(member)     IN_PAGE(trampoline_values) + member

    .section .rodata
    .code16
    .balign 16
    .globl  trampoline_start
    .type   trampoline_start, @object
trampoline_start:
    cli
    cld
    mov     %cs, %ax
    mov     %ax, %ds
    movzwl  %ax, %ebx
    shl     $4, %ebx                        /* where the page is */
    lgdtl   IN_PAGE(trampoline_gdtr)
    mov     %cr0, %eax
    or      $CR0_PE, %eax
    mov     %eax, %cr0
    ljmpl   *VALUE(TRAMPOLINE_PROTECTED)

    .code32
trampoline_leave:                       /* from compatibility mode, EBX the page */
    mov     %cr0, %eax
    and     $~CR0_PG, %eax
    mov     %eax, %cr0                      /* and out of IA-32e mode */

    .globl  trampoline_protected
trampoline_protected:
    mov     $DATA, %eax
    mov     %eax, %ds
    mov     VALUE(TRAMPOLINE_CR4)(%ebx), %eax
    mov     %eax, %cr4
    mov     $MSR_EFER, %ecx
    mov     VALUE(TRAMPOLINE_EFER)(%ebx), %eax
    xor     %edx, %edx
    wrmsr                                   /* NXE before the tables that use it */
    mov     VALUE(TRAMPOLINE_CR3)(%ebx), %eax
    mov     %eax, %cr3
    mov     VALUE(TRAMPOLINE_CR0)(%ebx), %eax
    mov     %eax, %cr0                      /* paging, and the caches, which INIT leaves switched off */
    ljmp    *VALUE(TRAMPOLINE_LONG)(%ebx)

    .code64
    .globl  trampoline_long
trampoline_long:
    jmp     *trampoline_values + TRAMPOLINE_ENTRY(%rip)

    .balign 16
    .globl  trampoline_gdt
trampoline_gdt:
    .quad   0
    .quad   0x00cf9b000000ffff              /* CODE32: base 0, limit 4 GiB, accessed already */
    .quad   0x00af9b000000ffff              /* CODE64 */
    .quad   0x00cf93000000ffff              /* DATA */
trampoline_gdtr:
    .word   trampoline_gdtr - trampoline_gdt - 1
    .globl  trampoline_gdt_base
trampoline_gdt_base:
    .long   0                               /* smp.c: here, and all that follows */
    .balign 8
    .globl  trampoline_values
trampoline_values:
    .skip   TRAMPOLINE_VALUES_BYTES
    .globl  trampoline_end
trampoline_end:
    .size   trampoline_start, . - trampoline_start

/*
 * void x86_switch_paging(paddr_t page, paddr_t root): the boot CPU leaves IA-32e mode by way of the page, which `root`
 * maps, and comes back through it. Interrupts off; its task descriptor must be an available one again.
 */
    .text
    .globl  x86_switch_paging
    .type   x86_switch_paging, @function
x86_switch_paging:
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %rsp, stack_of_boot_cpu(%rip)
    mov     %rsi, %cr3
    mov     %rdi, %rbx
    lea     IN_PAGE(trampoline_gdt)(%rbx), %rax
    sub     $16, %rsp
    movw    $trampoline_gdtr - trampoline_gdt - 1, (%rsp)
    mov     %rax, 2(%rsp)
    lgdt    (%rsp)
    lea     IN_PAGE(trampoline_leave)(%rbx), %rax
    push    $CODE32
    push    %rax
    lretq
    .size   x86_switch_paging, . - x86_switch_paging

    .globl  x86_paging_switched
    .type   x86_paging_switched, @function
x86_paging_switched:
    mov     stack_of_boot_cpu(%rip), %rsp
    mov     $boot_cpu, %rdi
    call    x86_cpu_load
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    ret
    .size   x86_paging_switched, . - x86_paging_switched

/*
 * Looks for its APIC id among those that are expected, and claims the place; the first does, should two CPUs have one id
 * or one CPU come twice. Who has no place, or comes too late, parks here, on the start-up tables.
 */
    .globl  x86_ap_entry
    .type   x86_ap_entry, @function
x86_ap_entry:
    xor     %ebp, %ebp                      /* the outermost frame */
    xor     %eax, %eax
    cpuid
    cmp     $CPUID_TOPOLOGY, %eax
    jb      1f
    mov     $CPUID_TOPOLOGY, %eax
    xor     %ecx, %ecx
    cpuid
    mov     %edx, %esi                      /* all 32 bits of the id */
    test    %ebx, %ebx
    jnz     2f
1:  mov     $1, %eax
    cpuid
    mov     %ebx, %esi
    shr     $24, %esi
2:  mov     $x86_starting_cpus, %rbx
    mov     x86_starting_count, %ecx
3:  dec     %ecx
    js      4f
    cmp     %esi, STARTING_APIC_ID(%rbx)
    je      5f
    add     $STARTING_BYTES, %rbx
    jmp     3b
4:  cli
    hlt
    jmp     4b
5:  mov     $CPU_EXPECTED, %eax
    mov     $CPU_CLAIMED, %ecx
    lock cmpxchg %ecx, STARTING_STATE(%rbx)
    jne     4b
    mov     STARTING_CPU(%rbx), %rdi
    mov     CPU_MAIN_STACK_HIGH(%rdi), %rsp
    mov     %rdi, %rbx
    call    x86_cpu_load
    call    choose_canary
    mov     %rbx, %rdi
    call    x86_ap_main
    ud2
    .size   x86_ap_entry, . - x86_ap_entry

    .bss
    .balign 8
stack_of_boot_cpu:
    .skip   8

    .section .note.GNU-stack, "", @progbits
