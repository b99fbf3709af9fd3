/*
 * The opcode maps as tables (Intel SDM vol. 2A, appendix A). A row says for a range of opcodes when it applies and what the
 * instruction does with memory; of a map's rows the first that applies counts. Either all rows of an opcode have a ModRM
 * byte or none has.
 */
#ifndef KERNEL_LIB_INSTRUCTION_MAP_H
#define KERNEL_LIB_INSTRUCTION_MAP_H

#include "lib/instruction.h"

struct opcode_row {
    uint8_t first, last;
    uint32_t when;
    uint32_t what;
    const char *mnemonic;
};

struct opcode_map {
    const struct opcode_row *rows;
    size_t count;
};

extern const struct opcode_map opcode_map_one_byte, opcode_map_0f, opcode_map_0f_vector,
    opcode_map_0f38, opcode_map_0f3a;

/* ---- when: within each group, none named means any, but for the encodings: there it means LEGACY ---- */

#define NP       UINT32_C(0x1) /* none of 66, f3, f2 */
#define P66      UINT32_C(0x2)
#define PF3      UINT32_C(0x4)
#define PF2      UINT32_C(0x8)
#define LEGACY   UINT32_C(0x10)
#define VEX      UINT32_C(0x20)
#define EVEX     UINT32_C(0x40)
#define W0       UINT32_C(0x80) /* REX.W, VEX.W or EVEX.W */
#define W1       UINT32_C(0x100)
#define MEMORY   UINT32_C(0x200) /* ModRM.mod below 3 */
#define REGISTER UINT32_C(0x400)
#define REG(n)                                                                                     \
    (UINT32_C(0x800) << (n)) /* ModRM.reg where it extends the opcode; several may be named */
#define RM(n) (UINT32_C(0x80000) << (n)) /* the same for ModRM.rm */

#define WHEN_PREFIXES  (NP | P66 | PF3 | PF2)
#define WHEN_ENCODINGS (LEGACY | VEX | EVEX)
#define WHEN_W         (W0 | W1)
#define WHEN_MOD       (MEMORY | REGISTER)
#define WHEN_REG       (REG(0) * 0xff)
#define WHEN_RM        (RM(0) * 0xff)

#define PACKED_FORMS (NP | P66) /* MMX and SSE, ps and pd */

#define SSE_AVX     (LEGACY | VEX)
#define SSE_AVX_512 (LEGACY | VEX | EVEX)
#define AVX_512     (VEX | EVEX)

/* ---- what: one of each group, joined by | ---- */

/* Bytes accessed in memory. They are the factor N of EVEX's 8-bit displacements too (vol. 2A, ch. 2, "Compressed
 * Displacement"). */
enum opcode_size {
    NO_SIZE,
    SIZE_1,
    SIZE_2,
    SIZE_4,
    SIZE_8,
    SIZE_10,
    SIZE_16,
    SIZE_32,
    SIZE_48,
    SIZE_64,
    SIZE_512,
    SIZE_V,     /* 2, 4 or 8: the operand size */
    SIZE_Y,     /* 4, or 8 with W */
    SIZE_Z,     /* 2 with prefix 66, else 4 */
    SIZE_STACK, /* 2 with prefix 66, else 8 */
    SIZE_FAR,   /* a far pointer */
    SIZE_X87_ENVIRONMENT,
    SIZE_X87_STATE,
    SIZE_FULL, /* the vector's length, or an element where EVEX broadcasts */
    SIZE_HALF, /* parts of the vector's length, or an element */
    SIZE_QUARTER,
    SIZE_EIGHTH,
    SIZE_MMX,     /* 8 without prefix 66, else SIZE_FULL */
    SIZE_MMX_LOW, /* 4 without prefix 66, else SIZE_FULL */
    SIZE_MMX_16,  /* 8 without prefix 66, else 16 whatever the vector's length */
    SIZE_MOVDDUP, /* 8 for vectors of 16 bytes, else SIZE_FULL */
};

