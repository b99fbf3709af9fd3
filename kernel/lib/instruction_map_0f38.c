/* The three-byte opcode map 0F 38 in all encodings (Intel SDM vol. 2A, table A-4). */
#include "instruction_map.h"

#include "lib/compiler.h"

/* Narrowing stores of EVEX: to words, bytes and doublewords from elements of 16, 32 and 64 bits. */
#define NARROWING(base)                                                                            \
    {(base), (base), PF3 | EVEX, WRITES(SIZE_HALF), NULL},                                         \
        {(base) + 1, (base) + 1, PF3 | EVEX, WRITES(SIZE_QUARTER), NULL},                          \
        {(base) + 2, (base) + 2, PF3 | EVEX, WRITES(SIZE_EIGHTH), NULL},                           \
        {(base) + 3, (base) + 3, PF3 | EVEX, WRITES(SIZE_HALF), NULL},                             \
        {(base) + 4, (base) + 4, PF3 | EVEX, WRITES(SIZE_QUARTER), NULL},                          \
    {                                                                                              \
        (base) + 5, (base) + 5, PF3 | EVEX, WRITES(SIZE_HALF), NULL                                \
    }

/* pmovsx and pmovzx, which are their reverse. */
#define WIDENING(base)                                                                             \
    {(base), (base), P66 | SSE_AVX_512, READS(SIZE_HALF), NULL},                                   \
        {(base) + 1, (base) + 1, P66 | SSE_AVX_512, READS(SIZE_QUARTER), NULL},                    \
        {(base) + 2, (base) + 2, P66 | SSE_AVX_512, READS(SIZE_EIGHTH), NULL},                     \
        {(base) + 3, (base) + 3, P66 | SSE_AVX_512, READS(SIZE_HALF), NULL},                       \
        {(base) + 4, (base) + 4, P66 | SSE_AVX_512, READS(SIZE_QUARTER), NULL},                    \
    {                                                                                              \
        (base) + 5, (base) + 5, P66 | SSE_AVX_512, READS(SIZE_HALF), NULL                          \
    }

/* Ten opcodes of fused multiply-add, packed and scalar. */
#define FUSED(base)                                                                                \
    {(base), (base) + 2, P66 | AVX_512, READS(SIZE_FULL), NULL},                                   \
        {(base) + 3, (base) + 3, P66 | AVX_512, READS(SIZE_Y), NULL},                              \
        {(base) + 4, (base) + 4, P66 | AVX_512, READS(SIZE_FULL), NULL},                           \
        {(base) + 5, (base) + 5, P66 | AVX_512, READS(SIZE_Y), NULL},                              \
        {(base) + 6, (base) + 6, P66 | AVX_512, READS(SIZE_FULL), NULL},                           \
        {(base) + 7, (base) + 7, P66 | AVX_512, READS(SIZE_Y), NULL},                              \
        {(base) + 8, (base) + 8, P66 | AVX_512, READS(SIZE_FULL), NULL},                           \
    {                                                                                              \
        (base) + 9, (base) + 9, P66 | AVX_512, READS(SIZE_Y), NULL                                 \
    }

