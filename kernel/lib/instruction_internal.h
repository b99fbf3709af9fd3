/* What the parts of the instruction decoder share. */
#ifndef KERNEL_LIB_INSTRUCTION_INTERNAL_H
#define KERNEL_LIB_INSTRUCTION_INTERNAL_H

#include "instruction_map.h"

#define PROBLEM_CUT     "cut short"
#define PROBLEM_LONG    "longer than 15 bytes"
#define PROBLEM_UNKNOWN "not a known instruction of 64-bit mode"
#define PROBLEM_BRANCH  "a near branch with prefix 66, which CPUs disagree on"

#define NO_SEGMENT 0xff

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

/* An instruction as far as it is read. Prefixes count as VEX and EVEX carry them too. */
struct decoder {
    const uint8_t *bytes;
    size_t count, at;
    const char *problem; /* the first, or NULL; then all further bytes are read as 0 */
    uint32_t encoding;   /* LEGACY, VEX or EVEX */
    uint32_t prefix;     /* NP, P66, PF3 or PF2: what chooses among an opcode's instructions */
    bool operand_16, address_32, wide, broadcast, locked;
    uint8_t override;     /* FS or GS, or NO_SEGMENT: the others are ignored in 64-bit mode */
    uint8_t r, x, b;      /* 8 or 0: bit 3 of ModRM.reg, of the index, of the base */
    uint8_t vector_bytes; /* 0: a length that does not exist */
    uint8_t map;          /* as VEX numbers them: 0 one byte, 1 0F, 2 0F 38, 3 0F 3A */
    uint8_t opcode, modrm, immediate;
    const struct opcode_row *row;
};

/* The next byte, or 0 with a problem noted. */
uint8_t decoder_take(struct decoder *decoder);

/* The next `size` bytes, at most 8, as a little-endian number with its sign. */
int64_t decoder_take_number(struct decoder *decoder, unsigned size);

void decoder_refuse(struct decoder *decoder, const char *problem);

/* 0, 1, 2 for operands of 16, 32, 64 bits. */
unsigned decoder_operand_class(const struct decoder *decoder);

/* Reads what is behind the ModRM byte up to the immediate, and adds the row's memory operands to *out. */
void decoder_take_operands(struct decoder *decoder, struct instruction *out);

#endif
