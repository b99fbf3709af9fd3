/*
 * The two-byte opcode map without its vector instructions, which instruction_map_0f_vector.c has (Intel SDM vol. 2A, tables
 *
 */
#include "instruction_map.h"

#include "lib/compiler.h"

/* clang-format off */
static const struct opcode_row rows[] = {
    {0x00, 0x00, REG(0), WRITES(SIZE_2) | KIND(PRIVILEGED), "sldt"},
    {0x00, 0x00, REG(1), WRITES(SIZE_2) | KIND(PRIVILEGED), "str"},
    {0x00, 0x00, REG(2), READS(SIZE_2) | KIND(PRIVILEGED), "lldt"},
    {0x00, 0x00, REG(3), READS(SIZE_2) | KIND(PRIVILEGED), "ltr"},
    {0x00, 0x00, REG(4) | REG(5), READS(SIZE_2), NULL}, /* verr, verw */
    {0x01, 0x01, REG(0) | MEMORY, WRITES(SIZE_10) | KIND(PRIVILEGED), "sgdt"},
    {0x01, 0x01, REG(1) | MEMORY, WRITES(SIZE_10) | KIND(PRIVILEGED), "sidt"},
    {0x01, 0x01, REG(2) | MEMORY, READS(SIZE_10) | KIND(PRIVILEGED), "lgdt"},
    {0x01, 0x01, REG(3) | MEMORY, READS(SIZE_10) | KIND(PRIVILEGED), "lidt"},
    {0x01, 0x01, REG(5) | MEMORY | PF3, MODIFIES(SIZE_8), "rstorssp"},
    {0x01, 0x01, REG(7) | MEMORY, MODRM | NO_ACCESS | KIND(PRIVILEGED), "invlpg"},
    {0x01, 0x01, REG(1) | RM(0) | REGISTER, READS(SIZE_1) | IMPLIED(AT_RAX) | KIND(PRIVILEGED), "monitor"},
    {0x01, 0x01, REG(1) | RM(1) | REGISTER, MODRM | KIND(PRIVILEGED), "mwait"},
    {0x01, 0x01, REG(1) | RM(2) | REGISTER, MODRM | KIND(PRIVILEGED), "clac"},
    {0x01, 0x01, REG(1) | RM(3) | REGISTER, MODRM | KIND(PRIVILEGED), "stac"},
    {0x01, 0x01, REG(2) | RM(0) | REGISTER, MODRM, "xgetbv"},
    {0x01, 0x01, REG(2) | RM(1) | REGISTER, MODRM | KIND(XSETBV), "xsetbv"},
    {0x01, 0x01, REG(7) | RM(0) | REGISTER, MODRM | KIND(PRIVILEGED), "swapgs"},
    {0x01, 0x01, REG(7) | RM(1) | REGISTER, MODRM | KIND(PRIVILEGED), "rdtscp"},
    {0x01, 0x01, REG(7) | RM(2) | REGISTER, READS(SIZE_1) | IMPLIED(AT_RAX), "monitorx"},
    {0x01, 0x01, REG(7) | RM(4) | REGISTER, WRITES(SIZE_64) | IMPLIED(AT_RAX), "clzero"},
    {0x01, 0x01, REG(4), WRITES(SIZE_2) | KIND(PRIVILEGED), "smsw"},
    {0x01, 0x01, REG(6), READS(SIZE_2) | KIND(PRIVILEGED), "lmsw"},
    {0x01, 0x01, REGISTER, MODRM, NULL}, /* virtual machines, SGX, protection keys, TSX, CET */
    {0x02, 0x03, 0, READS(SIZE_2), NULL}, /* lar, lsl */
    {0x05, 0x05, 0, 0, "syscall"},
    {0x06, 0x06, 0, KIND(PRIVILEGED), "clts"},
    {0x07, 0x07, 0, KIND(PRIVILEGED), "sysret"},
    {0x08, 0x08, 0, KIND(PRIVILEGED), "invd"},
    {0x09, 0x09, 0, KIND(PRIVILEGED), "wbinvd"},
    {0x0b, 0x0b, 0, 0, "ud2"},
    {0x0d, 0x0d, 0, MODRM | NO_ACCESS, NULL}, /* prefetch */
    {0x0e, 0x0e, 0, 0, NULL}, /* femms */
    {0x0f, 0x0f, 0, READS(SIZE_8) | IMMEDIATE(IMMEDIATE_8), NULL}, /* 3DNow!, the immediate tells which */
    {0x18, 0x1f, 0, MODRM | NO_ACCESS, NULL}, /* prefetch, nop, and MPX and CET, which are nops where they are off */
    {0x20, 0x20, 0, MODRM | MOD_IGNORED | KIND(PRIVILEGED), "mov from a control register"},
    {0x21, 0x21, 0, MODRM | MOD_IGNORED | KIND(PRIVILEGED), "mov from a debug register"},
    {0x22, 0x22, 0, MODRM | MOD_IGNORED | KIND(CONTROL_WRITE), NULL}, /* named by its register */
    {0x23, 0x23, 0, MODRM | MOD_IGNORED | KIND(PRIVILEGED), "mov to a debug register"},
    {0x30, 0x30, 0, KIND(MSR), "wrmsr"},
    {0x31, 0x31, 0, KIND(PRIVILEGED), "rdtsc"},
    {0x32, 0x32, 0, KIND(MSR), "rdmsr"},
    {0x33, 0x33, 0, KIND(PRIVILEGED), "rdpmc"},
    {0x34, 0x34, 0, 0, "sysenter"},
    {0x35, 0x35, 0, KIND(PRIVILEGED), "sysexit"},
    {0x37, 0x37, NP, 0, "getsec"},
    {0x40, 0x4f, 0, READS(SIZE_V), NULL}, /* cmov */
    {0x78, 0x78, NP, WRITES(SIZE_8) | KIND(PRIVILEGED), "vmread"},
    {0x79, 0x79, NP, READS(SIZE_8) | KIND(PRIVILEGED), "vmwrite"},
    {0x80, 0x8f, 0, NEAR_BRANCH | IMMEDIATE(IMMEDIATE_Z), NULL}, /* jcc */
    {0x90, 0x9f, 0, WRITES(SIZE_1), NULL}, /* setcc */

    {0xa0, 0xa0, 0, IMPLIED(PUSHES) | SIZE_STACK, NULL}, /* push fs */
    {0xa1, 0xa1, 0, IMPLIED(POPS) | SIZE_STACK | KIND(SEGMENT_LOAD), "pop fs"},
    {0xa2, 0xa2, 0, 0, "cpuid"},
    {0xa3, 0xa3, 0, READS(SIZE_V) | BIT_STRING, NULL}, /* bt */
    {0xa4, 0xa4, 0, MODIFIES(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL}, /* shld */
    {0xa5, 0xa5, 0, MODIFIES(SIZE_V), NULL},
    {0xa8, 0xa8, 0, IMPLIED(PUSHES) | SIZE_STACK, NULL}, /* push gs */
    {0xa9, 0xa9, 0, IMPLIED(POPS) | SIZE_STACK | KIND(SEGMENT_LOAD), "pop gs"},
    {0xaa, 0xaa, 0, 0, "rsm"},
    {0xab, 0xab, 0, MODIFIES(SIZE_V) | BIT_STRING, NULL}, /* bts */
    {0xac, 0xac, 0, MODIFIES(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL}, /* shrd */
    {0xad, 0xad, 0, MODIFIES(SIZE_V), NULL},
    {0xae, 0xae, REG(0) | NP | MEMORY, WRITES(SIZE_512) | ALIGNED_16, "fxsave"},
    {0xae, 0xae, REG(1) | NP | MEMORY, READS(SIZE_512) | ALIGNED_16, "fxrstor"},
    {0xae, 0xae, REG(2) | NP | MEMORY | SSE_AVX, READS(SIZE_4), "ldmxcsr"},
    {0xae, 0xae, REG(3) | NP | MEMORY | SSE_AVX, WRITES(SIZE_4), "stmxcsr"},
    {0xae, 0xae, REG(4) | NP | MEMORY, WRITES(NO_SIZE) | ALIGNED_64, "xsave"},
    {0xae, 0xae, REG(5) | NP | MEMORY, READS(NO_SIZE) | ALIGNED_64, "xrstor"},
    {0xae, 0xae, REG(6) | NP | MEMORY, WRITES(NO_SIZE) | ALIGNED_64, "xsaveopt"},
    {0xae, 0xae, REG(7) | NP | MEMORY, READS(SIZE_1), "clflush"},
    {0xae, 0xae, REG(6) | P66 | MEMORY, READS(SIZE_1), "clwb"},
    {0xae, 0xae, REG(7) | P66 | MEMORY, READS(SIZE_1), "clflushopt"},
    {0xae, 0xae, REG(4) | PF3, READS(SIZE_Y), "ptwrite"},
    {0xae, 0xae, REG(6) | PF3 | MEMORY, MODIFIES(SIZE_8), "clrssbsy"},
    {0xae, 0xae, REG(6) | PF3 | REGISTER, MODRM, "umonitor"},
    {0xae, 0xae, REG(2) | PF3 | REGISTER, MODRM, "wrfsbase"},
    {0xae, 0xae, REG(3) | PF3 | REGISTER, MODRM, "wrgsbase"},
    {0xae, 0xae, REGISTER, MODRM, NULL}, /* fences, rdfsbase, incssp, tpause, umwait */
    {0xaf, 0xaf, 0, READS(SIZE_V), NULL}, /* imul */
    {0xb0, 0xb0, 0, MODIFIES(SIZE_1), "cmpxchg"},
    {0xb1, 0xb1, 0, MODIFIES(SIZE_V), "cmpxchg"},
    {0xb2, 0xb2, MEMORY, READS(SIZE_FAR) | KIND(SEGMENT_LOAD), "lss"},
    {0xb3, 0xb3, 0, MODIFIES(SIZE_V) | BIT_STRING, NULL}, /* btr */
    {0xb4, 0xb4, MEMORY, READS(SIZE_FAR) | KIND(SEGMENT_LOAD), "lfs"},
    {0xb5, 0xb5, MEMORY, READS(SIZE_FAR) | KIND(SEGMENT_LOAD), "lgs"},
    {0xb6, 0xb6, 0, READS(SIZE_1), NULL}, /* movzx */
    {0xb7, 0xb7, 0, READS(SIZE_2), NULL},
    {0xb8, 0xb8, PF3, READS(SIZE_V), NULL}, /* popcnt */
    {0xb9, 0xb9, 0, MODRM | NO_ACCESS, "ud1"},
    {0xba, 0xba, REG(4), READS(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL}, /* bt */
    {0xba, 0xba, REG(5) | REG(6) | REG(7), MODIFIES(SIZE_V) | IMMEDIATE(IMMEDIATE_8), NULL},
    {0xbb, 0xbb, 0, MODIFIES(SIZE_V) | BIT_STRING, NULL}, /* btc */
    {0xbc, 0xbd, 0, READS(SIZE_V), NULL}, /* bsf, bsr, tzcnt, lzcnt */
    {0xbe, 0xbe, 0, READS(SIZE_1), NULL}, /* movsx */
    {0xbf, 0xbf, 0, READS(SIZE_2), NULL},
    {0xc0, 0xc0, 0, MODIFIES(SIZE_1), NULL}, /* xadd */
    {0xc1, 0xc1, 0, MODIFIES(SIZE_V), NULL},
    {0xc3, 0xc3, NP | MEMORY, WRITES(SIZE_Y), NULL}, /* movnti */
    {0xc7, 0xc7, REG(1) | MEMORY | W1, MODIFIES(SIZE_16) | ALIGNED_16, "cmpxchg16b"},
    {0xc7, 0xc7, REG(1) | MEMORY, MODIFIES(SIZE_8), "cmpxchg8b"},
    {0xc7, 0xc7, REG(3) | NP | MEMORY, READS(NO_SIZE) | ALIGNED_64 | KIND(PRIVILEGED), "xrstors"},
    {0xc7, 0xc7, REG(4) | NP | MEMORY, WRITES(NO_SIZE) | ALIGNED_64, "xsavec"},
    {0xc7, 0xc7, REG(5) | NP | MEMORY, WRITES(NO_SIZE) | ALIGNED_64 | KIND(PRIVILEGED), "xsaves"},
    {0xc7, 0xc7, REG(6) | NP | MEMORY, READS(SIZE_8) | KIND(PRIVILEGED), "vmptrld"},
    {0xc7, 0xc7, REG(6) | P66 | MEMORY, WRITES(SIZE_8) | KIND(PRIVILEGED), "vmclear"},
    {0xc7, 0xc7, REG(6) | PF3 | MEMORY, READS(SIZE_8) | KIND(PRIVILEGED), "vmxon"},
    {0xc7, 0xc7, REG(7) | NP | MEMORY, WRITES(SIZE_8) | KIND(PRIVILEGED), "vmptrst"},
    {0xc7, 0xc7, REG(6) | REG(7) | REGISTER, MODRM, NULL}, /* rdrand, rdseed, rdpid, senduipi */
    {0xc8, 0xcf, 0, 0, NULL}, /* bswap */
    {0xff, 0xff, 0, MODRM | NO_ACCESS, "ud0"},
};
/* clang-format on */

const struct opcode_map opcode_map_0f = {rows, ARRAY_COUNT(rows)};