/* clang-format off */
static const struct opcode_row rows[] = {
    NARROWING(0x10), /* vpmovus */
    NARROWING(0x20), /* vpmovs */
    NARROWING(0x30), /* vpmov */
    WIDENING(0x20),
    WIDENING(0x30),
    {0x00, 0x0b, NP, READS(SIZE_8), NULL}, /* pshufb, phadd, pmaddubsw, psign, pmulhrsw on MMX */
    {0x00, 0x0b, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL},
    {0x0c, 0x0f, P66 | AVX_512, READS(SIZE_FULL), NULL}, /* vpermilps, vtestps */
    {0x10, 0x12, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpsrlvw, vpsravw, vpsllvw */
    {0x10, 0x10, P66, READS(SIZE_FULL), NULL}, /* pblendvb */
    {0x13, 0x13, P66 | AVX_512, READS(SIZE_HALF), NULL}, /* vcvtph2ps */
    {0x14, 0x15, P66 | LEGACY | EVEX, READS(SIZE_FULL), NULL}, /* blendvps, vprorv */
    {0x16, 0x16, P66 | AVX_512, READS(SIZE_FULL), NULL}, /* vpermps */
    {0x17, 0x17, P66 | SSE_AVX, READS(SIZE_FULL), NULL}, /* ptest */
    {0x18, 0x18, P66 | AVX_512, READS(SIZE_4), NULL}, /* vbroadcast */
    {0x19, 0x19, P66 | AVX_512, READS(SIZE_8), NULL},
    {0x1a, 0x1a, P66 | MEMORY | AVX_512, READS(SIZE_16), NULL},
    {0x1b, 0x1b, P66 | MEMORY | EVEX, READS(SIZE_32), NULL},
    {0x1c, 0x1e, NP, READS(SIZE_8), NULL}, /* pabs */
    {0x1c, 0x1f, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL},
    {0x26, 0x27, P66 | PF3 | EVEX, READS(SIZE_FULL), NULL}, /* vptestm */
    {0x28, 0x29, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* pmuldq, pcmpeqq */
    {0x28, 0x2a, PF3 | REGISTER | EVEX, MODRM, NULL}, /* to and from mask registers */
    {0x2a, 0x2a, P66 | MEMORY | SSE_AVX_512, READS(SIZE_FULL) | ALIGNED_EVER, "movntdqa"},
    {0x2b, 0x2b, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* packusdw */
    {0x2c, 0x2d, P66 | MEMORY | VEX, READS(SIZE_FULL), NULL}, /* vmaskmov */
    {0x2e, 0x2f, P66 | MEMORY | VEX, WRITES(SIZE_FULL), NULL},
    {0x2c, 0x2c, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vscalef */
    {0x2d, 0x2d, P66 | EVEX, READS(SIZE_Y), NULL},
    {0x36, 0x36, P66 | AVX_512, READS(SIZE_FULL), NULL}, /* vpermd */
    {0x37, 0x40, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* pcmpgtq, pmin, pmax, pmulld */
    {0x38, 0x3a, PF3 | REGISTER | EVEX, MODRM, NULL},
    {0x41, 0x41, P66 | SSE_AVX, READS(SIZE_FULL), NULL}, /* phminposuw */
    {0x42, 0x42, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vgetexp */
    {0x43, 0x43, P66 | EVEX, READS(SIZE_Y), NULL},
    {0x44, 0x44, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vplzcnt */
    {0x45, 0x47, P66 | AVX_512, READS(SIZE_FULL), NULL}, /* variable shifts */
    {0x49, 0x49, NP | MEMORY | VEX, READS(SIZE_64), "ldtilecfg"},
    {0x49, 0x49, P66 | MEMORY | VEX, WRITES(SIZE_64), "sttilecfg"},
    {0x49, 0x49, REGISTER | VEX, MODRM, NULL}, /* tilerelease, tilezero */
    {0x4b, 0x4b, P66 | PF2 | MEMORY | VEX, READS(NO_SIZE) | VECTOR_INDEX, "tileload"},
    {0x4b, 0x4b, PF3 | MEMORY | VEX, WRITES(NO_SIZE) | VECTOR_INDEX, "tilestore"},
    {0x4c, 0x4c, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vrcp14 */
    {0x4d, 0x4d, P66 | EVEX, READS(SIZE_Y), NULL},
    {0x4e, 0x4e, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vrsqrt14 */
    {0x4f, 0x4f, P66 | EVEX, READS(SIZE_Y), NULL},
    {0x50, 0x53, P66 | AVX_512, READS(SIZE_FULL), NULL}, /* vpdp */
    {0x50, 0x51, VEX, READS(SIZE_FULL), NULL},
    {0x52, 0x52, PF3 | EVEX, READS(SIZE_FULL), NULL}, /* vdpbf16ps */
    {0x52, 0x53, PF2 | MEMORY | EVEX, READS(SIZE_16), NULL}, /* vp4dp */
    {0x54, 0x55, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpopcnt */
    {0x58, 0x58, P66 | AVX_512, READS(SIZE_4), NULL}, /* vpbroadcast */
    {0x59, 0x59, P66 | AVX_512, READS(SIZE_8), NULL},
    {0x5a, 0x5a, P66 | MEMORY | AVX_512, READS(SIZE_16), NULL},
    {0x5b, 0x5b, P66 | MEMORY | EVEX, READS(SIZE_32), NULL},
    {0x5c, 0x5e, REGISTER | VEX, MODRM, NULL}, /* tile products */
    {0x62, 0x62, P66 | W0 | EVEX, READS(SIZE_1) | ELEMENTS, NULL}, /* vpexpand */
    {0x62, 0x62, P66 | W1 | EVEX, READS(SIZE_2) | ELEMENTS, NULL},
    {0x63, 0x63, P66 | W0 | EVEX, WRITES(SIZE_1) | ELEMENTS, NULL}, /* vpcompress */
    {0x63, 0x63, P66 | W1 | EVEX, WRITES(SIZE_2) | ELEMENTS, NULL},
    {0x64, 0x66, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vblendm */
    {0x68, 0x68, PF2 | EVEX, READS(SIZE_FULL), NULL}, /* vp2intersect */
    {0x70, 0x73, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpshldv, vpshrdv */
    {0x72, 0x72, PF3 | AVX_512, READS(SIZE_FULL), NULL}, /* vcvtneps2bf16 */
    {0x72, 0x72, PF2 | EVEX, READS(SIZE_FULL), NULL},
    {0x75, 0x77, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpermi2 */
    {0x78, 0x78, P66 | AVX_512, READS(SIZE_1), NULL}, /* vpbroadcast */
    {0x79, 0x79, P66 | AVX_512, READS(SIZE_2), NULL},
    {0x7a, 0x7c, P66 | REGISTER | EVEX, MODRM, NULL},
    {0x7d, 0x7f, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpermt2 */

    {0x80, 0x80, P66 | MEMORY, READS(SIZE_16) | KIND(PRIVILEGED), "invept"},
    {0x81, 0x81, P66 | MEMORY, READS(SIZE_16) | KIND(PRIVILEGED), "invvpid"},
    {0x82, 0x82, P66 | MEMORY, READS(SIZE_16) | KIND(PRIVILEGED), "invpcid"},
    {0x83, 0x83, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpmultishiftqb */
    {0x88, 0x89, P66 | EVEX, READS(SIZE_Y) | ELEMENTS, NULL}, /* vexpand */
    {0x8a, 0x8b, P66 | EVEX, WRITES(SIZE_Y) | ELEMENTS, NULL}, /* vcompress */
    {0x8c, 0x8c, P66 | MEMORY | VEX, READS(SIZE_FULL), NULL}, /* vpmaskmov */
    {0x8e, 0x8e, P66 | MEMORY | VEX, WRITES(SIZE_FULL), NULL},
    {0x8d, 0x8d, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpermb */
    {0x8f, 0x8f, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpshufbitqmb */
    {0x90, 0x93, P66 | MEMORY | AVX_512, READS(SIZE_Y) | VECTOR_INDEX, "gather"},
    {0xa0, 0xa3, P66 | MEMORY | EVEX, WRITES(SIZE_Y) | VECTOR_INDEX, "scatter"},
    {0x9a, 0x9b, PF2 | MEMORY | EVEX, READS(SIZE_16), NULL}, /* v4fmadd */
    {0xaa, 0xab, PF2 | MEMORY | EVEX, READS(SIZE_16), NULL},
    FUSED(0x96),
    FUSED(0xa6),
    FUSED(0xb6),
    {0xb4, 0xb5, P66 | AVX_512, READS(SIZE_FULL), NULL}, /* vpmadd52 */
    {0xb0, 0xb0, MEMORY | VEX, READS(SIZE_FULL), NULL}, /* vcvtneebf162ps */
    {0xb1, 0xb1, P66 | PF3 | MEMORY | VEX, READS(SIZE_2), NULL},

    {0xc4, 0xc4, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vpconflict */
    {0xc6, 0xc7, P66 | MEMORY | EVEX, MODRM | NO_ACCESS | SIZE_Y | VECTOR_INDEX, NULL}, /* prefetches */
    {0xc8, 0xcd, NP, READS(SIZE_FULL), NULL}, /* sha1, sha256 */
    {0xc8, 0xc8, P66 | EVEX, READS(SIZE_FULL), NULL}, /* vexp2, vrcp28, vrsqrt28 */
    {0xca, 0xca, P66 | EVEX, READS(SIZE_FULL), NULL},
    {0xcb, 0xcb, P66 | EVEX, READS(SIZE_Y), NULL},
    {0xcc, 0xcc, P66 | EVEX, READS(SIZE_FULL), NULL},
    {0xcd, 0xcd, P66 | EVEX, READS(SIZE_Y), NULL},
    {0xcf, 0xcf, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* gf2p8mulb */
    {0xd8, 0xd8, PF3 | MEMORY | REG(0) | REG(1), READS(SIZE_48), NULL}, /* wide AES with a key locker */
    {0xd8, 0xd8, PF3 | MEMORY | REG(2) | REG(3), READS(SIZE_64), NULL},
    {0xdb, 0xdf, P66 | SSE_AVX_512, READS(SIZE_FULL), NULL}, /* aes */
    {0xdc, 0xdd, PF3 | MEMORY, READS(SIZE_48), NULL}, /* AES with a key locker */
    {0xde, 0xdf, PF3 | MEMORY, READS(SIZE_64), NULL},
    {0xdc, 0xdc, PF3 | REGISTER, MODRM | KIND(PRIVILEGED), "loadiwkey"},
    {0xfa, 0xfb, PF3 | REGISTER, MODRM, NULL}, /* encodekey */
    {0xe0, 0xef, P66 | MEMORY | VEX, MODIFIES(SIZE_Y), NULL}, /* cmpccxadd */
    {0xf0, 0xf0, PACKED_FORMS, READS(SIZE_V), NULL}, /* movbe */
    {0xf1, 0xf1, PACKED_FORMS, WRITES(SIZE_V), NULL},
    {0xf0, 0xf0, PF2, READS(SIZE_1), NULL}, /* crc32 */
    {0xf1, 0xf1, PF2, READS(SIZE_V), NULL},
    {0xf2, 0xf7, VEX, READS(SIZE_Y), NULL}, /* andn, bls, bzhi, pext, pdep, mulx, bextr, shlx */
    {0xf5, 0xf5, P66 | MEMORY, WRITES(SIZE_Y) | KIND(PRIVILEGED), "wruss"},
    {0xf6, 0xf6, NP | MEMORY, WRITES(SIZE_Y), "wrss"},
    {0xf6, 0xf6, P66 | PF3, READS(SIZE_Y), NULL}, /* adcx, adox */
    {0xf8, 0xf8, P66 | MEMORY, READS(SIZE_64) | IMPLIED(AT_REG), "movdir64b"},
    {0xf8, 0xf8, PF2 | MEMORY, READS(SIZE_64) | IMPLIED(AT_REG), "enqcmd"},
    {0xf8, 0xf8, PF3 | MEMORY, READS(SIZE_64) | IMPLIED(AT_REG) | KIND(PRIVILEGED), "enqcmds"},
    {0xf9, 0xf9, NP | MEMORY, WRITES(SIZE_Y), NULL}, /* movdiri */
    {0xfc, 0xfc, MEMORY, MODIFIES(SIZE_Y), NULL}, /* aadd, aand, aor, axor */
};
/* clang-format on */

const struct opcode_map opcode_map_0f38 = {rows, ARRAY_COUNT(rows)};