enum opcode_immediate {
    NO_IMMEDIATE,
    IMMEDIATE_8,
    IMMEDIATE_16, /* one of 16 bits, or two of 8 */
    IMMEDIATE_24, /* enter */
    IMMEDIATE_Z,
    IMMEDIATE_V,
    OFFSET, /* mov to and from an absolute address: its displacement */
};

/* Memory operands that are not in the text of the instruction, or always the same there. */
enum opcode_implied {
    NO_IMPLIED,
    PUSHES,
    POPS,
    CALLS,
    RETURNS,
    CALLS_FAR,
    RETURNS_FAR,
    RETURNS_FROM_INTERRUPT,
    LEAVES,
    AT_RSI,
    AT_RDI,
    AT_RSI_AND_RDI,
    AT_RBX_AL,
    AT_MASKED_RDI,
    AT_RAX,
    AT_REG, /* the register in ModRM.reg holds the address */
};

#define WHAT_SIZE_SHIFT      0  /* 5 bits */
#define WHAT_ACCESS_SHIFT    5  /* 2 */
#define WHAT_IMMEDIATE_SHIFT 7  /* 3 */
#define WHAT_IMPLIED_SHIFT   10 /* 4 */
#define WHAT_KIND_SHIFT      14 /* 4 */

#define WHAT_SIZE(row)      ((row)->what >> WHAT_SIZE_SHIFT & 0x1f)
#define WHAT_ACCESS(row)    ((row)->what >> WHAT_ACCESS_SHIFT & 3)
#define WHAT_IMMEDIATE(row) ((row)->what >> WHAT_IMMEDIATE_SHIFT & 7)
#define WHAT_IMPLIED(row)   ((row)->what >> WHAT_IMPLIED_SHIFT & 0xf)
#define WHAT_KIND(row)      ((row)->what >> WHAT_KIND_SHIFT & 0xf)

#define TO_MEMORY    ((uint32_t)INSTRUCTION_WRITE << WHAT_ACCESS_SHIFT)
#define FROM_MEMORY  ((uint32_t)INSTRUCTION_READ << WHAT_ACCESS_SHIFT)
#define READ_WRITE   ((uint32_t)INSTRUCTION_READ_WRITE << WHAT_ACCESS_SHIFT)
#define NO_ACCESS    ((uint32_t)INSTRUCTION_ACCESS_NONE << WHAT_ACCESS_SHIFT)
#define IMMEDIATE(n) ((uint32_t)(n) << WHAT_IMMEDIATE_SHIFT)
#define IMPLIED(n)   ((uint32_t)(n) << WHAT_IMPLIED_SHIFT)
#define KIND(name)   ((uint32_t)INSTRUCTION_##name << WHAT_KIND_SHIFT)

#define MODRM        (UINT32_C(1) << 18)
#define ALIGNED_16   (UINT32_C(1) << 19)
#define ALIGNED_64   (UINT32_C(1) << 20)
#define ALIGNED_EVER (UINT32_C(1) << 21) /* vectors, to their size, in every encoding */
#define ALIGNED_NEVER                                                                              \
    (UINT32_C(1) << 22) /* else those of 16 bytes in the legacy encoding are (vol. 2A, 2.4) */
#define VECTOR_INDEX (UINT32_C(1) << 23) /* or a stride */
#define BIT_STRING                                                                                 \
    (UINT32_C(1) << 24) /* the register of ModRM.reg is a bit offset from the operand */
#define NEAR_BRANCH (UINT32_C(1) << 25)
#define MOD_IGNORED (UINT32_C(1) << 26) /* ModRM.rm is a register whatever ModRM.mod says */
#define ELEMENTS    (UINT32_C(1) << 27) /* up to a whole vector, of elements that the size tells */

#define MODIFIES(size) MODRM | READ_WRITE | (size)
#define READS(size)    MODRM | FROM_MEMORY | (size)
#define WRITES(size)   MODRM | TO_MEMORY | (size)

#endif
