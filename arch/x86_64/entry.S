/*
 * The way in and out of every interrupt and exception.
 */
#include "x86/descriptors.h"
#include "x86/entry_macros.inc"
#include "x86/exceptions.h"

#define MSR_GS_BASE 0xc0000101

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
    .globl  trap_stubs
    .type   trap_stubs, @function
trap_stubs:
    .set    number, 0
    .rept   256
    STUB    %number
    .set    number, number + 1
    .endr
    .size   trap_stubs, . - trap_stubs

    .macro RETURN
    POP_GENERAL_REGISTERS
    add     $16, %rsp                       /* vector and error code */
    iretq
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
    jnz     user_interrupt
    lfence                                  /* no speculation with the wrong GS (CVE-2019-1125) */
    mov     %rsp, %rdi
    call    trap_interrupt
    RETURN
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
    jnz     user_exception
    sub     $16, %rsp
    sgdt    6(%rsp)                         /* the base is 2 bytes further, at 8(%rsp) */
    pop     %rbx
    pop     %rbx
    sub     $X86_CPU_GDT, %rbx
    lea     trap_exception(%rip), %r13
    jmp     .Lcall_with_own_gs
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
    testb   $3, TRAP_FRAME_CS(%rsp)
    jz      1f
    cmpl    $X86_VECTOR_DB, TRAP_FRAME_VECTOR(%rsp)
    je      user_debug_exception
1:  mov     TRAP_FRAME_BYTES(%rsp), %rbx
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
    .globl  gate_attributes
    .type   gate_attributes, @object
gate_attributes:
    .set    number, 0
    .rept   256
    GATE    %number
    .set    number, number + 1
    .endr
    .size   gate_attributes, . - gate_attributes
    .section .note.GNU-stack, "", @progbits
