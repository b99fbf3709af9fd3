/*
 * The kernel's first instructions, and the way in and out of every interrupt and exception.
 *
 * The loader jumps here with interrupts off, the handoff in RDI, page tables that map the kernel,
 * and no stack. Before the first C call this code gives the CPU its own GDT, task register, IDT and
 * GS, so that a fault can be reported from there on.
 */
#include "x86/descriptors.h"
#include "x86/exceptions.h"

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

/*
 * A stub for each vector, 16 bytes apart. After it, whatever the vector, the stack holds struct
 * trap_frame from its member `vector` on:
 *
 *      ss  rsp  rflags  cs  rip        pushed by the CPU, which aligns the stack to 16 bytes first
 *      error                           by the CPU, or 0
 *      vector
 */
#define X(vector, mnemonic, name, ist, dpl) .set ist_of_##vector, ist ; .set dpl_of_##vector, dpl ;
X86_EXCEPTIONS(X)
#undef X

    .altmacro
    .macro STUB vector
    .balign 16
    .set    cpu_pushes_error, 0
    .if     \vector < X86_EXCEPTION_COUNT
    .set    cpu_pushes_error, (X86_EXC_WITH_ERROR_CODE >> \vector) % 2
    .endif
    .if     !cpu_pushes_error
    push    $0
    .endif
    push    $\vector
    .set    ist, 0
    .ifdef  ist_of_\vector
    .set    ist, ist_of_\vector
    .endif
    .if     ist
    jmp     entry_on_interrupt_stack
    .elseif \vector < X86_EXCEPTION_COUNT
    jmp     entry_exception
    .else
    jmp     entry_interrupt
    .endif
    .endm

    .text
    .balign 16
    .type   trap_stubs, @function
trap_stubs:
    .set    number, 0
    .rept   256
    STUB    %number
    .set    number, number + 1
    .endr
    .size   trap_stubs, . - trap_stubs

    .macro PUSH_GENERAL_REGISTERS
    push    %rax
    push    %rbx
    push    %rcx
    push    %rdx
    push    %rsi
    push    %rdi
    push    %rbp
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    .endm

    .macro POP_GENERAL_REGISTERS
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rbp
    pop     %rdi
    pop     %rsi
    pop     %rdx
    pop     %rcx
    pop     %rbx
    pop     %rax
    .endm

    .macro RETURN
    POP_GENERAL_REGISTERS
    add     $16, %rsp                       /* vector and error code */
    iretq
    .endm

/* CLAC where the CPU has SMAP: three bytes that patch_smap() in control.c fills in; else a NOP. */
    .macro CLEAR_AC
998:
    .byte   0x0f, 0x1f, 0x00                /* a three-byte NOP */
    .pushsection .smap_sites, "a", @progbits
    .quad   998b
    .popsection
    .endm

/* Interrupts. They come only where they are enabled, so the kernel's GS is right when ring 0 was
 * interrupted. */
    .balign 16
    .globl  trap_entries_start
    .type   entry_interrupt, @function
trap_entries_start:
entry_interrupt:
    PUSH_GENERAL_REGISTERS
    cld
    CLEAR_AC
    testb   $3, TRAP_FRAME_CS(%rsp)
    jz      1f
    swapgs
1:  lfence                                  /* no speculation with the wrong GS (CVE-2019-1125) */
    mov     %rsp, %rdi
    call    trap_interrupt
    testb   $3, TRAP_FRAME_CS(%rsp)
    jz      2f
    swapgs
2:  RETURN
    .size   entry_interrupt, . - entry_interrupt

/*
 * Exceptions on the current stack. One of ring 0 is most often a bug, and a wrong GS may be that bug:
 * the GDT's base says which CPU this is, because each CPU's GDT lies in its structure.
 */
    .balign 16
    .type   entry_exception, @function
entry_exception:
    PUSH_GENERAL_REGISTERS
    cld
    CLEAR_AC
    testb   $3, TRAP_FRAME_CS(%rsp)
    jnz     1f
    sub     $16, %rsp
    sgdt    6(%rsp)                         /* the base is 2 bytes further, at 8(%rsp) */
    pop     %rbx
    pop     %rbx
    sub     $X86_CPU_GDT, %rbx
    lea     trap_exception(%rip), %r13
    jmp     .Lcall_with_own_gs
1:  swapgs
    lfence
    mov     %rsp, %rdi
    call    trap_exception
    swapgs
    RETURN
    .size   entry_exception, . - entry_exception

/*
 * #DB, NMI, #DF and #MC can come between any two instructions, the first of a system call included,
 * so neither GS nor the stack says whose they are. The word above the frame does: it is the top of
 * this CPU's own interrupt stack.
 */
    .balign 16
    .type   entry_on_interrupt_stack, @function
