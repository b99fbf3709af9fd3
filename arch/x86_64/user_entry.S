/*
 * The way into ring 3 and back. x86_user_enter() is called by the scheduler and returns when the program is to be left;
 * between these, system calls, interrupts and exceptions of ring 3 come and go. Their frame always lies in the
 * program's own structure (struct user_state, which TSS.RSP0 points behind), the kernel runs on this CPU's stack from
 * where x86_user_enter() left it. So a program that is left needs no stack, and there is one way back for all.
 *
 * The way back restores every general register, so none of the kernel's values can be seen in one. Interrupts are off
 * wherever GS is not the kernel's; NMI, #DB and #MC can come there all the same, and find out by themselves (entry.S).
 */
#include "abi/call.h"
#include "abi/error.h"
#include "x86/descriptors.h"
#include "x86/entry_macros.inc"

#define SAVED_BYTES       56                /* by x86_user_enter, its frame record on top */
#define RFLAGS_TF_OR_RF   0x10100
#define USER_ADDRESS_BITS 47
#define FRAME_WORDS       (TRAP_FRAME_BYTES / 8)

    .text

/* On the kernel's stack from here on; RDI: the frame. The frame record makes the scheduler the caller in backtraces. */
    .macro LEAVE_FRAME
    mov     %rsp, %rdi
    mov     %gs:CPU_KERNEL_SP, %rsp
    lea     SAVED_BYTES - 8(%rsp), %rbp
    .endm

/* void x86_user_enter(void): interrupts off, cpu->user and TSS.RSP0 set. */
    .globl  x86_user_enter
    .type   x86_user_enter, @function
x86_user_enter:
    push    %rbp
    mov     %rsp, %rbp
    push    %rbx
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    sub     $8, %rsp                        /* aligned for calls */
    mov     %rsp, %gs:CPU_KERNEL_SP

.Lreturn_to_user:
    cmpb    $0, %gs:CPU_LEAVE_USER
    jne     .Lleave_user
    mov     %gs:CPU_USER, %rsp
    cmpl    $TRAP_VECTOR_SYSCALL, TRAP_FRAME_VECTOR(%rsp)
    jne     1f

    /* SYSRET faults in ring 0, on the program's stack, when RCX is not canonical (SDM vol. 2B, SYSRET), and it restores
     * neither TF as IRET does nor RF. */
    mov     TRAP_FRAME_RIP(%rsp), %rcx
    shr     $USER_ADDRESS_BITS, %rcx
    jnz     1f
    testl   $RFLAGS_TF_OR_RF, TRAP_FRAME_RFLAGS(%rsp)
    jnz     1f
    swapgs
    POP_GENERAL_REGISTERS
    mov     TRAP_FRAME_RIP - TRAP_FRAME_VECTOR(%rsp), %rcx
    mov     TRAP_FRAME_RFLAGS - TRAP_FRAME_VECTOR(%rsp), %r11
    mov     TRAP_FRAME_RSP - TRAP_FRAME_VECTOR(%rsp), %rsp
    sysretq
1:  swapgs
    POP_GENERAL_REGISTERS
    add     $16, %rsp                       /* vector and error code */
    iretq

.Lleave_user:
    mov     %gs:CPU_KERNEL_SP, %rsp
    add     $8, %rsp
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbx
    pop     %rbp
    ret
    .size   x86_user_enter, . - x86_user_enter

/*
 * SYSCALL: RCX is the program's RIP, R11 its flags; those of FMASK are clear: IF, DF, AC and TF among them (user.c). The
 * arguments stay where they are, but for R10, which stands for the RCX of a C call.
 */
    .balign 16
    .globl  system_call_entry
    .type   system_call_entry, @function
