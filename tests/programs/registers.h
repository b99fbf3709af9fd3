/*
 * REGISTERS_AROUND(name, code) defines `void name(void)`: every general register but RSP is loaded from registers_in, the
 * code is executed, and what they are then, with the flags, is in registers_out.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15, FLAGS, REGISTERS };

static volatile uint64_t registers_in[REGISTERS] __attribute__((used));
static volatile uint64_t registers_out[REGISTERS] __attribute__((used));

/* clang-format off */
#define REGISTERS_EACH(X) \
    X("0", "%rax") X("8", "%rbx") X("16", "%rcx") X("24", "%rdx") X("32", "%rsi") X("40", "%rdi") X("48", "%rbp") \
    X("56", "%r8") X("64", "%r9") X("72", "%r10") X("80", "%r11") X("88", "%r12") X("96", "%r13") X("104", "%r14") \
    X("112", "%r15")
#define REGISTERS_LOAD(offset, name)  "mov registers_in+" offset "(%rip), " name "\n"
#define REGISTERS_STORE(offset, name) "mov " name ", registers_out+" offset "(%rip)\n"
/* clang-format on */

#define REGISTERS_AROUND(name, code)                                                               \
    __asm__(".text\n" #name ":\n"                                                                  \
            "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n" REGISTERS_EACH(   \
                REGISTERS_LOAD) code                                                               \
            "\n" REGISTERS_EACH(                                                                   \
                REGISTERS_STORE) "pushfq; pop registers_out+120(%rip)\n"                           \
                                 "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"    \
                                 "ret\n");                                                         \
    void name(void)

/* A different value for each register and round, in no page that anybody has. */
static inline void registers_fill(uint64_t round)
{
    for (uint64_t i = 0; i < REGISTERS; i++)
        registers_in[i] = 0x5a00000000000000 | (round << 16) | (i << 8) | 0x77;
}

#endif
