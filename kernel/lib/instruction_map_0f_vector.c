/*
 * The vector instructions of the two-byte opcode map in their legacy, VEX and EVEX encodings (Intel SDM vol. 2A, table A-3
 * and ch. 2). Most have the same row for all three: a vector is 16 bytes, or as long as VEX and EVEX say.
 */
#include "instruction_map.h"

#include "lib/compiler.h"

/* ps, pd, ss, sd: the four that the mandatory prefix tells apart. */
#define FOUR_FORMS(first, last, encodings)                                                         \
    {(first), (last), PACKED_FORMS | (encodings), READS(SIZE_FULL), NULL},                         \
        {(first), (last), PF3 | (encodings), READS(SIZE_4), NULL},                                 \
    {                                                                                              \
        (first), (last), PF2 | (encodings), READS(SIZE_8), NULL                                    \
    }

/* clang-format off */
static const struct opcode_row rows[] = {
    {0x10, 0x10, PACKED_FORMS | SSE_AVX_512, READS(SIZE_FULL) | ALIGNED_NEVER, NULL}, /* movups */
    {0x11, 0x11, PACKED_FORMS | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_NEVER, NULL},
    {0x10, 0x10, PF3 | SSE_AVX_512, READS(SIZE_4), NULL}, /* movss */
    {0x11, 0x11, PF3 | SSE_AVX_512, WRITES(SIZE_4), NULL},
    {0x10, 0x10, PF2 | SSE_AVX_512, READS(SIZE_8), NULL}, /* movsd */
    {0x11, 0x11, PF2 | SSE_AVX_512, WRITES(SIZE_8), NULL},
    {0x12, 0x12, PACKED_FORMS | SSE_AVX_512, READS(SIZE_8), NULL}, /* movlps */
    {0x12, 0x12, PF3 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* movsldup */
    {0x12, 0x12, PF2 | SSE_AVX_512, READS(SIZE_MOVDDUP), NULL},
    {0x13, 0x13, PACKED_FORMS | MEMORY | SSE_AVX_512, WRITES(SIZE_8), NULL},
    {0x14, 0x15, PACKED_FORMS | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* unpcklps, unpckhps */
    {0x16, 0x16, PACKED_FORMS | SSE_AVX_512, READS(SIZE_8), NULL}, /* movhps */
    {0x16, 0x16, PF3 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* movshdup */
    {0x17, 0x17, PACKED_FORMS | MEMORY | SSE_AVX_512, WRITES(SIZE_8), NULL},
    {0x28, 0x28, NP | SSE_AVX_512, READS(SIZE_FULL) | ALIGNED_EVER, "movaps"},
    {0x28, 0x28, P66 | SSE_AVX_512, READS(SIZE_FULL) | ALIGNED_EVER, "movapd"},
    {0x29, 0x29, NP | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_EVER, "movaps"},
    {0x29, 0x29, P66 | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_EVER, "movapd"},
    {0x2a, 0x2a, PACKED_FORMS, READS(SIZE_8), NULL}, /* cvtpi2ps */
    {0x2a, 0x2a, PF3 | PF2 | SSE_AVX_512, READS(SIZE_Y), NULL}, /* cvtsi2ss */
    {0x2b, 0x2b, NP | MEMORY | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_EVER, "movntps"},
    {0x2b, 0x2b, P66 | MEMORY | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_EVER, "movntpd"},
    {0x2b, 0x2b, PF3 | MEMORY, WRITES(SIZE_4), NULL}, /* movntss, movntsd of AMD */
    {0x2b, 0x2b, PF2 | MEMORY, WRITES(SIZE_8), NULL},
    {0x2c, 0x2d, PACKED_FORMS, READS(SIZE_MMX), NULL}, /* cvtps2pi */
    {0x2c, 0x2d, PF3 | SSE_AVX_512, READS(SIZE_4), NULL}, /* cvtss2si */
    {0x2c, 0x2d, PF2 | SSE_AVX_512, READS(SIZE_8), NULL},
    {0x2e, 0x2f, NP | SSE_AVX_512, READS(SIZE_4), NULL}, /* ucomiss, comiss */
    {0x2e, 0x2f, P66 | SSE_AVX_512, READS(SIZE_8), NULL},

    {0x41, 0x4b, REGISTER | VEX, MODRM, NULL}, /* mask registers */
    {0x50, 0x50, PACKED_FORMS | REGISTER | SSE_AVX, MODRM, NULL}, /* movmskps */
    FOUR_FORMS(0x51, 0x51, SSE_AVX_512), /* sqrt */
    {0x52, 0x53, NP | SSE_AVX, READS(SIZE_FULL), NULL}, /* rsqrtps, rcpps */
    {0x52, 0x53, PF3 | SSE_AVX, READS(SIZE_4), NULL},
    {0x54, 0x57, PACKED_FORMS | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* and, andn, or, xor */
    FOUR_FORMS(0x58, 0x59, SSE_AVX_512), /* add, mul */
    {0x5a, 0x5a, NP | SSE_AVX_512, READS(SIZE_HALF), NULL}, /* cvtps2pd */
    FOUR_FORMS(0x5a, 0x5a, SSE_AVX_512),
    {0x5b, 0x5b, NP | P66 | PF3 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* cvtdq2ps */
    FOUR_FORMS(0x5c, 0x5f, SSE_AVX_512), /* sub, min, div, max */

    {0x60, 0x62, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX_LOW), NULL}, /* punpckl */
    {0x63, 0x6b, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL}, /* pack, pcmpgt, punpckh */
    {0x6c, 0x6d, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* punpckqdq */
    {0x6e, 0x6e, PACKED_FORMS | SSE_AVX_512, READS(SIZE_Y), NULL}, /* movd, movq */
    {0x6f, 0x6f, NP, READS(SIZE_8), NULL}, /* movq */
    {0x6f, 0x6f, P66 | SSE_AVX_512, READS(SIZE_FULL) | ALIGNED_EVER, "movdqa"},
    {0x6f, 0x6f, PF3 | PF2 | SSE_AVX_512, READS(SIZE_FULL) | ALIGNED_NEVER, NULL}, /* movdqu */
    {0x70, 0x70, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX) | IMMEDIATE(IMMEDIATE_8), NULL}, /* pshufd */
    {0x70, 0x70, PF3 | PF2 | SSE_AVX_512, READS(SIZE_FULL) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0x71, 0x73, PACKED_FORMS | REGISTER | SSE_AVX, MODRM | IMMEDIATE(IMMEDIATE_8), NULL}, /* shifts */
    {0x71, 0x73, P66 | EVEX, READS(SIZE_FULL) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0x74, 0x76, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL}, /* pcmpeq */
    {0x77, 0x77, NP | SSE_AVX, 0, NULL}, /* emms, vzeroupper */
    {0x78, 0x78, P66 | PF2 | REGISTER, MODRM | IMMEDIATE(IMMEDIATE_16), NULL}, /* extrq, insertq of AMD */
    {0x79, 0x79, P66 | PF2 | REGISTER, MODRM, NULL},
    {0x78, 0x79, NP | EVEX, READS(SIZE_FULL), NULL}, /* cvtps2udq */
    {0x78, 0x7b, P66 | W0 | EVEX, READS(SIZE_HALF), NULL}, /* cvtps2uqq, cvtps2qq */
    {0x78, 0x7b, P66 | W1 | EVEX, READS(SIZE_FULL), NULL},
    {0x78, 0x79, PF3 | EVEX, READS(SIZE_4), NULL}, /* cvtss2usi */
    {0x78, 0x79, PF2 | EVEX, READS(SIZE_8), NULL},
    {0x7a, 0x7a, PF3 | W0 | EVEX, READS(SIZE_HALF), NULL}, /* cvtudq2pd */
    {0x7a, 0x7a, PF3 | PF2 | EVEX, READS(SIZE_FULL), NULL},
    {0x7b, 0x7b, PF3 | PF2 | EVEX, READS(SIZE_Y), NULL}, /* cvtusi2ss */
    {0x7c, 0x7d, P66 | PF2 | SSE_AVX, READS(SIZE_FULL), NULL}, /* haddps, hsubps */
    {0x7e, 0x7e, PACKED_FORMS | SSE_AVX_512, WRITES(SIZE_Y), NULL}, /* movd, movq */
    {0x7e, 0x7e, PF3 | SSE_AVX_512, READS(SIZE_8), NULL},
    {0x7f, 0x7f, NP, WRITES(SIZE_8), NULL},
    {0x7f, 0x7f, P66 | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_EVER, "movdqa"},
    {0x7f, 0x7f, PF3 | PF2 | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_NEVER, NULL},
    {0x90, 0x90, NP | W0 | VEX, READS(SIZE_2), NULL}, /* kmov */
    {0x90, 0x90, P66 | W0 | VEX, READS(SIZE_1), NULL},
    {0x90, 0x90, NP | W1 | VEX, READS(SIZE_8), NULL},
    {0x90, 0x90, P66 | W1 | VEX, READS(SIZE_4), NULL},
    {0x91, 0x91, NP | W0 | MEMORY | VEX, WRITES(SIZE_2), NULL},
    {0x91, 0x91, P66 | W0 | MEMORY | VEX, WRITES(SIZE_1), NULL},
    {0x91, 0x91, NP | W1 | MEMORY | VEX, WRITES(SIZE_8), NULL},
    {0x91, 0x91, P66 | W1 | MEMORY | VEX, WRITES(SIZE_4), NULL},
    {0x92, 0x93, NP | P66 | PF2 | REGISTER | VEX, MODRM, NULL},
    {0x98, 0x99, PACKED_FORMS | REGISTER | VEX, MODRM, NULL}, /* kortest, ktest */

    {0xc2, 0xc2, PACKED_FORMS | SSE_AVX_512, READS(SIZE_FULL) | IMMEDIATE(IMMEDIATE_8), NULL}, /* cmp */
    {0xc2, 0xc2, PF3 | SSE_AVX_512, READS(SIZE_4) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0xc2, 0xc2, PF2 | SSE_AVX_512, READS(SIZE_8) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0xc4, 0xc4, PACKED_FORMS | SSE_AVX_512, READS(SIZE_2) | IMMEDIATE(IMMEDIATE_8), NULL}, /* pinsrw */
    {0xc5, 0xc5, PACKED_FORMS | REGISTER | SSE_AVX_512, MODRM | IMMEDIATE(IMMEDIATE_8), NULL},
    {0xc6, 0xc6, PACKED_FORMS | SSE_AVX_512, READS(SIZE_FULL) | IMMEDIATE(IMMEDIATE_8), NULL}, /* shufps */
    {0xd0, 0xd0, P66 | PF2 | SSE_AVX, READS(SIZE_FULL), NULL}, /* addsub */
    {0xd1, 0xd3, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX_16), NULL}, /* psrl */
    {0xd6, 0xd6, P66 | SSE_AVX_512, WRITES(SIZE_8), NULL}, /* movq */
    {0xd6, 0xd6, PF3 | PF2 | REGISTER, MODRM, NULL}, /* movq2dq, movdq2q */
    {0xd7, 0xd7, PACKED_FORMS | REGISTER | SSE_AVX, MODRM, NULL}, /* pmovmskb */
    {0xe1, 0xe2, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX_16), NULL}, /* psra */
    {0xe6, 0xe6, P66 | PF2 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* cvtpd2dq */
    {0xe6, 0xe6, PF3 | W1 | EVEX, READS(SIZE_FULL), NULL}, /* cvtqq2pd */
    {0xe6, 0xe6, PF3 | SSE_AVX_512, READS(SIZE_HALF), NULL}, /* cvtdq2pd */
    {0xe7, 0xe7, NP | MEMORY, WRITES(SIZE_8), NULL}, /* movntq */
    {0xe7, 0xe7, P66 | MEMORY | SSE_AVX_512, WRITES(SIZE_FULL) | ALIGNED_EVER, "movntdq"},
    {0xf0, 0xf0, PF2 | MEMORY | SSE_AVX, READS(SIZE_FULL) | ALIGNED_NEVER, NULL}, /* lddqu */
    {0xf1, 0xf3, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX_16), NULL}, /* psll */
    {0xf7, 0xf7, PACKED_FORMS | REGISTER | SSE_AVX, WRITES(SIZE_MMX_16) | IMPLIED(AT_MASKED_RDI), NULL},
    {0xd4, 0xd5, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL}, /* integer arithmetic */
    {0xd8, 0xe0, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL},
    {0xe3, 0xe5, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL},
    {0xe8, 0xef, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL},
    {0xf4, 0xf6, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL},
    {0xf8, 0xfe, PACKED_FORMS | SSE_AVX_512, READS(SIZE_MMX), NULL},
};
/* clang-format on */

const struct opcode_map opcode_map_0f_vector = {rows, ARRAY_COUNT(rows)};
