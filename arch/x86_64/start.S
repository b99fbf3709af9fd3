/*
 * The first instructions of the kernel on the boot CPU, and what every CPU does before its first C call.
 *
 * The loader jumps here with interrupts off, the handoff in RDI, page tables that map the kernel,
 * and no stack. Before the first C call this code gives the CPU its own GDT, task register, IDT and
 * GS, so that a fault can be reported from there on. Other CPUs come by way of trampoline.S.
 */
#include "x86/descriptors.h"

#define MSR_GS_BASE        0xc0000101
#define CPUID_1_ECX_RDRAND 30
#define CANARY_MIX         0x9e3779b97f4a7c15 /* odd, with bits all over: 2^64 / the golden ratio */

    .section .text.entry, "ax", @progbits
    .globl kernel_entry
    .type   kernel_entry, @function
kernel_entry:
    cli
    cld
    lea     boot_stack_top(%rip), %rsp
    xor     %ebp, %ebp                      /* the outermost frame: backtraces end here */
    mov     %rdi, %rbx
    call    idt_build
    mov     $boot_cpu, %rdi
    call    x86_cpu_load
    call    choose_canary
    mov     %rbx, %rdi
    call    kernel_main
    ud2
    .size   kernel_entry, . - kernel_entry

/*
 * Writes the 256 gates. Stub n lies at trap_stubs + 16 n; gate_attributes[n] is the word at offset
 * 4 of its gate: interrupt stack, gate type, privilege, present (SDM vol. 3A, figure 6-8).
 */
    .type   idt_build, @function
idt_build:
    lea     idt(%rip), %rdi
    lea     trap_stubs(%rip), %rax
    lea     gate_attributes(%rip), %rsi
    mov     $256, %ecx
1:  mov     %ax, (%rdi)                     /* offset 15..0 */
    movw    $SELECTOR_KERNEL_CODE, 2(%rdi)
    mov     (%rsi), %dx
    mov     %dx, 4(%rdi)
    mov     %rax, %rdx
    shr     $16, %rdx
    mov     %dx, 6(%rdi)                    /* offset 31..16 */
    shr     $16, %rdx
    mov     %edx, 8(%rdi)                   /* offset 63..32; the rest stays 0 */
    add     $16, %rax
    add     $2, %rsi
    add     $GATE_BYTES, %rdi
    dec     %ecx
    jnz     1b
    ret
    .size   idt_build, . - idt_build

/*
 * Gives this CPU a canary of its own, before any function has put one on the stack: random where the CPU has RDRAND
 * (SDM vol. 1, 7.3.17.1; a few tries, for it may be empty), else from the time-stamp counter. The lowest byte is 0, which
 * ends a string that runs into it.
 */
    .globl  choose_canary
    .type   choose_canary, @function
choose_canary:
    push    %rbx
    mov     $1, %eax
    cpuid
    mov     $10, %esi
    bt      $CPUID_1_ECX_RDRAND, %ecx
    jnc     2f
1:  rdrand  %rax
    jc      3f
    dec     %esi
    jnz     1b
2:  rdtsc
    shl     $32, %rdx
    or      %rdx, %rax
    mov     $CANARY_MIX, %rdx
    imul    %rdx, %rax
3:  shl     $8, %rax
    mov     %rax, %gs:CPU_CANARY
    pop     %rbx
    ret
    .size   choose_canary, . - choose_canary

/* void x86_cpu_load(struct x86_cpu *cpu): what every CPU runs before its first C call. */
    .globl x86_cpu_load
    .type   x86_cpu_load, @function
x86_cpu_load:
    lea     X86_CPU_TSS(%rdi), %rax         /* the base, in four pieces (SDM vol. 3A, fig. 7-4) */
    mov     %ax, X86_CPU_GDT + GDT_TSS * 8 + 2(%rdi)
    shr     $16, %rax
    mov     %al, X86_CPU_GDT + GDT_TSS * 8 + 4(%rdi)
    mov     %ah, X86_CPU_GDT + GDT_TSS * 8 + 7(%rdi)
    shr     $16, %rax
    mov     %eax, X86_CPU_GDT + GDT_TSS * 8 + 8(%rdi)

    lea     X86_CPU_GDT(%rdi), %rax
    sub     $16, %rsp
    movw    $GDT_ENTRY_COUNT * 8 - 1, (%rsp)
    mov     %rax, 2(%rsp)
    lgdt    (%rsp)
    add     $16, %rsp
    lea     1f(%rip), %rax
    push    $SELECTOR_KERNEL_CODE
    push    %rax
    lretq
1:  xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %fs
    mov     %eax, %gs                       /* first: loading a selector clears the base */
    mov     $SELECTOR_KERNEL_DATA, %eax
    mov     %eax, %ss
    mov     $SELECTOR_TSS, %eax
    ltr     %ax
    mov     %rdi, %rax
    mov     %rdi, %rdx
    shr     $32, %rdx
    mov     $MSR_GS_BASE, %ecx
    wrmsr

    mov     $IST_COUNT, %ecx                /* each interrupt stack's top word: whose it is */
2:  mov     X86_CPU_TSS + TSS_IST1 - 8(%rdi, %rcx, 8), %rax
    mov     %rdi, (%rax)
    loop    2b
    lidt    idt_register(%rip)
    ret
    .size   x86_cpu_load, . - x86_cpu_load

    .section .rodata
    .balign 8
    .type   idt_register, @object
idt_register:
    .word   256 * GATE_BYTES - 1
    .quad   idt
    .size   idt_register, . - idt_register

    .section .bss.after_init, "aw", @nobits
    .balign 16
    .globl idt
    .type   idt, @object
idt:
    .skip   256 * GATE_BYTES
    .size   idt, . - idt

    .section .note.GNU-stack, "", @progbits
