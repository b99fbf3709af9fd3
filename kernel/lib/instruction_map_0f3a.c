/* The three-byte opcode map 0F 3A in all encodings; all of it has an immediate byte (Intel SDM vol. 2A, table A-5). */
#include "instruction_map.h"

#include "lib/compiler.h"

#define FROM(size) READS(size) | IMMEDIATE(IMMEDIATE_8)
#define TO(size)   WRITES(size) | IMMEDIATE(IMMEDIATE_8)

/* Opcodes in pairs: packed, then scalar. */
#define PACKED_SCALAR(opcode)                                                                      \
    {(opcode), (opcode), P66 | EVEX, FROM(SIZE_FULL), NULL},                                       \
    {                                                                                              \
        (opcode) + 1, (opcode) + 1, P66 | EVEX, FROM(SIZE_Y), NULL                                 \
    }

/* Four of AMD's four-operand multiply-adds: packed ones, single, double. */
#define FOUR_OPERANDS(base)                                                                        \
    {(base), (base) + 1, P66 | VEX, FROM(SIZE_FULL), NULL},                                        \
        {(base) + 2, (base) + 2, P66 | VEX, FROM(SIZE_4), NULL},                                   \
    {                                                                                              \
        (base) + 3, (base) + 3, P66 | VEX, FROM(SIZE_8), NULL                                      \
    }

/* clang-format off */
static const struct opcode_row rows[] = {
    {0x00, 0x01, P66 | AVX_512, FROM(SIZE_FULL), NULL}, /* vpermq */
    {0x02, 0x02, P66 | VEX, FROM(SIZE_FULL), NULL}, /* vpblendd */
    {0x03, 0x03, P66 | EVEX, FROM(SIZE_FULL), NULL}, /* valign */
    {0x04, 0x05, P66 | AVX_512, FROM(SIZE_FULL), NULL}, /* vpermil */
    {0x06, 0x06, P66 | VEX, FROM(SIZE_FULL), NULL}, /* vperm2f128 */
    {0x08, 0x09, P66 | SSE_AVX_512, FROM(SIZE_FULL), NULL}, /* round */
    {0x0a, 0x0a, P66 | SSE_AVX_512, FROM(SIZE_4), NULL},
    {0x0b, 0x0b, P66 | SSE_AVX_512, FROM(SIZE_8), NULL},
    {0x0c, 0x0e, P66 | SSE_AVX, FROM(SIZE_FULL), NULL}, /* blend */
    {0x0f, 0x0f, NP, FROM(SIZE_8), NULL}, /* palignr */
    {0x0f, 0x0f, P66 | SSE_AVX_512, FROM(SIZE_FULL), NULL},
    {0x14, 0x14, P66 | SSE_AVX_512, TO(SIZE_1), NULL}, /* pextr, extractps */
    {0x15, 0x15, P66 | SSE_AVX_512, TO(SIZE_2), NULL},
    {0x16, 0x16, P66 | SSE_AVX_512, TO(SIZE_Y), NULL},
    {0x17, 0x17, P66 | SSE_AVX_512, TO(SIZE_4), NULL},
    {0x18, 0x18, P66 | AVX_512, FROM(SIZE_16), NULL}, /* vinsertf, vextractf */
    {0x19, 0x19, P66 | AVX_512, TO(SIZE_16), NULL},
    {0x1a, 0x1a, P66 | EVEX, FROM(SIZE_32), NULL},
    {0x1b, 0x1b, P66 | EVEX, TO(SIZE_32), NULL},
    {0x1d, 0x1d, P66 | AVX_512, TO(SIZE_HALF), NULL}, /* vcvtps2ph */
    {0x1e, 0x1f, P66 | EVEX, FROM(SIZE_FULL), NULL}, /* vpcmp */
    {0x20, 0x20, P66 | SSE_AVX_512, FROM(SIZE_1), NULL}, /* pinsr, insertps */
    {0x21, 0x21, P66 | SSE_AVX_512, FROM(SIZE_4), NULL},
    {0x22, 0x22, P66 | SSE_AVX_512, FROM(SIZE_Y), NULL},
    {0x23, 0x23, P66 | EVEX, FROM(SIZE_FULL), NULL}, /* vshuff */
    {0x25, 0x25, P66 | EVEX, FROM(SIZE_FULL), NULL}, /* vpternlog */
    PACKED_SCALAR(0x26), /* vgetmant */
    {0x30, 0x33, P66 | REGISTER | VEX, MODRM | IMMEDIATE(IMMEDIATE_8), NULL}, /* shifts of masks */
    {0x38, 0x38, P66 | AVX_512, FROM(SIZE_16), NULL}, /* vinserti, vextracti */
    {0x39, 0x39, P66 | AVX_512, TO(SIZE_16), NULL},
    {0x3a, 0x3a, P66 | EVEX, FROM(SIZE_32), NULL},
    {0x3b, 0x3b, P66 | EVEX, TO(SIZE_32), NULL},
    {0x3e, 0x3f, P66 | EVEX, FROM(SIZE_FULL), NULL}, /* vpcmp */
    {0x40, 0x42, P66 | SSE_AVX, FROM(SIZE_FULL), NULL}, /* dpps, dppd, mpsadbw */
    {0x42, 0x43, P66 | EVEX, FROM(SIZE_FULL), NULL}, /* vdbpsadbw, vshufi */
    {0x44, 0x44, P66 | SSE_AVX_512, FROM(SIZE_FULL), NULL}, /* pclmulqdq */
    {0x46, 0x46, P66 | VEX, FROM(SIZE_FULL), NULL}, /* vperm2i128 */
    {0x48, 0x4c, P66 | VEX, FROM(SIZE_FULL), NULL}, /* vpermil2, vblendv */
    PACKED_SCALAR(0x50), /* vrange */
    PACKED_SCALAR(0x54), /* vfixupimm */
    PACKED_SCALAR(0x56), /* vreduce */
    {0x5c, 0x5f, P66 | VEX, FROM(SIZE_FULL), NULL}, /* vfmaddsub of AMD */
    {0x60, 0x63, P66 | SSE_AVX, FROM(SIZE_FULL) | ALIGNED_NEVER, NULL}, /* pcmpestrm, pcmpistri */
    PACKED_SCALAR(0x66), /* vfpclass */
    FOUR_OPERANDS(0x68),
    FOUR_OPERANDS(0x6c),
    FOUR_OPERANDS(0x78),
    FOUR_OPERANDS(0x7c),
    {0x70, 0x73, P66 | EVEX, FROM(SIZE_FULL), NULL}, /* vpshld, vpshrd */
    {0xcc, 0xcc, NP, FROM(SIZE_FULL), NULL}, /* sha1rnds4 */
    {0xce, 0xcf, P66 | SSE_AVX_512, FROM(SIZE_FULL), NULL}, /* gf2p8affineqb */
    {0xdf, 0xdf, P66 | SSE_AVX, FROM(SIZE_FULL), NULL}, /* aeskeygenassist */
    {0xf0, 0xf0, PF2 | VEX, FROM(SIZE_Y), NULL}, /* rorx */
    {0xf0, 0xf0, PF3 | REGISTER, MODRM | IMMEDIATE(IMMEDIATE_8) | KIND(PRIVILEGED), "hreset"},
};
/* clang-format on */

const struct opcode_map opcode_map_0f3a = {rows, ARRAY_COUNT(rows)};
