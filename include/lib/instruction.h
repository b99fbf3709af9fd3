/*
 * Reads an x86 instruction of 64-bit mode: how long it is, what memory it touches and what is special about it, so that a
 * fault can be told from the address that the instruction used (Intel SDM vol. 2A, ch. 2 and appendix A).
 *
 * Meant for instructions that the CPU has executed and that faulted: an encoding that the CPU refuses for its operands
 * (#UD) may be decoded all the same. XOP, AVX512-FP16 and VIA's extensions are not known. No byte is trusted, and none behind
 * `count` is read.
 */
#ifndef LIB_INSTRUCTION_H
#define LIB_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTRUCTION_BYTES_MAX    15
#define INSTRUCTION_OPERANDS_MAX 2

/* Registers have their architectural numbers: rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15 are 0 ... 15. */
#define INSTRUCTION_RIP         16 /* only as a base: the address of the next instruction */
#define INSTRUCTION_NO_REGISTER 0xff

enum instruction_segment {
    INSTRUCTION_ES,
    INSTRUCTION_CS,
    INSTRUCTION_SS,
    INSTRUCTION_DS,
    INSTRUCTION_FS,
    INSTRUCTION_GS,
};

/* NONE: the address is computed and nothing is accessed there (lea, nop, prefetches, invlpg). */
enum instruction_access {
    INSTRUCTION_ACCESS_NONE,
    INSTRUCTION_READ,
    INSTRUCTION_WRITE,
    INSTRUCTION_READ_WRITE,
};

/* What a #GP of the instruction can mean beside a bad address. */
enum instruction_kind {
    INSTRUCTION_PLAIN,
    INSTRUCTION_ALIGNED,       /* operands[].alignment_bytes say to what */
    INSTRUCTION_PRIVILEGED,    /* needs CPL 0, or can be made to need it (rdtsc, rdpmc, sgdt) */
    INSTRUCTION_MSR,           /* rdmsr, wrmsr */
    INSTRUCTION_CONTROL_WRITE, /* mov to a control register, which `number` names */
    INSTRUCTION_XSETBV,
    INSTRUCTION_IO,           /* in, out, ins, outs */
    INSTRUCTION_INTERRUPT,    /* int; `number` is the vector */
    INSTRUCTION_IRET,         /* operands[0] is the frame */
    INSTRUCTION_RETURN,       /* near return */
    INSTRUCTION_FAR,          /* call, jmp and ret far */
    INSTRUCTION_INDIRECT,     /* near call and jmp to an address from a register or memory */
    INSTRUCTION_SEGMENT_LOAD, /* mov and pop to a segment register, lss, lfs, lgs */
};

struct instruction_operand {
    int64_t displacement;
    uint16_t size_bytes;     /* 0: not known */
    uint8_t alignment_bytes; /* the address must be a multiple of it, else #GP; 0: none demanded */
    uint8_t
        address_bytes; /* 8, or 4: the address is cut to 32 bits before the segment base is added */
    uint8_t segment;   /* enum instruction_segment; only FS and GS have a base */
    uint8_t base, index;  /* register number, or INSTRUCTION_NO_REGISTER */
    uint8_t scale;        /* 1, 2, 4, 8 */
    uint8_t bit_offset;   /* bt and its like: the register whose value moves the address, or none */
    uint8_t access;       /* enum instruction_access */
    bool index_is_byte;   /* xlat: the lowest 8 bits of the index count */
    bool index_is_vector; /* gathers, scatters, tiles: there is no single address */
    bool on_stack;        /* implied by push, pop, call, return: not in the instruction's text */
};

struct instruction {
    struct instruction_operand operands[INSTRUCTION_OPERANDS_MAX]; /* first the one of ModRM */
    const char *mnemonic; /* NULL for most; without the v of VEX and EVEX encodings */
    uint8_t kind;         /* enum instruction_kind */
    uint8_t number;
    uint8_t length;
    uint8_t operand_count;
};

struct instruction_registers {
    uint64_t general[16];
    uint64_t rip; /* of the instruction itself, as a fault saves it */
    uint64_t fs_base, gs_base;
};

/*
 * Decodes the instruction at the beginning of `bytes`. NULL on success, else a constant phrase that says why it cannot:
 * "cut short", "longer than 15 bytes", ...; then *out is zeroed. Any context.
 */
const char *instruction_decode(struct instruction *out, const uint8_t *bytes, size_t count);

/*
 * Computes the linear address of operand number `operand` before paging, which need not be canonical. False when there is
 * no such operand or no single address. For repeated string instructions it is the address of the iteration that the
 * registers are at; for enter with nested frames that of the first push. Any context.
 */
bool instruction_address(const struct instruction *instruction, unsigned operand,
                         const struct instruction_registers *registers, uint64_t *address);

#endif
