/* The one-byte opcode map, x87 included (Intel SDM vol. 2A, tables ). */
#include "instruction_map.h"

#include "lib/compiler.h"

/* Six opcodes of add, or, adc, sbb, and, sub, xor, cmp; the first two change their first operand, but for cmp. */
#define ARITHMETIC(base, access)                                                                   \
    {(base), (base), 0, MODRM | (access) | SIZE_1, NULL},                                          \
        {(base) + 1, (base) + 1, 0, MODRM | (access) | SIZE_V, NULL},                              \
        {(base) + 2, (base) + 2, 0, READS(SIZE_1), NULL},                                          \
        {(base) + 3, (base) + 3, 0, READS(SIZE_V), NULL},                                          \
        {(base) + 4, (base) + 4, 0, IMMEDIATE(IMMEDIATE_8), NULL},                                 \
    {                                                                                              \
        (base) + 5, (base) + 5, 0, IMMEDIATE(IMMEDIATE_Z), NULL                                    \
    }

/* clang-format off */
static const struct opcode_row rows[] = {
    ARITHMETIC(0x00, READ_WRITE),
    ARITHMETIC(0x08, READ_WRITE),
    ARITHMETIC(0x10, READ_WRITE),
    ARITHMETIC(0x18, READ_WRITE),
    ARITHMETIC(0x20, READ_WRITE),
    ARITHMETIC(0x28, READ_WRITE),
    ARITHMETIC(0x30, READ_WRITE),
    ARITHMETIC(0x38, FROM_MEMORY),

    {0x50, 0x57, 0, IMPLIED(PUSHES) | SIZE_STACK, NULL},
    {0x58, 0x5f, 0, IMPLIED(POPS) | SIZE_STACK, NULL},
    {0x63, 0x63, 0, READS(SIZE_Z), NULL}, /* movsxd */
    {0x68, 0x68, 0, IMPLIED(PUSHES) | SIZE_STACK | IMMEDIATE(IMMEDIATE_Z), NULL},
    {0x69, 0x69, 0, READS(SIZE_V) | IMMEDIATE(IMMEDIATE_Z), NULL}, /* imul */
    {0x6a, 0x6a, 0, IMPLIED(PUSHES) | SIZE_STACK | IMMEDIATE(IMMEDIATE_8), NULL},
    {0x6b, 0x6b, 0, READS(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0x6c, 0x6c, 0, IMPLIED(AT_RDI) | TO_MEMORY | SIZE_1 | KIND(IO), "ins"},
    {0x6d, 0x6d, 0, IMPLIED(AT_RDI) | TO_MEMORY | SIZE_Z | KIND(IO), "ins"},
    {0x6e, 0x6e, 0, IMPLIED(AT_RSI) | SIZE_1 | KIND(IO), "outs"},
    {0x6f, 0x6f, 0, IMPLIED(AT_RSI) | SIZE_Z | KIND(IO), "outs"},
    {0x70, 0x7f, 0, IMMEDIATE(IMMEDIATE_8), NULL}, /* jcc */

    {0x80, 0x80, REG(7), READS(SIZE_1) | IMMEDIATE(IMMEDIATE_8), NULL}, /* cmp */
    {0x80, 0x80, 0, MODIFIES(SIZE_1) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0x81, 0x81, REG(7), READS(SIZE_V) | IMMEDIATE(IMMEDIATE_Z), NULL},
    {0x81, 0x81, 0, MODIFIES(SIZE_V) | IMMEDIATE(IMMEDIATE_Z), NULL},
    {0x83, 0x83, REG(7), READS(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0x83, 0x83, 0, MODIFIES(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0x84, 0x84, 0, READS(SIZE_1), NULL}, /* test */
    {0x85, 0x85, 0, READS(SIZE_V), NULL},
    {0x86, 0x86, 0, MODIFIES(SIZE_1), NULL}, /* xchg */
    {0x87, 0x87, 0, MODIFIES(SIZE_V), NULL},
    {0x88, 0x88, 0, WRITES(SIZE_1), NULL}, /* mov */
    {0x89, 0x89, 0, WRITES(SIZE_V), NULL},
    {0x8a, 0x8a, 0, READS(SIZE_1), NULL},
    {0x8b, 0x8b, 0, READS(SIZE_V), NULL},
    {0x8c, 0x8c, REG(0) | REG(1) | REG(2) | REG(3) | REG(4) | REG(5), WRITES(SIZE_2), NULL},
    {0x8d, 0x8d, MEMORY, MODRM | NO_ACCESS, "lea"},
    {0x8e, 0x8e, REG(0), READS(SIZE_2) | KIND(SEGMENT_LOAD), "mov to es"},
    {0x8e, 0x8e, REG(2), READS(SIZE_2) | KIND(SEGMENT_LOAD), "mov to ss"},
    {0x8e, 0x8e, REG(3), READS(SIZE_2) | KIND(SEGMENT_LOAD), "mov to ds"},
    {0x8e, 0x8e, REG(4), READS(SIZE_2) | KIND(SEGMENT_LOAD), "mov to fs"},
    {0x8e, 0x8e, REG(5), READS(SIZE_2) | KIND(SEGMENT_LOAD), "mov to gs"},
    {0x8f, 0x8f, REG(0), WRITES(SIZE_STACK) | IMPLIED(POPS), NULL},
    {0x90, 0x99, 0, 0, NULL}, /* nop, xchg, cbw, cwd */
    {0x9b, 0x9b, 0, 0, NULL}, /* fwait */
    {0x9c, 0x9c, 0, IMPLIED(PUSHES) | SIZE_STACK, "pushf"},
    {0x9d, 0x9d, 0, IMPLIED(POPS) | SIZE_STACK, "popf"},
    {0x9e, 0x9f, 0, 0, NULL}, /* sahf, lahf */

    {0xa0, 0xa0, 0, IMMEDIATE(OFFSET) | FROM_MEMORY | SIZE_1, NULL}, /* mov */
    {0xa1, 0xa1, 0, IMMEDIATE(OFFSET) | FROM_MEMORY | SIZE_V, NULL},
    {0xa2, 0xa2, 0, IMMEDIATE(OFFSET) | TO_MEMORY | SIZE_1, NULL},
    {0xa3, 0xa3, 0, IMMEDIATE(OFFSET) | TO_MEMORY | SIZE_V, NULL},
    {0xa4, 0xa4, 0, IMPLIED(AT_RSI_AND_RDI) | TO_MEMORY | SIZE_1, "movs"},
    {0xa5, 0xa5, 0, IMPLIED(AT_RSI_AND_RDI) | TO_MEMORY | SIZE_V, "movs"},
    {0xa6, 0xa6, 0, IMPLIED(AT_RSI_AND_RDI) | FROM_MEMORY | SIZE_1, "cmps"},
    {0xa7, 0xa7, 0, IMPLIED(AT_RSI_AND_RDI) | FROM_MEMORY | SIZE_V, "cmps"},
    {0xa8, 0xa8, 0, IMMEDIATE(IMMEDIATE_8), NULL}, /* test */
    {0xa9, 0xa9, 0, IMMEDIATE(IMMEDIATE_Z), NULL},
    {0xaa, 0xaa, 0, IMPLIED(AT_RDI) | TO_MEMORY | SIZE_1, "stos"},
    {0xab, 0xab, 0, IMPLIED(AT_RDI) | TO_MEMORY | SIZE_V, "stos"},
    {0xac, 0xac, 0, IMPLIED(AT_RSI) | SIZE_1, "lods"},
    {0xad, 0xad, 0, IMPLIED(AT_RSI) | SIZE_V, "lods"},
    {0xae, 0xae, 0, IMPLIED(AT_RDI) | FROM_MEMORY | SIZE_1, "scas"},
    {0xaf, 0xaf, 0, IMPLIED(AT_RDI) | FROM_MEMORY | SIZE_V, "scas"},
    {0xb0, 0xb7, 0, IMMEDIATE(IMMEDIATE_8), NULL}, /* mov */
    {0xb8, 0xbf, 0, IMMEDIATE(IMMEDIATE_V), NULL},

    {0xc0, 0xc0, 0, MODIFIES(SIZE_1) | IMMEDIATE(IMMEDIATE_8), NULL}, /* shifts */
    {0xc1, 0xc1, 0, MODIFIES(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0xc2, 0xc2, 0, IMPLIED(RETURNS) | NEAR_BRANCH | IMMEDIATE(IMMEDIATE_16) | KIND(RETURN), "ret"},
    {0xc3, 0xc3, 0, IMPLIED(RETURNS) | NEAR_BRANCH | KIND(RETURN), "ret"},
    {0xc6, 0xc6, REG(0), WRITES(SIZE_1) | IMMEDIATE(IMMEDIATE_8), NULL}, /* mov */
    {0xc6, 0xc6, REG(7) | RM(0) | REGISTER, MODRM | IMMEDIATE(IMMEDIATE_8), NULL}, /* xabort */
    {0xc7, 0xc7, REG(0), WRITES(SIZE_V) | IMMEDIATE(IMMEDIATE_Z), NULL},
    {0xc7, 0xc7, REG(7) | RM(0) | REGISTER, MODRM | IMMEDIATE(IMMEDIATE_Z), NULL}, /* xbegin */
    {0xc8, 0xc8, 0, IMPLIED(PUSHES) | SIZE_STACK | IMMEDIATE(IMMEDIATE_24), "enter"},
    {0xc9, 0xc9, 0, IMPLIED(LEAVES) | SIZE_STACK, "leave"},
    {0xca, 0xca, 0, IMPLIED(RETURNS_FAR) | IMMEDIATE(IMMEDIATE_16) | KIND(FAR), "ret far"},
    {0xcb, 0xcb, 0, IMPLIED(RETURNS_FAR) | KIND(FAR), "ret far"},
    {0xcc, 0xcc, 0, 0, "int3"},
    {0xcd, 0xcd, 0, IMMEDIATE(IMMEDIATE_8) | KIND(INTERRUPT), "int"},
    {0xcf, 0xcf, 0, IMPLIED(RETURNS_FROM_INTERRUPT) | KIND(IRET), "iret"},
    {0xd0, 0xd0, 0, MODIFIES(SIZE_1), NULL}, /* shifts */
    {0xd1, 0xd1, 0, MODIFIES(SIZE_V), NULL},
    {0xd2, 0xd2, 0, MODIFIES(SIZE_1), NULL},
    {0xd3, 0xd3, 0, MODIFIES(SIZE_V), NULL},
    {0xd7, 0xd7, 0, IMPLIED(AT_RBX_AL) | SIZE_1, "xlat"},

    {0xd8, 0xdf, REGISTER, MODRM, NULL}, /* x87 */
    {0xd8, 0xd8, 0, READS(SIZE_4), NULL},
    {0xd9, 0xd9, REG(0), READS(SIZE_4), NULL},
    {0xd9, 0xd9, REG(2) | REG(3), WRITES(SIZE_4), NULL},
    {0xd9, 0xd9, REG(4), READS(SIZE_X87_ENVIRONMENT), "fldenv"},
    {0xd9, 0xd9, REG(5), READS(SIZE_2), "fldcw"},
    {0xd9, 0xd9, REG(6), WRITES(SIZE_X87_ENVIRONMENT), "fnstenv"},
    {0xd9, 0xd9, REG(7), WRITES(SIZE_2), "fnstcw"},
    {0xda, 0xda, 0, READS(SIZE_4), NULL},
    {0xdb, 0xdb, REG(0), READS(SIZE_4), NULL},
    {0xdb, 0xdb, REG(1) | REG(2) | REG(3), WRITES(SIZE_4), NULL},
    {0xdb, 0xdb, REG(5), READS(SIZE_10), NULL},
    {0xdb, 0xdb, REG(7), WRITES(SIZE_10), NULL},
    {0xdc, 0xdc, 0, READS(SIZE_8), NULL},
    {0xdd, 0xdd, REG(0), READS(SIZE_8), NULL},
    {0xdd, 0xdd, REG(1) | REG(2) | REG(3), WRITES(SIZE_8), NULL},
    {0xdd, 0xdd, REG(4), READS(SIZE_X87_STATE), "frstor"},
    {0xdd, 0xdd, REG(6), WRITES(SIZE_X87_STATE), "fnsave"},
    {0xdd, 0xdd, REG(7), WRITES(SIZE_2), "fnstsw"},
    {0xde, 0xde, 0, READS(SIZE_2), NULL},
    {0xdf, 0xdf, REG(0), READS(SIZE_2), NULL},
    {0xdf, 0xdf, REG(1) | REG(2) | REG(3), WRITES(SIZE_2), NULL},
    {0xdf, 0xdf, REG(4), READS(SIZE_10), NULL},
    {0xdf, 0xdf, REG(5), READS(SIZE_8), NULL},
    {0xdf, 0xdf, REG(6), WRITES(SIZE_10), NULL},
    {0xdf, 0xdf, REG(7), WRITES(SIZE_8), NULL},

    {0xe0, 0xe3, 0, IMMEDIATE(IMMEDIATE_8), NULL}, /* loop, jrcxz */
    {0xe4, 0xe5, 0, IMMEDIATE(IMMEDIATE_8) | KIND(IO), "in"},
    {0xe6, 0xe7, 0, IMMEDIATE(IMMEDIATE_8) | KIND(IO), "out"},
    {0xe8, 0xe8, 0, IMPLIED(CALLS) | NEAR_BRANCH | IMMEDIATE(IMMEDIATE_Z), NULL},
    {0xe9, 0xe9, 0, NEAR_BRANCH | IMMEDIATE(IMMEDIATE_Z), NULL}, /* jmp */
    {0xeb, 0xeb, 0, IMMEDIATE(IMMEDIATE_8), NULL},
    {0xec, 0xed, 0, KIND(IO), "in"},
    {0xee, 0xef, 0, KIND(IO), "out"},
    {0xf1, 0xf1, 0, 0, "int1"},
    {0xf4, 0xf4, 0, KIND(PRIVILEGED), "hlt"},
    {0xf5, 0xf5, 0, 0, NULL}, /* cmc */
    {0xf6, 0xf6, REG(0) | REG(1), READS(SIZE_1) | IMMEDIATE(IMMEDIATE_8), NULL}, /* test */
    {0xf6, 0xf6, REG(2) | REG(3), MODIFIES(SIZE_1), NULL}, /* not, neg */
    {0xf6, 0xf6, 0, READS(SIZE_1), NULL}, /* mul, imul, div, idiv */
    {0xf7, 0xf7, REG(0) | REG(1), READS(SIZE_V) | IMMEDIATE(IMMEDIATE_Z), NULL},
    {0xf7, 0xf7, REG(2) | REG(3), MODIFIES(SIZE_V), NULL},
    {0xf7, 0xf7, 0, READS(SIZE_V), NULL},
    {0xf8, 0xf9, 0, 0, NULL}, /* clc, stc */
    {0xfa, 0xfa, 0, KIND(PRIVILEGED), "cli"},
    {0xfb, 0xfb, 0, KIND(PRIVILEGED), "sti"},
    {0xfc, 0xfd, 0, 0, NULL}, /* cld, std */
    {0xfe, 0xfe, REG(0) | REG(1), MODIFIES(SIZE_1), NULL}, /* inc, dec */
    {0xff, 0xff, REG(0) | REG(1), MODIFIES(SIZE_V), NULL},
    {0xff, 0xff, REG(2), READS(SIZE_STACK) | IMPLIED(CALLS) | NEAR_BRANCH | KIND(INDIRECT), "call"},
    {0xff, 0xff, REG(3) | MEMORY, READS(SIZE_FAR) | IMPLIED(CALLS_FAR) | KIND(FAR), "call far"},
    {0xff, 0xff, REG(4), READS(SIZE_STACK) | NEAR_BRANCH | KIND(INDIRECT), "jmp"},
    {0xff, 0xff, REG(5) | MEMORY, READS(SIZE_FAR) | KIND(FAR), "jmp far"},
    {0xff, 0xff, REG(6), READS(SIZE_STACK) | IMPLIED(PUSHES), NULL},
};
/* clang-format on */

const struct opcode_map opcode_map_one_byte = {rows, ARRAY_COUNT(rows)};