entry_on_interrupt_stack:
    PUSH_GENERAL_REGISTERS
    cld
    CLEAR_AC
    mov     TRAP_FRAME_BYTES(%rsp), %rbx
    lea     trap_on_interrupt_stack(%rip), %r13

/* RBX: this CPU's structure, R13: what to call. RBX and R12, the interrupted GS base, are saved by every C function. */
.Lcall_with_own_gs:
    mov     $MSR_GS_BASE, %ecx
    rdmsr
    shl     $32, %rdx
    lea     (%rdx, %rax), %r12
    mov     %r12, CPU_TRAPPED_GS(%rbx)
    cmp     %rbx, %r12
    je      1f
    mov     %rbx, %rax
    mov     %rbx, %rdx
    shr     $32, %rdx
    wrmsr
1:  lfence
    mov     %rsp, %rdi
    call    *%r13
    cmp     %rbx, %r12
    je      2f
    mov     %r12, %rax
    mov     %r12, %rdx
    shr     $32, %rdx
    mov     $MSR_GS_BASE, %ecx
    wrmsr
2:  testb   $3, TRAP_FRAME_CS(%rsp)
    jnz     3f
    cmpl    $0, CPU_NMI_DEPTH(%rbx)
    jne     return_within_nmi
3:  RETURN
    .size   entry_on_interrupt_stack, . - entry_on_interrupt_stack

/*
 * IRETQ ends the blocking of NMIs (SDM vol. 3A, 6.7.1), and one that came then would overwrite the
 * frame of the one being handled. So what is handled within an NMI returns by POPFQ and RET, from
 * below the interrupted stack pointer, where the kernel keeps nothing (-mno-red-zone). That place can
 * be the frame's own last words: they are read before.
 */
    .type   return_within_nmi, @function
return_within_nmi:
    mov     TRAP_FRAME_RIP(%rsp), %rdx
    mov     TRAP_FRAME_RFLAGS(%rsp), %rcx
    mov     TRAP_FRAME_RSP(%rsp), %rax
    sub     $16, %rax
    mov     %rax, TRAP_FRAME_CS(%rsp)       /* not needed any more: the way to the new stack */
    mov     %rcx, (%rax)
    mov     %rdx, 8(%rax)
    POP_GENERAL_REGISTERS
    mov     TRAP_FRAME_CS - TRAP_FRAME_VECTOR(%rsp), %rsp
    popfq
    ret
    .size   return_within_nmi, . - return_within_nmi
    .globl  trap_entries_end
trap_entries_end:

/* void x86_call_on_stack(vaddr_t top, void (*function)(struct trap_frame *), struct trap_frame *argument) */
    .globl  x86_call_on_stack
    .type   x86_call_on_stack, @function
x86_call_on_stack:
    push    %rbp
    mov     %rsp, %rbp
    mov     %rdi, %rsp
    mov     %rdx, %rdi
    call    *%rsi
    mov     %rbp, %rsp
    pop     %rbp
    ret
    .size   x86_call_on_stack, . - x86_call_on_stack

/*
 * size_t arch_probe_read(void *to, vaddr_t from, size_t bytes): copies what can be read and returns how
 * many bytes could not. A fault at the copy goes on behind it.
 */
    .globl  arch_probe_read
    .type   arch_probe_read, @function
arch_probe_read:
    mov     %rdx, %rcx
1:  rep movsb
2:  mov     %rcx, %rax
    ret
    .size   arch_probe_read, . - arch_probe_read
    .pushsection .exception_table, "a", @progbits
    .quad   1b, 2b
    .popsection

/* The gates' attributes, from the table of exceptions; other vectors are interrupts for ring 0. */
#define GATE_INTERRUPT 0x8e00
#define GATE_DPL_SHIFT 13
    .macro GATE vector
    .ifdef  ist_of_\vector
    .word   GATE_INTERRUPT | dpl_of_\vector << GATE_DPL_SHIFT | ist_of_\vector
    .else
    .word   GATE_INTERRUPT
    .endif
    .endm

    .section .rodata
    .balign 2
    .type   gate_attributes, @object
gate_attributes:
    .set    number, 0
    .rept   256
    GATE    %number
    .set    number, number + 1
    .endr
    .size   gate_attributes, . - gate_attributes
    .balign 8
    .type   idt_register, @object
idt_register:
    .word   256 * GATE_BYTES - 1
    .quad   idt
    .size   idt_register, . - idt_register

    .bss
    .balign 16
    .globl idt
    .type   idt, @object
idt:
    .skip   256 * GATE_BYTES
    .size   idt, . - idt

    .section .note.GNU-stack, "", @progbits
