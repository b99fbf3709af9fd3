/*
 * Where every other CPU begins, in real mode, in a page below 1 MiB that the first part is copied to (smp.c): by way of
 * protected mode to long mode on the start-up tables, then into the kernel's text. Nothing in the page is written after
 * the copy, and there is no stack, so that all CPUs can run it at once; which of them a CPU is, it finds out at the end.
 * Source: SDM vol. 3A, 8.4.4 (start-up), 9.9.1 (to protected mode), 9.8.5 (to IA-32e mode).
 */
#include "x86/trampoline.h"

#define MSR_EFER          0xc0000080
#define CR0_PE            1
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
 * Looks for its APIC id among those that are expected, and claims the place; the first does, should two CPUs have one id
 * or one CPU come twice. Who has no place, or comes too late, parks here, on the start-up tables.
 */
    .text
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

    .section .note.GNU-stack, "", @progbits