system_call_entry:
    swapgs
    mov     %rsp, %gs:CPU_USER_SP
    mov     %gs:X86_CPU_TSS + TSS_RSP0, %rsp
    push    $SELECTOR_USER_DATA
    push    %gs:CPU_USER_SP
    push    %r11
    push    $SELECTOR_USER_CODE
    push    %rcx
    push    $0
    push    $TRAP_VECTOR_SYSCALL
    PUSH_GENERAL_REGISTERS
    mov     %r10, %rcx
    mov     %gs:CPU_KERNEL_SP, %rsp
    lea     SAVED_BYTES - 8(%rsp), %rbp
    cmp     $FL_CALL_ECHO_LAST, %rax
    ja      1f
    call    *system_calls(, %rax, 8)
2:  mov     %gs:CPU_USER, %rcx
    mov     %rax, TRAP_FRAME_RAX(%rcx)
    jmp     .Lreturn_to_user
1:  mov     $FL_NO_SUCH_CALL, %rax
    jmp     2b
    .size   system_call_entry, . - system_call_entry

/* void x86_user_repeat_call(struct trap_frame *frame): the call that a program waits in, from its start. */
    .globl  x86_user_repeat_call
    .type   x86_user_repeat_call, @function
x86_user_repeat_call:
    push    %rbp
    mov     %rsp, %rbp
    push    %rbx
    sub     $8, %rsp
    mov     %rdi, %rbx
    mov     TRAP_FRAME_RAX(%rbx), %rax
    mov     TRAP_FRAME_RSI(%rbx), %rsi
    mov     TRAP_FRAME_RDX(%rbx), %rdx
    mov     TRAP_FRAME_R10(%rbx), %rcx
    mov     TRAP_FRAME_R8(%rbx), %r8
    mov     TRAP_FRAME_R9(%rbx), %r9
    mov     TRAP_FRAME_RDI(%rbx), %rdi
    call    *system_calls(, %rax, 8)
    mov     %rax, TRAP_FRAME_RAX(%rbx)
    add     $8, %rsp
    pop     %rbx
    pop     %rbp
    ret
    .size   x86_user_repeat_call, . - x86_user_repeat_call

/* From entry.S, with the frame on the stack, DF and AC clear. */
    .globl  user_interrupt
    .type   user_interrupt, @function
user_interrupt:
    swapgs
    lfence                                  /* no speculation with the wrong GS (CVE-2019-1125) */
    LEAVE_FRAME
    call    trap_interrupt
    jmp     .Lreturn_to_user
    .size   user_interrupt, . - user_interrupt

    .globl  user_exception
    .type   user_exception, @function
user_exception:
    swapgs
    lfence
    LEAVE_FRAME
    call    trap_user_exception
    jmp     .Lreturn_to_user
    .size   user_exception, . - user_exception

/* The frame is on an interrupt stack, where the next one would overwrite it. */
    .globl  user_debug_exception
    .type   user_debug_exception, @function
user_debug_exception:
    swapgs
    lfence
    mov     %rsp, %rsi
    mov     %gs:CPU_USER, %rdi
    mov     $FRAME_WORDS, %ecx
    rep movsq
    mov     %gs:CPU_USER, %rsp
    LEAVE_FRAME
    call    trap_user_exception
    jmp     .Lreturn_to_user
    .size   user_debug_exception, . - user_debug_exception

/*
 * size_t arch_user_copy(void *to, const void *from, size_t bytes): between the kernel and memory of a program, which one
 * of them is; returns how many bytes could not be copied. A fault at a copy goes on behind it; in words as far as that
 * goes, then the rest in bytes, which gets as far as memory does.
 */
    .globl  arch_user_copy, user_copy_end
    .type   arch_user_copy, @function
arch_user_copy:
    mov     %rdx, %rcx
    shr     $3, %rcx
    SET_AC
1:  rep movsq
2:  shl     $3, %rcx                        /* words not copied */
    and     $7, %edx
    add     %rdx, %rcx
3:  rep movsb
4:  CLEAR_AC
    mov     %rcx, %rax
    ret
user_copy_end:
    .size   arch_user_copy, . - arch_user_copy
    .pushsection .exception_table, "a", @progbits
    .quad   1b, 2b
    .quad   3b, 4b
    .popsection

    .section .note.GNU-stack, "", @progbits
